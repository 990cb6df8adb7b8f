"""Traffic by zone weights. Semantics 6.1 (Envoy, locality weights)."""

from collections import Counter

import pytest

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.facts import MemberFacts
from models.traffic.balancer.layers.config import PriorityConfig, ZoneWeightsConfig
from models.traffic.balancer.layers.priority import PriorityLevels
from models.traffic.balancer.layers.zone_weights import ZoneWeights, effective_weight
from models.traffic.balancer.round_robin import RoundRobin


def balancer_with(
    zones: dict[str, int], weights: dict[str, int], panic_ratio: float = 0.0
) -> PriorityLevels:
    config = ZoneWeightsConfig(weights)
    balancer = PriorityLevels(
        PriorityConfig(panic_ratio=panic_ratio),
        Stream(1, "zones"),
        lambda _: ZoneWeights(config, 140, RoundRobin),
    )
    member = 0
    for zone, size in zones.items():
        for _ in range(size):
            balancer.place(member, MemberFacts(zone))
            balancer.add(member)
            member += 1
    return balancer


@pytest.mark.parametrize(
    ("available", "percent"), [(100, 33), (70, 33), (69, 33), (50, 26), (25, 15), (0, 0)]
)
def test_the_table_of_semantics_holds(available: int, percent: int) -> None:
    """X weighs 1, Y weighs 2 and is whole: share of X in percent."""
    here = effective_weight(1, 100, available, 140)
    other = effective_weight(2, 100, 100, 140)
    assert round(100 * here / (here + other)) == percent


@pytest.mark.parametrize("available", [100, 75, 70, 50, 25, 0])
def test_picks_follow_the_effective_weights(available: int) -> None:
    balancer = balancer_with({"x": 20, "y": 20}, {"x": 1, "y": 2})
    for member in range(20 - available // 5):
        balancer.mark_down(member)
    here = effective_weight(1, 20, available // 5, 140)
    seen = sum(balancer.pick(0) < 20 for _ in range(3000))
    assert seen == pytest.approx(3000 * here / (here + 2), abs=2)


def test_exactly_five_sevenths_available_is_still_whole() -> None:
    assert effective_weight(3, 7, 5, 140) == 3.0
    assert effective_weight(3, 8, 5, 140) < 3.0


def test_turns_are_spread_evenly_and_not_drawn() -> None:
    balancer = balancer_with({"x": 1, "y": 1}, {"x": 1, "y": 2})
    assert [balancer.pick(0) for _ in range(6)] == [1, 0, 1, 1, 0, 1]


def test_a_zone_without_a_weight_serves_only_when_no_other_can() -> None:
    balancer = balancer_with({"x": 2, "z": 2}, {"x": 1})
    assert {balancer.pick(0) for _ in range(20)} == {0, 1}
    balancer.mark_down(0)
    balancer.mark_down(1)
    assert {balancer.pick(0) for _ in range(20)} == {2, 3}


def test_a_weight_of_a_zone_that_nobody_stands_in_takes_nothing() -> None:
    balancer = balancer_with({"x": 1, "y": 1}, {"x": 1, "y": 1, "moon": 98})
    assert Counter(balancer.pick(0) for _ in range(20)) == {0: 10, 1: 10}


def test_a_retry_leaves_its_zone_rather_than_meet_the_same_member() -> None:
    balancer = balancer_with({"x": 1, "y": 1}, {"x": 1})
    assert balancer.pick(0, 0) == 1


def test_in_panic_zones_and_their_weights_are_ignored() -> None:
    balancer = balancer_with({"x": 3, "y": 1}, {"x": 1, "y": 99}, panic_ratio=0.5)
    for member in range(3):
        balancer.mark_down(member)
    assert Counter(balancer.pick(0) for _ in range(40)) == {0: 10, 1: 10, 2: 10, 3: 10}


def test_a_zone_that_empties_gives_its_share_away_and_gets_it_back() -> None:
    balancer = balancer_with({"x": 1, "y": 1}, {"x": 1, "y": 1})
    balancer.remove(0)
    assert {balancer.pick(0) for _ in range(10)} == {1}
    balancer.add(0)
    assert Counter(balancer.pick(0) for _ in range(10)) == {0: 5, 1: 5}


def test_nobody_up_means_nobody_picked() -> None:
    balancer = balancer_with({"x": 1}, {"x": 1})
    balancer.mark_down(0)
    assert balancer.pick(0) == NO_MEMBER


@pytest.mark.parametrize("weights", [{}, {"x": 0}, {"x": 1, "y": -1}])
def test_senseless_weights_are_refused(weights: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="weight"):
        ZoneWeightsConfig(weights)
