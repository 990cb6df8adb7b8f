"""Bulkhead with bounded waiting. Semantics 7.4 (resilience4j), 7.5."""

from collections import deque

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models.base.errors import ConfigError, SimulationError
from models.traffic.concurrency.bulkhead import FULL, Bulkhead, BulkheadConfig


def test_the_default_lets_twenty_five_in_and_nobody_wait() -> None:
    bulkhead = Bulkhead(BulkheadConfig())
    answers = [bulkhead.enter(0) for _ in range(27)]
    assert answers == [*range(1, 26), FULL, FULL]


def test_who_waits_longest_gets_the_place_that_comes_free() -> None:
    bulkhead = Bulkhead(BulkheadConfig(1, wait_ns_max=100))
    assert [bulkhead.enter(now) for now in (0, 10, 20)] == [1, -2, -3]
    assert [bulkhead.leave(30), bulkhead.leave(40), bulkhead.leave(50)] == [2, 3, 0]
    assert bulkhead.inside == 0


def test_a_wait_is_over_at_its_end_even_if_a_place_comes_free_then() -> None:
    bulkhead = Bulkhead(BulkheadConfig(1, wait_ns_max=100))
    for now in (0, 10, 20):
        bulkhead.enter(now)
    assert bulkhead.next_deadline() == 110
    assert bulkhead.leave(110) == 3
    assert bulkhead.next_deadline() == 0
    assert bulkhead.tick(now=110) == (2,)
    assert bulkhead.next_deadline() is None


def test_a_place_a_nanosecond_before_the_end_is_in_time() -> None:
    bulkhead = Bulkhead(BulkheadConfig(1, wait_ns_max=100))
    bulkhead.enter(0)
    bulkhead.enter(10)
    assert bulkhead.leave(109) == 2


def test_the_bench_is_bounded_and_those_whose_wait_is_over_are_off_it() -> None:
    bulkhead = Bulkhead(BulkheadConfig(1, wait_ns_max=100, waiting_max=1))
    assert [bulkhead.enter(now) for now in (0, 0, 99, 100)] == [1, -2, FULL, -3]
    assert bulkhead.tick(now=100) == (2,)


def test_who_gives_up_is_passed_over() -> None:
    bulkhead = Bulkhead(BulkheadConfig(1, wait_ns_max=100))
    for now in (0, 10, 20):
        bulkhead.enter(now)
    bulkhead.give_up(2)
    bulkhead.give_up(2)
    assert bulkhead.leave(30) == 3


def test_leaving_without_having_been_in_is_an_error() -> None:
    with pytest.raises(SimulationError, match="never in"):
        Bulkhead(BulkheadConfig()).leave(0)


@pytest.mark.parametrize(
    "config", [BulkheadConfig(0), BulkheadConfig(wait_ns_max=-1), BulkheadConfig(waiting_max=-1)]
)
def test_a_bulkhead_that_makes_no_sense_is_refused(config: BulkheadConfig) -> None:
    with pytest.raises(ConfigError, match="bulkhead"):
        Bulkhead(config)


class BulkheadMachine(RuleBasedStateMachine):
    @initialize(places=st.integers(1, 3), wait=st.integers(0, 20), bench=st.integers(0, 3))
    def start(self, places: int, wait: int, bench: int) -> None:
        self.config = BulkheadConfig(places, wait, bench)
        self.bulkhead = Bulkhead(self.config)
        self.now = 0
        self.inside: set[int] = set()
        self.bench: deque[tuple[int, int]] = deque()

    def live(self) -> list[tuple[int, int]]:
        return [entry for entry in self.bench if self.now < entry[1]]

    @rule(wait=st.integers(0, 15), does_tick=st.booleans())
    def wait(self, wait: int, does_tick: bool) -> None:
        self.now += wait
        if does_tick:
            over = [ticket for ticket, end in self.bench if end <= self.now]
            assert list(self.bulkhead.tick(now=self.now)) == over
            self.bench = deque(self.live())

    @rule()
    def enter(self) -> None:
        answer = self.bulkhead.enter(self.now)
        if len(self.inside) < self.config.calls_max:
            assert answer > 0
            self.inside.add(answer)
        elif self.config.wait_ns_max and len(self.live()) < self.config.waiting_max:
            assert answer < 0
            self.bench.append((-answer, self.now + self.config.wait_ns_max))
        else:
            assert answer == FULL

    @precondition(lambda self: self.inside)
    @rule()
    def leave(self) -> None:
        self.inside.remove(min(self.inside))
        following = next(iter(self.live()), None)
        assert self.bulkhead.leave(self.now) == (following[0] if following else 0)
        if following:
            self.bench.remove(following)
            self.inside.add(following[0])

    @invariant()
    def never_more_inside_than_places(self) -> None:
        assert self.bulkhead.inside == len(self.inside) <= self.config.calls_max


BulkheadMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=50, stateful_step_count=40
)
TestBulkhead = BulkheadMachine.TestCase
