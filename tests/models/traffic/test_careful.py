"""Calls that remember: deadlines, waits, tickets of budgets, calls that must not be made twice."""

import pytest

from models.base.outcome import Outcome
from models.base.streams import Stream
from models.traffic.careful import NEVER_BEGAN, Call, CarefulRetries
from models.traffic.config import (
    ActiveShareConfig,
    BackoffConfig,
    Jitter,
    QuotaConfig,
    RetryConfig,
    ThrottleConfig,
)
from models.traffic.retry import BUDGET_DENIED, EXHAUSTED, NOT_RETRYABLE, RetryPolicy

FIXED = BackoffConfig(10, 10, Jitter.NONE)


def retries(once=(), **config) -> CarefulRetries:
    config.setdefault("backoff", FIXED)
    return CarefulRetries(RetryPolicy(RetryConfig(**config), Stream(1, "retry")), once)


def fail(tries: CarefulRetries, call: Call, tries_made: int, outcome=Outcome.ERROR, now=0) -> int:
    return tries.decide(call, outcome, tries_made, "do", now)


@pytest.mark.parametrize(("deadline", "answer"), [(110, EXHAUSTED), (111, 10)])
def test_no_retry_begins_at_the_deadline_or_after_it(deadline: int, answer: int) -> None:
    """Semantics 8.5: tries and back-offs together are at most the deadline."""
    assert fail(retries(retries=3), Call(deadline), 1, now=100) == answer


def test_decorrelated_waits_follow_from_the_wait_before() -> None:
    tries = retries(retries=9, backoff=BackoffConfig(10, 10**9, Jitter.DECORRELATED))
    call = Call()
    before = 10
    for made in range(1, 9):
        wait = fail(tries, call, made)
        assert 10 <= wait <= 3 * before
        before = max(wait, 10)
    assert before > 90


def test_calls_do_not_share_their_waits() -> None:
    tries = retries(retries=99, backoff=BackoffConfig(10, 10**9, Jitter.DECORRELATED))
    old = Call()
    for made in range(1, 40):
        fail(tries, old, made)
    assert fail(tries, Call(), 1) < 30


@pytest.mark.parametrize("outcome", list(Outcome))
def test_what_must_not_be_made_twice_is_retried_only_if_it_never_began(outcome: Outcome) -> None:
    everything = frozenset(Outcome) - {Outcome.OK, Outcome.CALLER_GONE, Outcome.IN_FLIGHT}
    tries = retries(once=["do"], retries=3, retry_on=everything)
    answer = fail(tries, Call(), 1, outcome)
    assert (answer == 10) == (outcome in NEVER_BEGAN)
    if outcome not in NEVER_BEGAN:
        assert answer == NOT_RETRYABLE


def test_other_endpoints_are_retried_all_the_same() -> None:
    assert fail(retries(once=["post"], retries=3), Call(), 1) == 10


def test_a_budget_by_results_hears_of_failures_and_successes() -> None:
    """gRPC A6: 4 tokens; two failures leave half, and only more than half allows retries."""
    tries = retries(retries=9, budget=ThrottleConfig(4, 0.5))
    call = Call()
    tries.sent(call, 0)
    assert fail(tries, call, 1) == 10
    tries.sent(call, 0)
    assert fail(tries, call, 2) == BUDGET_DENIED
    good = Call()
    tries.sent(good, 0)
    tries.succeeded(good, 0)
    tries.sent(good, 0)
    tries.succeeded(good, 0)
    tries.sent(good, 0)
    tries.succeeded(good, 0)
    another = Call()
    tries.sent(another, 0)
    assert fail(tries, another, 1) == 10


def test_a_retry_that_is_not_sent_gives_its_place_back() -> None:
    tries = retries(retries=9, budget=ActiveShareConfig(0.0, 1))
    first, second = Call(), Call()
    for call in (first, second):
        tries.sent(call, 0)
    assert fail(tries, first, 1) == 10
    assert fail(tries, second, 1) == BUDGET_DENIED
    tries.left(first, 0)
    third = Call()
    tries.sent(third, 0)
    assert fail(tries, third, 1) == 10


def test_a_retry_that_could_not_leave_gives_its_place_back_before_the_next_is_asked_for() -> None:
    tries = retries(retries=9, budget=ActiveShareConfig(0.0, 1))
    call = Call()
    tries.sent(call, 0)
    assert fail(tries, call, 1) == 10
    assert fail(tries, call, 2, Outcome.BREAKER_OPEN) == 10


def test_a_retry_under_way_holds_its_place_until_it_is_abandoned() -> None:
    tries = retries(retries=9, budget=ActiveShareConfig(0.0, 1))
    first, second = Call(), Call()
    for call in (first, second):
        tries.sent(call, 0)
    fail(tries, first, 1)
    tries.sent(first, 5)
    assert fail(tries, second, 1) == BUDGET_DENIED
    tries.left(first, 6)
    tries.left(first, 7)
    tries.sent(second, 8)
    assert fail(tries, second, 1) == 10


def test_a_success_gives_back_what_its_retry_cost() -> None:
    tries = retries(retries=9, budget=QuotaConfig(5, 5, 5, 1))
    for _ in range(3):
        call = Call()
        tries.sent(call, 0)
        assert fail(tries, call, 1) == 10
        tries.sent(call, 0)
        tries.succeeded(call, 0)
