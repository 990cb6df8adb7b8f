"""Who is on the network, and whom a selector names."""

import pytest

from models.base.streams import Stream
from models.faults.selector import Region, Selector
from sim.network.stations import Station, Stations


def stations() -> Stations:
    known = Stations(("", "a", "b"))
    for name, service, zone in (
        ("shop-0", "shop", "a"),
        ("shop-1", "shop", "b"),
        ("users", "users", ""),
        ("registry", "registry", "a"),
    ):
        known.join(Station(name, service, zone))
    return known


def chosen(selector: Selector) -> set[int]:
    return set(stations().select(selector, Stream(1, "selection")))


@pytest.mark.parametrize(
    ("selector", "numbers"),
    [
        (Selector(service="shop"), {0, 1}),
        (Selector(region=Region("east", ("a", "b"))), {0, 1, 3, -2, -3}),
        (Selector(region=Region("west", ("b",))), {1, -3}),
        (Selector(service="shop", region=Region("west", ("b",))), {1}),
        (Selector(instance="shop-1"), {1}),
        (Selector(service="registry"), {3}),
        (Selector(service="users"), {2}),
        (Selector(service="shop", zone="a"), {0}),
    ],
)
def test_nodes_are_chosen_by_name_service_and_zone(selector: Selector, numbers: set[int]) -> None:
    assert chosen(selector) == numbers


def test_a_zone_alone_names_also_who_gives_no_name_there() -> None:
    assert chosen(Selector(zone="a")) == {0, 3, stations().whole("a")}


def test_a_draw_among_the_nodes_of_a_zone_leaves_the_zone_itself_out() -> None:
    assert chosen(Selector(zone="a", count=1)) < {0, 3}


def test_everyone_is_every_node_and_every_zone() -> None:
    known = stations()
    assert known.everyone() == {0, 1, 2, 3, known.whole(""), known.whole("a"), known.whole("b")}


def test_numbers_lead_back_to_zones_and_names() -> None:
    known = stations()
    assert [known.zone_of(number) for number in (1, 2, known.whole("b"))] == ["b", "", "b"]
    assert known.names(frozenset({3, 0, known.whole("a")})) == ["shop-0", "registry"]
