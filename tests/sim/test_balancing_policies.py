"""Every policy that a scenario file can name serves real traffic, in both tie modes."""

from collections import Counter
from dataclasses import replace

import pytest

from models.base.distributions import Deterministic
from models.base.outcome import Outcome
from models.service.spec import MachineSpec
from sim.world import build
from tests.sim.worlds import MS, blueprint, edge, service

POLICIES = (
    "round_robin", "smooth_weighted", "least_request", "random", "weighted_random", "pick_first",
    "least_connections", "weighted_least_request", "peak_ewma",
)  # fmt: skip


def attempts_by_instance(policy: str, *, shuffled: bool, slots: int = 50) -> Counter[int]:
    """Who was sent how many of 2,000 requests over four alike instances."""
    shop = service("shop", count=4, slots=slots, work=Deterministic(20 * MS))
    plan = blueprint([shop], [edge("users", "shop", policy=policy)], rate_per_s=200, seconds=10)
    outcome = build(plan, seed=5, shuffle_ties=shuffled).run()
    attempts = outcome.tables[1]
    assert set(attempts["outcome"].tolist()) <= {Outcome.OK, Outcome.IN_FLIGHT}
    return Counter(attempts["target"].tolist())


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("policy", POLICIES)
def test_alike_instances_share_the_load_unless_the_first_takes_all(
    policy: str, shuffled: bool
) -> None:
    sent = attempts_by_instance(policy, shuffled=shuffled)
    expected = {0} if policy == "pick_first" else {0, 1, 2, 3}
    assert set(sent) == expected
    assert min(sent.values()) > 0.7 * sent.total() / len(expected)


def test_peak_ewma_hears_when_attempts_ended_and_spares_the_slow_machine() -> None:
    shop = service("shop", count=2, slots=50, work=Deterministic(50 * MS))
    slow, quick = shop.instances
    shop = replace(shop, instances=(replace(slow, machine="old"), quick))
    plan = replace(
        blueprint([shop], [edge("users", "shop", policy="peak_ewma")], rate_per_s=100),
        machines=(MachineSpec("old", speed_ratio=0.1),),
    )
    sent = Counter(build(plan, seed=5).run().tables[1]["target"].tolist())
    assert sent[1] > 5 * sent[0] > 0
