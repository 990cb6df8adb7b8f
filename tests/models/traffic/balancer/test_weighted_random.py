"""Weighted random. Semantics 6.2."""

from collections import Counter
from collections.abc import Iterator

import pytest

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.weighted_random import WeightedRandom

CHI_SQUARE_999_OF_3 = 16.27


class EveryPoint(Stream):
    """Draws 0, 1, 2 and so on below each bound in turn, and remembers the bounds."""

    __slots__ = ("bounds", "points")

    def __init__(self) -> None:
        super().__init__(0, "points")
        self.points: Iterator[int] = iter(range(10**6))
        self.bounds: set[int] = set()

    def below(self, n: int) -> int:
        self.bounds.add(n)
        return next(self.points) % n


def weighted(stream: Stream, *weights: int) -> WeightedRandom:
    balancer = WeightedRandom(stream)
    for member, weight in enumerate(weights):
        balancer.add(member, weight)
    return balancer


def test_every_point_of_the_line_belongs_to_who_stands_there() -> None:
    balancer = weighted(EveryPoint(), 2, 1, 3)
    assert [balancer.pick(0) for _ in range(6)] == [0, 0, 1, 2, 2, 2]


@pytest.mark.parametrize(
    ("avoid", "line"), [(0, [1, 2, 2, 2]), (1, [0, 0, 2, 2, 2]), (2, [0, 0, 1])]
)
def test_an_avoided_member_is_taken_out_of_the_line(avoid: int, line: list[int]) -> None:
    stream = EveryPoint()
    balancer = weighted(stream, 2, 1, 3)
    assert [balancer.pick(0, avoid) for _ in line] == line
    assert stream.bounds == {len(line)}


def test_shares_follow_the_weights() -> None:
    weights = (1, 2, 3, 14)
    balancer = weighted(Stream(29, "shares"), *weights)
    seen = Counter(balancer.pick(0) for _ in range(20_000))
    excess = sum((seen[member] - 1000 * w) ** 2 / (1000 * w) for member, w in enumerate(weights))
    assert excess < CHI_SQUARE_999_OF_3


def test_a_member_that_is_down_leaves_the_line() -> None:
    balancer = weighted(EveryPoint(), 2, 1, 3)
    balancer.mark_down(0)
    assert [balancer.pick(0) for _ in range(4)] == [1, 2, 2, 2]


def test_a_new_weight_counts_at_once() -> None:
    balancer = weighted(EveryPoint(), 2, 1)
    balancer.add(1, weight=2)
    assert [balancer.pick(0) for _ in range(4)] == [0, 0, 1, 1]


def test_weights_whose_sum_is_past_all_draws_are_refused() -> None:
    balancer = weighted(Stream(29, "wide"), 2**53, 1)
    with pytest.raises(ConfigError, match="cannot draw below"):
        balancer.pick(0)


def test_avoiding_the_only_one_up_picks_it() -> None:
    balancer = weighted(Stream(29, "alone"), 2, 1)
    balancer.mark_down(1)
    assert [balancer.pick(0, 0), balancer.pick(0, NO_MEMBER)] == [0, 0]
