"""Zone-aware routing. Semantics 6.1 (Envoy)."""

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.facts import CallerFacts, MemberFacts
from models.traffic.balancer.layers.config import PriorityConfig, ZoneAwareConfig
from models.traffic.balancer.layers.priority import PriorityLevels
from models.traffic.balancer.layers.zone_aware import ZoneAware, ZoneRoutes, zone_routes
from models.traffic.balancer.round_robin import RoundRobin

EVEN = CallerFacts("a", 0, (("a", 5), ("b", 5)))
ANY_SIZE = ZoneAwareConfig(cluster_size_min=1)


def balancer_with(
    zones: dict[str, int],
    config: ZoneAwareConfig = ANY_SIZE,
    caller: CallerFacts = EVEN,
    panic_ratio: float = 0.0,
) -> PriorityLevels:
    stream = Stream(7, "zones")
    balancer = PriorityLevels(
        PriorityConfig(panic_ratio=panic_ratio),
        stream,
        lambda _: ZoneAware(config, stream, RoundRobin),
    )
    balancer.situate(caller)
    member = 0
    for zone, size in zones.items():
        for _ in range(size):
            balancer.place(member, MemberFacts(zone))
            balancer.add(member)
            member += 1
    return balancer


def at_home(balancer: PriorityLevels, home_size: int, count: int = 4000) -> float:
    return sum(balancer.pick(0) < home_size for _ in range(count)) / count


@pytest.mark.parametrize(
    ("members", "callers", "routes"),
    [
        ({"a": 5, "b": 5}, {"a": 5, "b": 5}, ZoneRoutes(1.0, ())),
        ({"a": 6, "b": 4}, {"a": 5, "b": 5}, ZoneRoutes(1.0, ())),
        ({"a": 1, "b": 9}, {"a": 2, "b": 8}, ZoneRoutes(0.5, (("b", 10),))),
        ({"a": 25, "b": 50, "c": 25}, {"a": 4, "b": 4, "c": 2},
         ZoneRoutes(0.625, (("b", 100), ("c", 50)))),
        ({"a": 0, "b": 4}, {"a": 1, "b": 1}, ZoneRoutes(0.0, (("b", 4),))),
    ],
)  # fmt: skip
def test_known_splits(members: dict[str, int], callers: dict[str, int], routes: ZoneRoutes) -> None:
    """The last but one is Envoy's own example: members 25/50/25 %, callers 40/40/20 %."""
    assert zone_routes(members, callers, "a") == routes


def test_one_caller_too_many_sends_something_away() -> None:
    at = zone_routes({"a": 5, "b": 5}, {"a": 50, "b": 50}, "a")
    above = zone_routes({"a": 5, "b": 5}, {"a": 51, "b": 50}, "a")
    assert at.local_share == 1.0
    assert above.local_share == 505 / 510


@given(
    st.dictionaries(
        st.sampled_from("abcde"), st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2
    ).filter(lambda zones: all(any(pair[side] for pair in zones.values()) for side in (0, 1)))
)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_all_callers_together_load_every_member_alike(zones: dict[str, tuple[int, int]]) -> None:
    members = {zone: pair[0] for zone, pair in zones.items()}
    callers = {zone: pair[1] for zone, pair in zones.items()}
    load: Counter[str] = Counter()
    for zone, count in callers.items():
        if not count:
            continue
        routes = zone_routes(members, callers, zone)
        stays = min(
            Fraction(1),
            Fraction(members[zone] * sum(callers.values()), count * sum(members.values())),
        )
        assert routes.local_share == float(stays)
        load[zone] += count * stays
        rooms = sum(room for _, room in routes.spare)
        assert (rooms > 0) is (stays < 1)
        for other, room in routes.spare:
            load[other] += count * (1 - stays) * Fraction(room, rooms)
    for zone in zones:
        share = Fraction(members[zone], sum(members.values()))
        assert load[zone] == share * sum(callers.values())


def test_an_even_cluster_keeps_everything_at_home() -> None:
    assert at_home(balancer_with({"a": 3, "b": 3}), 3) == 1.0


def test_a_zone_short_of_members_sends_the_rest_to_zones_with_room() -> None:
    """A quarter of the members for half of the callers: half of the traffic stays."""
    balancer = balancer_with({"a": 2, "b": 6})
    assert at_home(balancer, 2) == pytest.approx(0.5, abs=0.03)


def test_the_rest_follows_the_room_of_the_other_zones() -> None:
    caller = CallerFacts("a", 0, (("a", 8), ("b", 1), ("c", 1)))
    balancer = balancer_with({"a": 4, "b": 4, "c": 2}, caller=caller)
    seen = Counter(balancer.pick(0) for _ in range(8000))
    b, c = sum(seen[m] for m in range(4, 8)), sum(seen[m] for m in range(8, 10))
    assert b / (b + c) == pytest.approx(0.75, abs=0.03)


def test_routes_follow_members_that_go_down_and_come_back() -> None:
    balancer = balancer_with({"a": 4, "b": 4})
    assert at_home(balancer, 4) == 1.0
    for member in (0, 1, 2):
        balancer.mark_down(member)
    assert at_home(balancer, 4) == pytest.approx(0.4, abs=0.03)
    for member in (0, 1, 2):
        balancer.mark_up(member)
    assert at_home(balancer, 4) == 1.0


def test_a_dead_home_sends_everything_away() -> None:
    balancer = balancer_with({"a": 2, "b": 4})
    balancer.mark_down(0)
    balancer.mark_down(1)
    assert at_home(balancer, 2, 100) == 0.0


@pytest.mark.parametrize(("size_min", "share"), [(6, 1.0), (7, 0.5)])
def test_a_small_cluster_is_balanced_as_a_whole(size_min: int, share: float) -> None:
    balancer = balancer_with({"a": 3, "b": 3}, ZoneAwareConfig(cluster_size_min=size_min))
    assert at_home(balancer, 3, 600) == share


def test_the_size_that_counts_is_of_members_that_are_up() -> None:
    balancer = balancer_with({"a": 4, "b": 3}, ZoneAwareConfig(cluster_size_min=6))
    balancer.mark_down(6)
    assert at_home(balancer, 4, 600) == 1.0
    balancer.mark_down(3)
    assert at_home(balancer, 4, 600) == pytest.approx(3 / 5)


@pytest.mark.parametrize(
    "caller",
    [
        CallerFacts(),
        CallerFacts("a", 0, (("a", 5),)),
        CallerFacts("a", 0, (("b", 5), ("c", 5))),
        CallerFacts("a", 0, (("a", 0), ("b", 5), ("c", 5))),
    ],
)
def test_a_caller_that_does_not_know_its_peers_balances_the_whole(caller: CallerFacts) -> None:
    balancer = balancer_with({"a": 3, "b": 3}, caller=caller)
    assert at_home(balancer, 3, 600) == 0.5


def test_one_zone_of_members_is_balanced_as_a_whole() -> None:
    balancer = balancer_with({"b": 2}, caller=EVEN)
    assert Counter(balancer.pick(0) for _ in range(10)) == {0: 5, 1: 5}


def test_part_of_the_picks_may_be_left_out_of_zone_routing() -> None:
    config = ZoneAwareConfig(routing_ratio=0.5, cluster_size_min=1)
    assert at_home(balancer_with({"a": 3, "b": 3}, config), 3, 8000) == pytest.approx(
        0.75, abs=0.03
    )


@pytest.mark.parametrize(("size_min", "share"), [(1, 1.0), (2, 1.0), (3, 0.5)])
def test_a_forced_home_of_enough_members_takes_everything(size_min: int, share: float) -> None:
    config = ZoneAwareConfig(cluster_size_min=1, force_local_size_min=size_min)
    balancer = balancer_with({"a": 2, "b": 6}, config)
    assert at_home(balancer, 2) == pytest.approx(share, abs=0.03)


def test_a_forced_home_needs_no_callers_elsewhere() -> None:
    config = ZoneAwareConfig(cluster_size_min=1, force_local_size_min=1)
    caller = CallerFacts("a", 0, (("a", 1),))
    assert at_home(balancer_with({"a": 2, "b": 6}, config, caller), 2, 100) == 1.0


def test_only_priority_zero_is_known_to_route_by_zone_in_panic_nothing_is() -> None:
    balancer = balancer_with({"a": 2, "b": 2}, panic_ratio=0.5)
    for member in (1, 2, 3):
        balancer.mark_down(member)
    assert Counter(balancer.pick(0) for _ in range(40)) == {0: 10, 1: 10, 2: 10, 3: 10}


def test_a_retry_leaves_its_zone_rather_than_meet_the_same_member() -> None:
    balancer = balancer_with({"a": 1, "b": 1})
    assert balancer.pick(0) == 0
    assert balancer.pick(0, 0) == 1


def test_peers_that_come_change_the_split() -> None:
    balancer = balancer_with({"a": 2, "b": 2})
    assert at_home(balancer, 2, 100) == 1.0
    balancer.situate(CallerFacts("a", 0, (("a", 15), ("b", 5))))
    assert at_home(balancer, 2) == pytest.approx(2 / 3, abs=0.03)


def test_nobody_up_means_nobody_picked() -> None:
    balancer = balancer_with({"a": 1, "b": 1})
    balancer.mark_down(0)
    balancer.mark_down(1)
    assert balancer.pick(0) == NO_MEMBER


@pytest.mark.parametrize(
    "config",
    [{"routing_ratio": 1.1}, {"cluster_size_min": 0}, {"force_local_size_min": 0}],
)
def test_senseless_zone_routing_is_refused(config: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="zone aware"):
        ZoneAwareConfig(**config)
