"""Time from a crash to the last caller's view without the instance, against the closed form.

With lease L, heartbeat h, sweep s and refresh r, every loop at a random phase and messages that
take no time: the last beat was a in [0, h) before the crash, the lease is found expired at the
first sweep after L - a, and the last of k callers asks within r after that. So the time lies in
(L - h, L + s + r] and its mean is L - h/2 + s/2 + r k/(k + 1).

Source: the families `hb` and `lease` of the theory reference: U(T - h, T) + U(0, g).
"""

import numpy as np
import pytest
from scipy import stats

from models.base.distributions import Deterministic
from models.base.streams import Stream
from models.base.time import NS_PER_MS, NS_PER_S
from models.discovery.config import DiscoveryConfig
from models.faults.plan import Fault, InstanceCrash
from models.faults.selector import Selector
from models.records.events import EventKind
from sim.world import build
from tests.sim.worlds import blueprint, edge, service

CRASHES = 600
CALLERS = 4


def failover_times_s(config: DiscoveryConfig) -> np.ndarray:
    """One crash in each of 600 worlds, at a random instant."""
    times = []
    for seed in range(CRASHES):
        crash_ns = 2 * config.lease_ns + Stream(seed, "crash").below(10 * NS_PER_S)
        plan = blueprint(
            [service("front", count=CALLERS, calls=[["back"]]), service("back", count=2)],
            [edge("front", "back")],
            rate_per_s=0,
            seconds=(crash_ns + 2 * config.lease_ns + 10 * NS_PER_S) // NS_PER_S,
            faults=[Fault("crash", crash_ns, None, InstanceCrash(Selector(instance="back-0")))],
            discovery=config,
            latency=Deterministic(0),
        )
        events = build(plan, seed).run().tables[3]
        dropped = [
            int(at)
            for at, kind, subject in zip(
                events["time_ns"], events.text("kind"), events.text("subject"), strict=True
            )
            if kind == EventKind.VIEW_DROPPED and subject == "back-0"
        ]
        assert len(dropped) == CALLERS
        times.append((max(dropped) - crash_ns) / NS_PER_S)
    return np.array(times)


@pytest.mark.theory
@pytest.mark.parametrize(
    ("heartbeat_ms", "lease_ms", "sweep_ms", "refresh_ms"),
    [(1000, 3000, 1000, 1000), (1000, 3000, 700, 1300)],
)
def test_failover_time_matches_its_closed_form(
    heartbeat_ms: int, lease_ms: int, sweep_ms: int, refresh_ms: int
) -> None:
    config = DiscoveryConfig(
        "a",
        heartbeat_ns=heartbeat_ms * NS_PER_MS,
        lease_ns=lease_ms * NS_PER_MS,
        sweep_ns=sweep_ms * NS_PER_MS,
        refresh_ns=refresh_ms * NS_PER_MS,
    )
    times = failover_times_s(config)
    h, lease, s, r = (x / 1000 for x in (heartbeat_ms, lease_ms, sweep_ms, refresh_ms))
    assert times.min() > lease - h
    assert times.max() <= lease + s + r
    expected = lease - h / 2 + s / 2 + r * CALLERS / (CALLERS + 1)
    half_width = stats.t.ppf(0.9995, CRASHES - 1) * times.std(ddof=1) / CRASHES**0.5
    print(f"mean {times.mean():.4f} +- {half_width:.4f} s, closed form {expected:.4f} s")
    assert half_width <= 0.02 * expected
    assert abs(times.mean() - expected) <= half_width
