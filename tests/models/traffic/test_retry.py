"""Retry policy. Semantics 8.1, 8.2; naive defects: proxy; planted bug PB20."""

from dataclasses import replace

import pytest

from models.base.errors import ConfigError
from models.base.outcome import Decision, Outcome
from models.base.streams import Stream
from models.traffic.budget.active_share import ActiveShareBudget
from models.traffic.budget.quota import RetryQuota
from models.traffic.budget.throttle import RetryThrottle
from models.traffic.budget.window import WindowBudget
from models.traffic.config import (
    ActiveShareConfig,
    BackoffConfig,
    BudgetConfig,
    Jitter,
    QuotaConfig,
    RetryConfig,
    ThrottleConfig,
    WindowBudgetConfig,
)
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
    policy.first_tries()
    assert policy.decide(Outcome.ERROR, 1) == EXHAUSTED


def test_an_empty_budget_denies() -> None:
    policy = policy_of(replace(TWICE, budget=BudgetConfig(ratio=0.5, reserve=0, cap=5)))
    policy.first_tries()
    assert policy.decide(Outcome.ERROR, 1) == BUDGET_DENIED
    policy.first_tries()
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
    policy.first_tries()
    assert policy.budget_thousandths is None
    assert {policy.decide(Outcome.ERROR, 1) for _ in range(500)} == {100}


@pytest.mark.parametrize("ratio", [0.0, 0.1, 0.2])
def test_a_total_outage_is_amplified_by_no_more_than_the_budget(ratio: float) -> None:
    budget = BudgetConfig(ratio=ratio, reserve=10, cap=100)
    policy = policy_of(RetryConfig(retries=3, backoff=PLAIN, budget=budget))
    requests, retries = 2000, 0
    for _ in range(requests):
        policy.first_tries()
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


def test_decorrelated_waits_follow_the_wait_before() -> None:
    backoff = BackoffConfig(100, 10**9, Jitter.DECORRELATED)
    policy = policy_of(RetryConfig(retries=9, backoff=backoff))
    waits = [0]
    for made in range(1, 10):
        waits.append(policy.decide(Outcome.ERROR, made, waits[-1]))
        assert 100 <= waits[-1] < 3 * max(100, waits[-2])
    assert max(waits) > 1_000


@pytest.mark.parametrize(("left", "answer"), [(101, 100), (100, EXHAUSTED), (0, EXHAUSTED)])
def test_no_retry_begins_at_the_deadline_or_after_it(left: int, answer: int) -> None:
    """Semantics 8.5: tries and back-offs together stay within the deadline."""
    assert policy_of(TWICE).decide(Outcome.ERROR, 1, 0, left) == answer


def test_a_retry_there_is_no_time_for_takes_no_token() -> None:
    policy = policy_of(replace(TWICE, budget=BudgetConfig(ratio=0.0, reserve=1)))
    assert policy.decide(Outcome.ERROR, 1, 0, 50) == EXHAUSTED
    assert policy.budget_thousandths == 1_000


def test_the_time_left_does_not_change_what_is_drawn() -> None:
    config = RetryConfig(retries=1, backoff=BackoffConfig(10**9, 10**9))
    unbounded = policy_of(config).decide(Outcome.ERROR, 1)
    assert policy_of(config).decide(Outcome.ERROR, 1, 0, 10**10) == unbounded


@pytest.mark.parametrize(
    ("budget", "kind"),
    [
        (ThrottleConfig(), RetryThrottle),
        (ActiveShareConfig(), ActiveShareBudget),
        (WindowBudgetConfig(), WindowBudget),
        (QuotaConfig(), RetryQuota),
    ],
)
def test_budgets_that_follow_every_try_are_the_allowance(
    budget: ThrottleConfig | ActiveShareConfig | WindowBudgetConfig | QuotaConfig, kind: type
) -> None:
    policy = policy_of(replace(TWICE, budget=budget))
    assert isinstance(policy.allowance, kind)
    assert policy.budget_thousandths is None
    policy.first_tries()
    assert policy.decide(Outcome.ERROR, 1) == 100
    assert policy.ticket >= 1


def test_an_allowance_that_denies_ends_the_request() -> None:
    policy = policy_of(replace(TWICE, budget=ActiveShareConfig(retries_min=1)))
    assert policy.decide(Outcome.ERROR, 1) == 100
    assert policy.decide(Outcome.ERROR, 1) == BUDGET_DENIED


def test_an_allowance_is_not_asked_about_what_is_not_retried() -> None:
    policy = policy_of(replace(TWICE, budget=QuotaConfig(capacity=5)))
    assert policy.decide(Outcome.OK, 1) == NOT_RETRYABLE
    assert policy.decide(Outcome.ERROR, 3) == EXHAUSTED
    assert policy.decide(Outcome.ERROR, 1) == 100


def test_a_time_out_is_dearer_to_a_quota() -> None:
    policy = policy_of(replace(TWICE, budget=QuotaConfig(capacity=15)))
    policy.decide(Outcome.TIMEOUT, 1)
    assert policy.ticket == 10
    policy.decide(Outcome.ERROR, 1)
    assert policy.ticket == 5


@pytest.mark.parametrize(
    ("layers", "attempts", "calls"), [(3, 3, 27), (2, 3, 9), (5, 4, 1024), (3, 4, 64)]
)
def test_layers_of_retries_multiply_when_the_bottom_always_fails(
    layers: int, attempts: int, calls: int
) -> None:
    """Semantics 8.2: k layers each with n attempts give n**k calls at the bottom."""
    policies = [policy_of(RetryConfig(attempts - 1, PLAIN)) for _ in range(layers)]

    def call(layer: int) -> int:
        if layer == layers:
            return 1
        total = made = 0
        while True:
            total += call(layer + 1)
            made += 1
            if policies[layer].decide(Outcome.ERROR, made) < 0:
                return total

    assert call(0) == calls


def test_a_tenth_for_a_budget_bounds_the_amplification_of_each_layer() -> None:
    """Semantics 8.2: at most 1.1 in the long run, in a total outage."""
    budget = BudgetConfig(ratio=0.1, reserve=0)
    policy = policy_of(RetryConfig(3, PLAIN, budget))
    requests, attempts = 10_000, 0
    for _ in range(requests):
        policy.first_tries()
        made = 1
        while policy.decide(Outcome.ERROR, made) >= 0:
            made += 1
        attempts += made
    assert attempts == 1.1 * requests


def test_mean_attempts_with_independent_failures_are_a_geometric_sum() -> None:
    """(1 - p**(k + 1)) / (1 - p) for p = 0.9 and two retries: 2.71."""
    policy, dice = policy_of(TWICE), Stream(5, "failures")
    requests, attempts = 20_000, 0
    for _ in range(requests):
        made = 1
        while dice.uniform() < 0.9 and policy.decide(Outcome.ERROR, made) >= 0:
            made += 1
        attempts += made
    assert attempts / requests == pytest.approx(2.71, abs=0.02)
