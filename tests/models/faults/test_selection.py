"""Which instances a fault hits: filters, shares that round up, draws without replacement."""

from dataclasses import dataclass

import pytest

from models.base.streams import Stream
from models.faults.selection import select
from models.faults.selector import Region, Selector


@dataclass(frozen=True)
class Node:
    name: str
    service: str
    zone: str
    labels: tuple[tuple[str, str], ...] = ()


NODES = [
    Node(
        f"{service}-{number}",
        service,
        "ab"[number % 2],
        (("team", service), ("track", "canary" if number == 3 else "stable")),
    )
    for service in ("front", "back")
    for number in range(10)
]


def names(selector: Selector, seed: int = 1) -> list[str]:
    return [node.name for node in select(selector, NODES, Stream(seed, "selection"))]


@pytest.mark.parametrize(
    ("selector", "count"),
    [
        (Selector(), 20),
        (Selector(service="back"), 10),
        (Selector(zone="a"), 10),
        (Selector(service="back", zone="a"), 5),
        (Selector(instance="back-3"), 1),
        (Selector(instance="back-3", zone="a"), 0),
        (Selector(service="ghost"), 0),
        (Selector(region=Region("east", ("a",))), 10),
        (Selector(region=Region("east", ("a", "b")), service="back"), 10),
        (Selector(region=Region("west", ())), 0),
        (Selector(labels=(("track", "canary"),)), 2),
        (Selector(labels=(("track", "canary"), ("team", "back"))), 1),
        (Selector(labels=(("track", "canary"), ("team", "canary"))), 0),
        (Selector(labels=(("canary", "track"),)), 0),
    ],
)
def test_every_field_given_narrows_the_choice(selector: Selector, count: int) -> None:
    assert len(names(selector)) == count


@pytest.mark.parametrize(
    ("share", "count"),
    [(0.0, 0), (0.01, 1), (0.1, 1), (0.11, 2), (0.3, 3), (0.7, 7), (0.99, 10), (1.0, 10)],
)
def test_a_share_rounds_up_and_is_exact_where_it_comes_out_whole(share: float, count: int) -> None:
    assert len(names(Selector(service="back", share=share))) == count


def test_a_share_of_nobody_is_nobody() -> None:
    assert names(Selector(service="ghost", share=0.5)) == []


@pytest.mark.parametrize(("count", "hit"), [(0, 0), (1, 1), (9, 9), (10, 10), (11, 10)])
def test_a_count_takes_that_many_or_all(count: int, hit: int) -> None:
    assert len(set(names(Selector(service="back", count=count)))) == hit


def test_the_smaller_of_count_and_share_holds() -> None:
    assert len(names(Selector(service="back", share=0.5, count=2))) == 2
    assert len(names(Selector(service="back", share=0.2, count=5))) == 2


def test_the_chosen_keep_the_order_of_the_candidates() -> None:
    chosen = names(Selector(count=7))
    assert chosen == [node.name for node in NODES if node.name in chosen]


def test_every_instance_is_chosen_equally_often() -> None:
    """1,500 draws of 3 out of 10: each within 4 standard deviations of 450."""
    hits = dict.fromkeys((node.name for node in NODES if node.service == "back"), 0)
    for seed in range(1500):
        for name in names(Selector(service="back", count=3), seed):
            hits[name] += 1
    assert all(abs(count - 450) < 4 * (1500 * 0.3 * 0.7) ** 0.5 for count in hits.values())
