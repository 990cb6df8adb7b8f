"""Views of callers in time: by watching the registry, and by DNS with a time to live."""

import json

import numpy as np
import pytest

from models.base.distributions import Deterministic
from models.base.outcome import Outcome
from models.discovery.config import DiscoveryConfig
from models.faults.network import Between, Partition
from models.faults.plan import Fault, InstanceCrash
from models.faults.selector import Selector
from sim.world import Outcome as Left
from sim.world import build
from tests.sim.worlds import MS, S, blueprint, edge, service

CALLERS = 40
TTL_S = 10
DIES_S = 30
GONE_S = DIES_S + 0.6
"""When the registry drops the dead instance at the latest: lease, sweep and heartbeat of 0.2 s."""


def run(ttl_s: float | None, *others: Fault, seconds: int = 50) -> Left:
    """Many callers of two instances, one of which dies."""
    ttl_ns = None if ttl_s is None else round(ttl_s * S)
    crash = Fault("crash", DIES_S * S, None, InstanceCrash(Selector(instance="back-0")))
    plan = blueprint(
        [
            service("front", count=CALLERS, slots=50, work=Deterministic(MS), calls=[["back"]]),
            service("back", count=2, slots=500, work=Deterministic(MS)),
        ],
        [edge("users", "front"), edge("front", "back", timeout_ns=100 * MS)],
        rate_per_s=200,
        seconds=seconds,
        faults=[crash, *others],
        discovery=DiscoveryConfig("c", S // 5, 2 * S // 5, S // 10, S // 5, dns_ttl_ns=ttl_ns),
    )
    return build(plan, 3).run()


def drops(left: Left) -> dict[str, float]:
    """When each front dropped the dead instance from its view, in seconds."""
    events = left.tables[3]
    return {
        caller: time_ns / S
        for time_ns, kind, detail in zip(
            events["time_ns"].tolist(), events.text("kind"), events.text("detail"), strict=True
        )
        if kind == "view_dropped" and (caller := json.loads(detail)["caller"]).startswith("front")
    }


def test_callers_that_watch_all_know_within_a_refresh() -> None:
    times = drops(run(None, seconds=35)).values()
    assert len(times) == CALLERS
    assert DIES_S < min(times) <= max(times) < GONE_S + 0.4


def test_by_dns_the_last_caller_knows_when_its_answer_runs_out() -> None:
    times = sorted(drops(run(TTL_S)).values())
    assert len(times) == CALLERS
    assert GONE_S - 0.5 < times[0] < times[-1] < GONE_S + TTL_S + 0.1
    assert times[-1] > GONE_S + 0.8 * TTL_S


@pytest.mark.parametrize("after_s", [2.5, 5.0, 7.5])
def test_the_share_of_callers_with_the_old_answer_falls_evenly(after_s: float) -> None:
    times = np.array(list(drops(run(TTL_S)).values()))
    expected = 1 - after_s / TTL_S
    spread = (expected * (1 - expected) / CALLERS) ** 0.5
    assert abs((times > GONE_S + after_s).mean() - expected) < 3.3 * spread


def test_calls_to_the_old_address_fail_until_the_answer_runs_out() -> None:
    attempts = run(TTL_S).tables[1]
    begins, to_dead = attempts["start_ns"], attempts["target"] == CALLERS
    late = to_dead & (begins > (GONE_S + 5) * S)
    assert {Outcome(code) for code in np.unique(attempts["outcome"][late])} == {Outcome.REFUSED}
    assert not (to_dead & (begins > (GONE_S + TTL_S + 0.2) * S)).any()


def test_a_caller_without_an_answer_asks_at_every_refresh() -> None:
    """Nobody reaches the registry for longer than a time to live; then all know at once."""
    end_s = DIES_S + TTL_S + 2
    cut_off = Partition(Between(Selector(service="front"), Selector(service="registry")))
    times = drops(run(TTL_S, Fault("no way", DIES_S * S, (end_s - DIES_S) * S, cut_off)))
    assert len(times) == CALLERS
    assert end_s < min(times.values()) <= max(times.values()) < end_s + 0.3
