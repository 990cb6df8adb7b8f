"""Limit kept in a store that is a message away."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models.base.errors import ConfigError
from models.traffic.limiter.base import Rate
from models.traffic.limiter.fixed_window import FixedWindow
from models.traffic.limiter.shared import (
    DecidedBy,
    LimitStore,
    SharedLimiter,
    SharedLimiterConfig,
    SharedVerdict,
    StoreAnswer,
    StoreRequest,
)

CONFIG = SharedLimiterConfig(timeout_ns=20)


def asked(limiter: SharedLimiter, key: str = "tenant", *, now: int) -> StoreRequest:
    request = limiter.ask(key, now=now)
    assert isinstance(request, StoreRequest)
    return request


def store(permits: int = 2) -> LimitStore:
    return LimitStore(lambda _key: FixedWindow(Rate(permits, 1_000)))


def test_two_callers_share_one_limit() -> None:
    shared, callers = store(), (SharedLimiter(CONFIG), SharedLimiter(CONFIG))
    verdicts = []
    for caller in (*callers, callers[0]):
        answer = shared.answer(asked(caller, now=0), now=5)
        verdicts.append(caller.answered(answer, now=10))
    assert [v.is_admitted for v in verdicts if v] == [True, True, False]


def test_each_key_has_its_own_limit() -> None:
    shared, caller = store(1), SharedLimiter(CONFIG)
    answers = [shared.answer(asked(caller, key, now=0), now=0) for key in ("a", "b", "a")]
    assert [answer.wait_ns for answer in answers] == [0, 0, 1_000]


@pytest.mark.parametrize("fails_open", [True, False])
def test_a_silent_store_leaves_the_decision_to_the_caller(fails_open: bool) -> None:
    caller = SharedLimiter(SharedLimiterConfig(timeout_ns=20, fails_open=fails_open))
    request = asked(caller, now=100)
    assert caller.next_deadline() == 120
    assert caller.tick(now=119) == ()
    assert caller.tick(now=120) == (
        SharedVerdict(request.number, fails_open, 0, DecidedBy.SILENCE),
    )
    assert caller.next_deadline() is None


def test_an_answer_after_the_timeout_changes_nothing() -> None:
    caller = SharedLimiter(CONFIG)
    request = asked(caller, now=0)
    caller.tick(now=20)
    assert caller.answered(StoreAnswer(request.number, 500), now=21) is None
    assert isinstance(caller.ask("tenant", now=22), StoreRequest)


def test_an_answer_that_comes_twice_counts_once() -> None:
    caller = SharedLimiter(CONFIG)
    answer = StoreAnswer(asked(caller, now=0).number, 0)
    assert caller.answered(answer, now=1) is not None
    assert caller.answered(answer, now=2) is None


def test_a_refusal_is_remembered_until_its_wait_is_over() -> None:
    caller = SharedLimiter(CONFIG)
    caller.answered(StoreAnswer(asked(caller, now=0).number, 50), now=10)
    verdict = caller.ask("tenant", now=59)
    assert verdict == SharedVerdict(2, False, 1, DecidedBy.MEMORY)
    assert isinstance(caller.ask("tenant", now=60), StoreRequest)
    assert isinstance(caller.ask("other", now=10), StoreRequest)


def test_a_costly_call_that_was_refused_says_nothing_about_a_cheap_one() -> None:
    caller = SharedLimiter(CONFIG)
    request = caller.ask("tenant", 5, now=0)
    caller.answered(StoreAnswer(request.number, 50), now=10)
    assert isinstance(caller.ask("tenant", now=20), StoreRequest)


def test_refusals_need_not_be_remembered() -> None:
    caller = SharedLimiter(SharedLimiterConfig(remembers_refusals=False))
    caller.answered(StoreAnswer(asked(caller, now=0).number, 50), now=10)
    assert isinstance(caller.ask("tenant", now=20), StoreRequest)


def test_memory_is_bounded_and_forgets_the_oldest_refusal() -> None:
    caller = SharedLimiter(SharedLimiterConfig(keys_max=2))
    for key in ("a", "b", "c"):
        caller.answered(StoreAnswer(asked(caller, key, now=0).number, 50), now=10)
    answers = [caller.ask(key, now=20) for key in ("a", "b", "c")]
    assert [isinstance(answer, StoreRequest) for answer in answers] == [True, False, False]


def test_the_store_forgets_the_key_least_recently_asked_for() -> None:
    small = LimitStore(lambda _key: FixedWindow(Rate(1, 1_000)), keys_max=2)
    caller = SharedLimiter(CONFIG)
    for key in ("a", "b", "a", "c"):
        small.answer(asked(caller, key, now=0), now=0)
    waits = [small.answer(asked(caller, key, now=0), now=0).wait_ns for key in ("a", "b")]
    assert waits == [1_000, 0]


@pytest.mark.parametrize("config", [SharedLimiterConfig(0), SharedLimiterConfig(keys_max=0)])
def test_a_config_that_makes_no_sense_is_refused(config: SharedLimiterConfig) -> None:
    with pytest.raises(ConfigError, match="shared limiter"):
        SharedLimiter(config)
    with pytest.raises(ConfigError, match="limit store"):
        LimitStore(lambda _key: FixedWindow(Rate(1)), keys_max=0)


class SharedMachine(RuleBasedStateMachine):
    """Messages are late, lost and doubled; every call gets one verdict, by its deadline."""

    @initialize(permits=st.integers(1, 3), fails_open=st.booleans())
    def start(self, permits: int, fails_open: bool) -> None:
        self.store = LimitStore(lambda _key: FixedWindow(Rate(permits, 40)))
        self.caller = SharedLimiter(SharedLimiterConfig(timeout_ns=20, fails_open=fails_open))
        self.fails_open = fails_open
        self.now = 0
        self.open: dict[int, int] = {}
        self.on_the_way: list[StoreRequest | StoreAnswer] = []

    @rule()
    def call(self) -> None:
        answer = self.caller.ask("key", now=self.now)
        if isinstance(answer, StoreRequest):
            self.open[answer.number] = self.now + 20
            self.on_the_way.append(answer)
        else:
            assert answer.decided_by is DecidedBy.MEMORY
            assert not answer.is_admitted

    @rule(wait=st.integers(1, 15))
    def wait(self, wait: int) -> None:
        self.now += wait
        for verdict in self.caller.tick(now=self.now):
            assert self.open.pop(verdict.number) <= self.now
            assert verdict.is_admitted is self.fails_open

    @precondition(lambda self: self.on_the_way)
    @rule(data=st.data(), copies=st.integers(0, 2))
    def deliver(self, data: st.DataObject, copies: int) -> None:
        message = self.on_the_way.pop(data.draw(st.integers(0, len(self.on_the_way) - 1)))
        for _ in range(copies):
            if isinstance(message, StoreRequest):
                self.on_the_way.append(self.store.answer(message, now=self.now))
                continue
            verdict = self.caller.answered(message, now=self.now)
            assert (verdict is not None) is (message.number in self.open)
            if verdict is not None:
                del self.open[verdict.number]
                assert verdict.is_admitted is (message.wait_ns == 0)

    @invariant()
    def the_calls_without_verdict_are_those_within_their_timeout(self) -> None:
        assert self.caller.waiting == len(self.open)
        assert self.caller.next_deadline() == min(self.open.values(), default=None)


SharedMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=40, stateful_step_count=40
)
TestShared = SharedMachine.TestCase


def test_the_smallest_sizes_are_allowed() -> None:
    assert SharedLimiter(SharedLimiterConfig(timeout_ns=1, keys_max=1)).waiting == 0
    tiny = LimitStore(lambda _key: FixedWindow(Rate(1)), keys_max=1)
    assert tiny.answer(StoreRequest(1, "k", 1), now=0) == StoreAnswer(1, 0)
