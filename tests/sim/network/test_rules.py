"""Each rule by itself: what becomes of a message, and how often."""

from collections.abc import Callable

import pytest

from models.base.distributions import Deterministic, Exponential
from models.base.streams import Stream
from models.faults.network import Carried
from sim.network.rules import (
    Block,
    Delay,
    Duplication,
    Judge,
    Loss,
    Pipe,
    Reordering,
    Rule,
    Scope,
    Way,
)

WAY = Way("a", "b", "front->back")
SCOPE = Scope(frozenset({1}), frozenset({2}))
NOW = 5_000
MANY = 4_000


def streams(name: str) -> Stream:
    return Stream(1, f"fault/{name}")


def verdicts(rule: Rule, way: Way = WAY) -> list[tuple[int, ...]]:
    judge = rule.judge_on(way)
    return [judge(100, NOW) for _ in range(MANY)]


def is_near(observed: int, share: float) -> bool:
    """Within 3.3 standard deviations of a binomial."""
    return abs(observed - share * MANY) < 3.3 * (share * (1 - share) * MANY) ** 0.5


def test_a_block_lets_nothing_through() -> None:
    assert set(verdicts(Block(SCOPE))) == {()}


def test_loss_drops_its_share_and_delays_nothing() -> None:
    seen = verdicts(Loss(SCOPE, streams, 0.3))
    assert set(seen) == {(), (0,)}
    assert is_near(seen.count(()), 0.3)


@pytest.mark.parametrize(("ratio", "verdict"), [(0.0, (0,)), (1.0, ())])
def test_loss_of_nothing_and_of_all_are_certain(ratio: float, verdict: tuple[int, ...]) -> None:
    assert set(verdicts(Loss(SCOPE, streams, ratio))) == {verdict}


def test_a_delay_is_paid_by_every_message_once() -> None:
    assert set(verdicts(Delay(SCOPE, streams, Deterministic(7)))) == {(7,)}


def test_reordering_holds_its_share_back() -> None:
    seen = verdicts(Reordering(SCOPE, streams, 0.25, Deterministic(9)))
    assert set(seen) == {(0,), (9,)}
    assert is_near(seen.count((9,)), 0.25)


def test_duplication_delivers_its_share_twice_the_first_on_time() -> None:
    seen = verdicts(Duplication(SCOPE, streams, 0.1, Deterministic(3)))
    assert set(seen) == {(0,), (0, 3)}
    assert is_near(seen.count((0, 3)), 0.1)


def test_a_pipe_sends_one_message_behind_the_other() -> None:
    judge = Pipe(SCOPE, bytes_per_s=1e9).judge_on(WAY)
    assert [judge(100, 1_000), judge(50, 1_000), judge(10, 1_120)] == [(100,), (150,), (40,)]


def test_a_pipe_that_is_free_again_delays_by_the_size_alone() -> None:
    judge = Pipe(SCOPE, bytes_per_s=1e9).judge_on(WAY)
    assert [judge(100, 1_000), judge(100, 1_100), judge(100, 5_000)] == [(100,)] * 3


def test_purposes_that_go_the_same_way_share_a_pipe_and_other_ways_do_not() -> None:
    pipe = Pipe(SCOPE, bytes_per_s=1e9)
    assert pipe.judge_on(WAY)(100, 0) == (100,)
    assert pipe.judge_on(WAY._replace(purpose="discovery"))(100, 0) == (200,)
    assert pipe.judge_on(Way("b", "a", "front->back"))(100, 0) == (100,)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Loss(SCOPE, streams, 0.5),
        lambda: Delay(SCOPE, streams, Exponential(1_000)),
        lambda: Duplication(SCOPE, streams, 0.5, Exponential(1_000)),
        lambda: Reordering(SCOPE, streams, 0.5, Exponential(1_000)),
    ],
)
def test_links_draw_apart_and_the_same_link_draws_alike(make: Callable[[], Rule]) -> None:
    there, back = verdicts(make()), verdicts(make(), Way("b", "a", "front->back"))
    assert there == verdicts(make())
    assert there != back


def alternately(first: Judge, second: Judge) -> list[tuple[int, ...]]:
    seen = []
    for _ in range(100):
        seen.append(first(1, NOW))
        second(1, NOW)
    return seen


def test_another_rule_shifts_nobodys_draws() -> None:
    def rule(name: str) -> Judge:
        return Loss(SCOPE, lambda what: Stream(1, f"{name}/{what}"), 0.5).judge_on(WAY)

    alone = rule("x")
    assert alternately(rule("x"), rule("y")) == [alone(1, NOW) for _ in range(100)]


@pytest.mark.parametrize(
    ("both_ways", "sender", "receiver", "is_concerned"),
    [
        (True, 1, 2, True),
        (True, 2, 1, True),
        (False, 1, 2, True),
        (False, 2, 1, False),
        (True, 1, 3, False),
        (True, 3, 2, False),
        (True, 1, 1, False),
    ],
)
def test_a_scope_holds_between_its_two_sets(
    both_ways: bool, sender: int, receiver: int, is_concerned: bool
) -> None:
    scope = Scope(frozenset({1}), frozenset({2}), both_ways=both_ways)
    assert scope.concerns(sender, receiver, Carried.REQUESTS) is is_concerned


def test_a_scope_leaves_out_what_it_does_not_carry() -> None:
    scope = Scope(frozenset({1}), frozenset({2}), frozenset({Carried.HEARTBEATS}))
    assert scope.concerns(1, 2, Carried.HEARTBEATS)
    assert not scope.concerns(1, 2, Carried.VIEWS)
