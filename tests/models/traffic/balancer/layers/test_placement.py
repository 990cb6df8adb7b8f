"""Whose members come first, and who a caller's peers are."""

import pytest

from models.base.errors import ConfigError
from models.traffic.balancer.facts import CallerFacts
from models.traffic.balancer.layers.placement import PriorityOrder, facts_among


@pytest.mark.parametrize(("member", "priority"), [("a", 0), ("b", 1), ("c", 1)])
def test_without_an_order_the_own_zone_comes_first(member: str, priority: int) -> None:
    assert PriorityOrder().priority("a", member) == priority


@pytest.mark.parametrize(("member", "priority"), [("b", 0), ("c", 1), ("a", 2), ("d", 2)])
def test_an_order_holds_for_every_caller_and_those_not_named_come_last(
    member: str, priority: int
) -> None:
    assert PriorityOrder(("b", "c")).priority("a", member) == priority


def test_a_zone_has_one_place() -> None:
    with pytest.raises(ConfigError, match="two places"):
        PriorityOrder(("a", "b", "a"))


def test_an_instance_knows_its_peers_by_zone_and_its_number_among_them() -> None:
    peers = [(4, "a"), (5, "b"), (6, "a")]
    assert facts_among(peers, 6, "a") == CallerFacts("a", 2, (("a", 2), ("b", 1)))


def test_a_source_of_load_is_the_only_one_of_its_kind() -> None:
    assert facts_among([], 9, "b") == CallerFacts("b", 0, (("b", 1),))
