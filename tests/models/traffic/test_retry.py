"""Retry policy. Semantics 8.1, 8.2; naive defects: proxy; planted bug PB20."""

from dataclasses import replace

import pytest

from models.base.errors import ConfigError
from models.base.outcome import Decision, Outcome
from models.base.streams import Stream
from models.traffic.config import BackoffConfig, BudgetConfig, Jitter, RetryConfig
from models.traffic.retry import (
    BUDGET_DENIED,
    EXHAUSTED,
    NOT_RETRYABLE,
    RetryPolicy,
    decision_of,
)

PLAIN = BackoffConfig(base_ns=100, cap_ns=300, jitter=Jitter.NONE)
TWICE = RetryConfig(retries=2, backoff=PLAIN)


def policy_of(config: RetryConfig) -> RetryPolicy:
    return RetryPolicy(config, Stream(1, "retry"))


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_the_listed_outcomes_are_retried(outcome: Outcome) -> None:
    answer = policy_of(TWICE).decide(outcome, 1)
    assert answer == (100 if outcome in TWICE.retry_on else NOT_RETRYABLE)


def test_a_plain_integer_outcome_is_understood() -> None:
    assert policy_of(TWICE).decide(int(Outcome.TIMEOUT), 1) == 100


def test_two_retries_allow_three_tries() -> None:
    policy = policy_of(TWICE)
    assert [policy.decide(Outcome.ERROR, made) for made in (1, 2, 3, 4)] == [
        100,
        200,
        EXHAUSTED,
        EXHAUSTED,
    ]


def test_without_retries_the_first_try_is_judged_after_it_was_sent() -> None:
    """The naive proxy with no retries sends nothing; here the first try is never in question."""
    policy = policy_of(RetryConfig(retries=0, budget=BudgetConfig(reserve=0)))
    policy.first_try()
    assert policy.decide(Outcome.ERROR, 1) == EXHAUSTED


def test_an_empty_budget_denies() -> None:
    policy = policy_of(replace(TWICE, budget=BudgetConfig(ratio=0.5, reserve=0, cap=5)))
    policy.first_try()
    assert policy.decide(Outcome.ERROR, 1) == BUDGET_DENIED
    policy.first_try()
    assert policy.decide(Outcome.ERROR, 1) == 100


@pytest.mark.parametrize(
    ("outcome", "tries_made", "answer"),
    [(Outcome.CALLER_GONE, 9, NOT_RETRYABLE), (Outcome.ERROR, 3, EXHAUSTED)],
)
def test_only_a_granted_retry_costs_a_token(outcome: Outcome, tries_made: int, answer: int) -> None:
    policy = policy_of(replace(TWICE, budget=BudgetConfig(reserve=1)))
    assert policy.decide(outcome, tries_made) == answer
    assert policy.budget_thousandths == 1000
    policy.decide(Outcome.ERROR, 1)
    assert policy.budget_thousandths == 0


@pytest.mark.parametrize(
    ("outcome", "tries_made", "answer"),
    [
        (Outcome.OK, 3, NOT_RETRYABLE),
        (Outcome.ERROR, 3, EXHAUSTED),
        (Outcome.ERROR, 2, BUDGET_DENIED),
    ],
)
def test_the_reasons_to_stop_are_asked_in_order(
    outcome: Outcome, tries_made: int, answer: int
) -> None:
    policy = policy_of(replace(TWICE, budget=BudgetConfig(ratio=0.0, reserve=0)))
    assert policy.decide(outcome, tries_made) == answer


def test_only_a_granted_retry_takes_a_draw() -> None:
    stream, reference = Stream(1, "retry"), Stream(1, "retry")
    budget = BudgetConfig(ratio=0.0, reserve=0)
    policy = RetryPolicy(RetryConfig(retries=2, budget=budget), stream)
    policy.decide(Outcome.OK, 1)
    policy.decide(Outcome.ERROR, 3)
    policy.decide(Outcome.ERROR, 1)
    assert stream.word() == reference.word()


def test_without_a_budget_there_is_nothing_to_run_out_of() -> None:
    policy = policy_of(TWICE)
    policy.first_try()
    assert policy.budget_thousandths is None
    assert {policy.decide(Outcome.ERROR, 1) for _ in range(500)} == {100}


@pytest.mark.parametrize("ratio", [0.0, 0.1, 0.2])
def test_a_total_outage_is_amplified_by_no_more_than_the_budget(ratio: float) -> None:
    budget = BudgetConfig(ratio=ratio, reserve=10, cap=100)
    policy = policy_of(RetryConfig(retries=3, backoff=PLAIN, budget=budget))
    requests, retries = 2000, 0
    for _ in range(requests):
        policy.first_try()
        tries_made = 1
        while policy.decide(Outcome.TIMEOUT, tries_made) >= 0:
            tries_made += 1
        retries += tries_made - 1
    assert retries == 10 + round(requests * ratio)


@pytest.mark.parametrize(
    ("answer", "decision"),
    [
        (0, Decision.RETRIED),
        (250, Decision.RETRIED),
        (EXHAUSTED, Decision.EXHAUSTED),
        (BUDGET_DENIED, Decision.BUDGET_DENIED),
        (NOT_RETRYABLE, Decision.NOT_RETRYABLE),
    ],
)
def test_each_answer_has_a_name_in_records(answer: int, decision: Decision) -> None:
    assert decision_of(answer) is decision


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (RetryConfig(retries=-1), "must not be negative"),
        (RetryConfig(backoff=BackoffConfig(base_ns=-5)), "must not be negative"),
        (RetryConfig(retry_on=frozenset({Outcome.OK})), "'ok' cannot be retried"),
        (RetryConfig(retry_on=frozenset({Outcome.CALLER_GONE})), "'caller_gone'"),
        (RetryConfig(retry_on=frozenset({Outcome.IN_FLIGHT})), "'in_flight'"),
        (RetryConfig(budget=BudgetConfig(cap=0)), "cap"),
    ],
)
def test_a_config_that_makes_no_sense_is_refused(config: RetryConfig, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        policy_of(config)
