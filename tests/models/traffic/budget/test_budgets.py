"""Retry budgets by results, concurrency, window and cost. Semantics 6.5, 7.3, 8.2."""

from fractions import Fraction

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models.base.errors import ConfigError, SimulationError
from models.base.outcome import Outcome
from models.traffic.budget.active_share import ActiveShareBudget, retries_allowed
from models.traffic.budget.base import DENIED, FIRST_TRY, RetryAllowance
from models.traffic.budget.quota import RetryQuota
from models.traffic.budget.throttle import RetryThrottle
from models.traffic.budget.window import WindowBudget
from models.traffic.config import (
    ActiveShareConfig,
    QuotaConfig,
    ThrottleConfig,
    WindowBudgetConfig,
)

S = 1_000_000_000
ERROR = Outcome.ERROR


def test_grpc_stops_at_half_of_its_tokens_and_comes_back_with_successes() -> None:
    """Max 10, ratio 0.1: 9, 8, 7, 6 allowed, 5 blocked, 4; eleven successes make 5.1."""
    throttle = RetryThrottle(ThrottleConfig(10, 0.1))
    seen = []
    for _ in range(6):
        throttle.ended(FIRST_TRY, True, 0)
        seen.append((throttle.thousandths // 1000, throttle.try_retry(ERROR, 0) != DENIED))
    assert seen == [(9, True), (8, True), (7, True), (6, True), (5, False), (4, False)]
    for _ in range(10):
        throttle.ended(FIRST_TRY, False, 0)
    assert throttle.try_retry(ERROR, 0) == DENIED
    throttle.ended(FIRST_TRY, False, 0)
    assert throttle.thousandths == 5_100
    assert throttle.try_retry(ERROR, 0) != DENIED


def test_grpc_tokens_stay_between_nothing_and_their_maximum() -> None:
    throttle = RetryThrottle(ThrottleConfig(2, 0.5))
    throttle.ended(FIRST_TRY, False, 0)
    assert throttle.thousandths == 2_000
    for _ in range(5):
        throttle.ended(FIRST_TRY, True, 0)
    assert throttle.thousandths == 0


@pytest.mark.parametrize(
    ("percent", "under_way", "allowed"), [(20, 0, 3), (20, 15, 3), (20, 20, 4), (25, 100, 25)]
)
def test_envoy_allows_a_share_of_what_is_under_way(
    percent: int, under_way: int, allowed: int
) -> None:
    assert retries_allowed(10 * percent, 3, under_way) == allowed
    budget = ActiveShareBudget(ActiveShareConfig(percent / 100))
    for _ in range(under_way):
        budget.sent(FIRST_TRY, 0)
    assert budget.allowed == allowed
    grants = [budget.try_retry(ERROR, 0) for _ in range(allowed + 1)]
    assert [ticket != DENIED for ticket in grants] == [True] * allowed + [False]


def test_envoy_counts_a_retry_until_its_try_has_ended() -> None:
    budget = ActiveShareBudget(ActiveShareConfig(retries_min=1))
    ticket = budget.try_retry(ERROR, 0)
    budget.sent(ticket, 0)
    assert budget.try_retry(ERROR, 0) == DENIED
    budget.ended(ticket, True, 0)
    assert budget.retries == 0
    withdrawn = budget.try_retry(ERROR, 0)
    budget.withdrawn(withdrawn, 0)
    assert budget.try_retry(ERROR, 0) != DENIED


def test_what_was_never_sent_or_granted_can_not_end() -> None:
    budget = ActiveShareBudget(ActiveShareConfig())
    with pytest.raises(SimulationError, match="never sent"):
        budget.ended(FIRST_TRY, True, 0)
    with pytest.raises(SimulationError, match="never granted"):
        budget.withdrawn(1, 0)


def test_finagle_allows_a_fifth_and_ten_a_second() -> None:
    """10 s at 10 a second are 100; 50 first tries earn 10 more."""
    budget = WindowBudget(WindowBudgetConfig())
    for _ in range(50):
        budget.sent(FIRST_TRY, 0)
    assert budget.retries_left(0) == 110
    grants = [budget.try_retry(ERROR, 0) != DENIED for _ in range(111)]
    assert grants == [True] * 110 + [False]


def test_finagle_forgets_tries_and_retries_with_their_window() -> None:
    budget = WindowBudget(WindowBudgetConfig(ratio=1.0, retries_min_per_s=0))
    budget.sent(FIRST_TRY, 0)
    assert budget.try_retry(ERROR, 0)
    assert budget.try_retry(ERROR, 10 * S - 1) == DENIED
    budget.sent(FIRST_TRY, 10 * S)
    assert budget.retries_left(10 * S) == 1


def test_a_first_try_that_left_the_window_earns_nothing() -> None:
    budget = WindowBudget(WindowBudgetConfig(ratio=1.0, retries_min_per_s=0))
    budget.sent(FIRST_TRY, 0)
    assert budget.try_retry(ERROR, 10 * S) == DENIED


def test_retries_earn_nothing() -> None:
    budget = WindowBudget(WindowBudgetConfig(ratio=1.0, retries_min_per_s=0))
    budget.sent(1, 0)
    assert budget.try_retry(ERROR, 0) == DENIED


@pytest.mark.parametrize(("outcome", "retries"), [(ERROR, 100), (Outcome.TIMEOUT, 50)])
def test_botocore_affords_a_hundred_retries_or_fifty_after_timeouts(
    outcome: Outcome, retries: int
) -> None:
    quota = RetryQuota(QuotaConfig())
    grants = [quota.try_retry(outcome, 0) != DENIED for _ in range(retries + 1)]
    assert grants == [True] * retries + [False]


@pytest.mark.parametrize(("outcome", "retries"), [(ERROR, 35), (Outcome.TIMEOUT, 35)])
def test_botocore_of_the_new_generation_affords_fewer(outcome: Outcome, retries: int) -> None:
    """14 a retry, whatever made it necessary."""
    quota = RetryQuota(QuotaConfig(cost=14, timeout_cost=14))
    grants = [quota.try_retry(outcome, 0) != DENIED for _ in range(retries + 1)]
    assert grants == [True] * retries + [False]


def test_a_success_after_a_retry_brings_back_what_the_retry_cost() -> None:
    quota = RetryQuota(QuotaConfig())
    ticket = quota.try_retry(Outcome.TIMEOUT, 0)
    assert quota.available == 490
    quota.ended(ticket, False, 0)
    assert quota.available == 500


def test_a_success_at_the_first_try_brings_back_one_and_never_more_than_the_capacity() -> None:
    quota = RetryQuota(QuotaConfig())
    quota.ended(FIRST_TRY, False, 0)
    assert quota.available == 500
    quota.try_retry(ERROR, 0)
    quota.ended(FIRST_TRY, False, 0)
    quota.ended(FIRST_TRY, True, 0)
    assert quota.available == 496


def test_a_retry_that_is_not_sent_gives_back_its_cost() -> None:
    quota = RetryQuota(QuotaConfig())
    quota.withdrawn(quota.try_retry(ERROR, 0), 0)
    assert quota.available == 500


@pytest.mark.parametrize(
    "config",
    [
        ThrottleConfig(0),
        ThrottleConfig(1001),
        ThrottleConfig(10, 0.0),
        ThrottleConfig(10, 0.0005),
        ActiveShareConfig(1.5),
        ActiveShareConfig(-0.1),
        ActiveShareConfig(retries_min=-1),
        WindowBudgetConfig(-0.1),
        WindowBudgetConfig(retries_min_per_s=-1),
        WindowBudgetConfig(window_ns=0),
        WindowBudgetConfig(window_ns=150_000_000),
        QuotaConfig(0),
        QuotaConfig(cost=0),
        QuotaConfig(timeout_cost=0),
        QuotaConfig(refund=-1),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(
    config: ThrottleConfig | ActiveShareConfig | WindowBudgetConfig | QuotaConfig,
) -> None:
    with pytest.raises(ConfigError, match=r"^retry (throttle|budget|quota): "):
        made(config)


def made(
    config: ThrottleConfig | ActiveShareConfig | WindowBudgetConfig | QuotaConfig,
) -> RetryAllowance:
    kinds = {
        ThrottleConfig: RetryThrottle,
        ActiveShareConfig: ActiveShareBudget,
        WindowBudgetConfig: WindowBudget,
        QuotaConfig: RetryQuota,
    }
    return kinds[type(config)](config)  # type: ignore[no-any-return, operator]


class BudgetMachine(RuleBasedStateMachine):
    """All four against ledgers kept in fractions and lists: never overdrawn."""

    @initialize(tenths=st.integers(1, 10), small=st.integers(0, 3))
    def start(self, tenths: int, small: int) -> None:
        self.ratio = Fraction(tenths, 10)
        self.small = small
        ratio = tenths / 10
        self.budgets: tuple[RetryAllowance, ...] = (
            RetryThrottle(ThrottleConfig(small + 1, ratio)),
            ActiveShareBudget(ActiveShareConfig(ratio, small)),
            WindowBudget(WindowBudgetConfig(ratio, small, S)),
            RetryQuota(QuotaConfig(20, 5, 10, 1)),
        )
        self.now = 0
        self.tokens, self.stock = Fraction(small + 1), 20
        self.first: list[int] = []
        self.retried: list[int] = []
        self.retries = 0
        self.active: list[tuple[int, ...]] = []

    def in_window(self, instants: list[int]) -> int:
        oldest = self.now // (S // 10) - 10
        return sum(instant // (S // 10) > oldest for instant in instants)

    @rule(wait=st.integers(0, S // 2))
    def wait(self, wait: int) -> None:
        self.now += wait

    @rule(count=st.integers(1, 3))
    def send(self, count: int) -> None:
        for _ in range(count):
            for budget in self.budgets:
                budget.sent(FIRST_TRY, self.now)
            self.first.append(self.now)
            self.active.append((0, 0, 0, 0))

    @precondition(lambda self: self.active)
    @rule(data=st.data(), outcome=st.sampled_from([Outcome.OK, ERROR, Outcome.TIMEOUT]))
    def end(self, data: st.DataObject, outcome: Outcome) -> None:
        tickets = self.active.pop(data.draw(st.integers(0, len(self.active) - 1)))
        is_failure = outcome is not Outcome.OK
        for budget, ticket in zip(self.budgets, tickets, strict=True):
            budget.ended(ticket, is_failure, self.now)
        self.retries -= tickets[1] > 0
        if is_failure:
            self.tokens = max(Fraction(0), self.tokens - 1)
            self.retry(outcome)
        else:
            self.tokens = min(Fraction(self.small + 1), self.tokens + self.ratio)
            self.stock = min(20, self.stock + (tickets[3] or 1))

    def retry(self, outcome: Outcome) -> None:
        cost = 10 if outcome is Outcome.TIMEOUT else 5
        share = max(self.small, int(self.ratio * len(self.active)))
        room = self.small + self.ratio * self.in_window(self.first)
        expected = (
            self.tokens * 2 > self.small + 1,
            self.retries < share,
            self.in_window(self.retried) + 1 <= room,
            cost <= self.stock,
        )
        tickets = tuple(budget.try_retry(outcome, self.now) for budget in self.budgets)
        assert tuple(ticket != DENIED for ticket in tickets) == expected
        self.retries += expected[1]
        self.stock -= cost * expected[3]
        if expected[2]:
            self.retried.append(self.now)
        for budget, ticket in zip(self.budgets, tickets, strict=True):
            budget.sent(ticket or FIRST_TRY, self.now)
        if not tickets[2]:
            self.first.append(self.now)
        self.active.append(tickets)

    @invariant()
    def nothing_is_overdrawn(self) -> None:
        throttle, share, _, quota = self.budgets
        assert isinstance(throttle, RetryThrottle)
        assert isinstance(share, ActiveShareBudget)
        assert isinstance(quota, RetryQuota)
        assert throttle.thousandths == self.tokens * 1000 >= 0
        assert share.retries == self.retries >= 0
        assert quota.available == self.stock >= 0


BudgetMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=50, stateful_step_count=40
)
TestBudgets = BudgetMachine.TestCase


@pytest.mark.parametrize(
    "config",
    [
        ThrottleConfig(1, 0.001),
        ThrottleConfig(1000, 1.0),
        ActiveShareConfig(0.0, 0),
        ActiveShareConfig(1.0),
        WindowBudgetConfig(0.0, 0, 100_000_000),
        QuotaConfig(1, 1, 1, 0),
    ],
)
def test_the_ends_of_every_range_are_allowed(
    config: ThrottleConfig | ActiveShareConfig | WindowBudgetConfig | QuotaConfig,
) -> None:
    budget = made(config)
    budget.sent(FIRST_TRY, 0)
    assert budget.try_retry(ERROR, 0) in (DENIED, 1)
