"""Random choice. Semantics 6.2 (RANDOM: uniform over the hosts that are available)."""

from collections import Counter
from itertools import pairwise

from models.base.streams import Stream
from models.traffic.balancer.random_choice import RandomChoice

# Chi-square exceeded once in a thousand, by degrees of freedom.
CHI_SQUARE_999 = {1: 10.83, 8: 26.12, 9: 27.88}


def chi_square(seen: Counter[int], expected: dict[int, float]) -> float:
    return sum((seen[member] - share) ** 2 / share for member, share in expected.items())


def of(count: int) -> RandomChoice:
    balancer = RandomChoice(Stream(23, "random"))
    for member in range(count):
        balancer.add(member, weight=member + 1)
    return balancer


def test_every_member_is_as_likely_whatever_its_weight() -> None:
    balancer = of(10)
    seen = Counter(balancer.pick(0) for _ in range(20_000))
    assert chi_square(seen, dict.fromkeys(range(10), 2_000.0)) < CHI_SQUARE_999[9]


def test_the_others_are_as_likely_when_one_is_avoided() -> None:
    balancer = of(10)
    seen = Counter(balancer.pick(0, 4) for _ in range(18_000))
    others = dict.fromkeys(set(range(10)) - {4}, 2_000.0)
    assert set(seen) == set(others)
    assert chi_square(seen, others) < CHI_SQUARE_999[8]


def test_picks_do_not_depend_on_the_pick_before() -> None:
    balancer = of(2)
    picks = [balancer.pick(0) for _ in range(20_001)]
    repeats = Counter(one == next_ for one, next_ in pairwise(picks))
    assert chi_square(repeats, {True: 10_000.0, False: 10_000.0}) < CHI_SQUARE_999[1]


def test_of_two_the_one_avoided_is_never_picked() -> None:
    balancer = of(2)
    assert {balancer.pick(0, 1) for _ in range(50)} == {0}


def test_a_member_alone_costs_no_draw() -> None:
    stream, untouched = Stream(23, "random"), Stream(23, "random")
    balancer = RandomChoice(stream)
    balancer.add(7)
    assert [balancer.pick(0), balancer.pick(0, 7)] == [7, 7]
    assert stream.uniform() == untouched.uniform()
