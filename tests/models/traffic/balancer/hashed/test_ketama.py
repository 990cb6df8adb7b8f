"""Ketama: a fixed number of points. Theory cases ch-cv (spread of key shares) and mod-move."""

from collections.abc import Sequence
from statistics import fmean, pstdev

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.hashed.ketama import Ketama

KEYS = range(300)


def ring(members: Sequence[int], points: int) -> Ketama:
    balancer = Ketama(Stream(43, "ketama"), points)
    for member in members:
        balancer.add(member)
    return balancer


def key_shares(members: Sequence[int], points: int) -> list[float]:
    """Exact share of all hashes that each member owns."""
    balancer = ring(members, points)
    balancer.pick(0)
    length = dict.fromkeys(members, 0)
    start = balancer._hashes[-1] - 2**64
    for end, owner in zip(balancer._hashes, balancer._owners, strict=True):
        length[owner] += end - start
        start = end
    return [stretch / 2**64 for stretch in length.values()]


@pytest.mark.parametrize(
    ("count", "points", "spread"), [(10, 100, 0.0948209311861521), (100, 1, 0.9900495037128094)]
)
def test_shares_spread_as_random_points_on_a_ring_do(
    count: int, points: int, spread: float
) -> None:
    """cv = sqrt((n - 1) / (n v + 1)), within 5 % over 300 rings (Dirichlet spacings)."""
    shares = [
        share
        for number in range(300)
        for share in key_shares(range(number * count, (number + 1) * count), points)
    ]
    assert pstdev(shares) / fmean(shares) == pytest.approx(spread, rel=0.05)


@pytest.mark.parametrize(("weight", "points"), [(1, 160), (3, 480)])
def test_a_member_has_160_points_for_each_unit_of_weight(weight: int, points: int) -> None:
    balancer = Ketama(Stream(43, "ketama"))
    balancer.add(7, weight)
    balancer.pick(0)
    assert len(balancer._hashes) == points


def test_a_member_without_points_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least one point, not 0"):
        Ketama(Stream(43, "ketama"), 0)


def test_a_51st_member_moves_a_51st_of_the_keys_where_modulo_hashing_moves_nearly_all() -> None:
    """Modulo hashing moves 50 / 51 = 0.98 of the keys from 50 to 51 members."""
    before, after = ring(range(50), 160), ring(range(51), 160)
    keys = range(20_000)
    moved = [key for key in keys if before.pick_keyed(key, 0) != after.pick_keyed(key, 0)]
    assert {after.pick_keyed(key, 0) for key in moved} == {50}
    assert len(moved) / len(keys) == pytest.approx(1 / 51, rel=0.25)


class MoveMachine(RuleBasedStateMachine):
    """Whatever happens to one member, a key moves only away from it or to it."""

    @initialize()
    def begin(self) -> None:
        self.balancer = ring((), 20)
        self.weights: dict[int, int] = {}
        self.owners = self.now_owned()

    def now_owned(self) -> list[int]:
        return [self.balancer.pick_keyed(key, 0) for key in KEYS]

    def expect_moves_of(self, changed: int) -> None:
        after = self.now_owned()
        for then, now in zip(self.owners, after, strict=True):
            assert then == now or changed in (then, now) or NO_MEMBER in (then, now)
        self.owners = after

    @rule(member=st.integers(0, 7), weight=st.integers(1, 4))
    def add_or_reweight(self, member: int, weight: int) -> None:
        self.balancer.add(member, weight)
        self.weights[member] = weight
        self.expect_moves_of(member)

    @precondition(lambda self: self.weights)
    @rule(data=st.data(), verb=st.sampled_from(["mark_down", "mark_up", "remove"]))
    def change(self, data: st.DataObject, verb: str) -> None:
        member = data.draw(st.sampled_from(sorted(self.weights)))
        getattr(self.balancer, verb)(member)
        if verb == "remove":
            del self.weights[member]
        self.expect_moves_of(member)


MoveMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=40, stateful_step_count=20
)
TestMoves = MoveMachine.TestCase
