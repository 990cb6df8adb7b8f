"""Retry budget by tokens. Semantics 8.2."""

from fractions import Fraction

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from models.base.errors import ConfigError
from models.traffic.config import BudgetConfig
from models.traffic.retry_budget import RetryBudget


def test_the_reserve_is_there_from_the_start_and_not_one_more() -> None:
    budget = RetryBudget(BudgetConfig(ratio=0.0, reserve=3, cap=5))
    assert [budget.try_withdraw() for _ in range(4)] == [True, True, True, False]


def test_five_first_tries_earn_one_retry_at_a_fifth() -> None:
    budget = RetryBudget(BudgetConfig(ratio=0.2, reserve=0, cap=5))
    for _ in range(4):
        budget.deposit()
    assert budget.thousandths == 800
    assert not budget.try_withdraw()
    budget.deposit()
    assert budget.try_withdraw()
    assert budget.thousandths == 0


def test_a_denied_withdrawal_takes_nothing() -> None:
    budget = RetryBudget(BudgetConfig(ratio=0.999, reserve=0, cap=5))
    budget.deposit()
    assert not budget.try_withdraw()
    assert budget.thousandths == 999


def test_the_bucket_is_full_at_the_cap() -> None:
    budget = RetryBudget(BudgetConfig(ratio=0.3, reserve=1, cap=2))
    for _ in range(9):
        budget.deposit()
    assert budget.thousandths == 2000
    assert [budget.try_withdraw() for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize("thousandths", [1, 7, 29, 57, 100, 333, 1000, 1001])
def test_no_share_is_lost_to_rounding(thousandths: int) -> None:
    budget = RetryBudget(BudgetConfig(ratio=thousandths / 1000, reserve=0, cap=10_000))
    for _ in range(1000):
        budget.deposit()
    assert budget.thousandths == 1000 * thousandths


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (BudgetConfig(ratio=-0.001), "ratio"),
        (BudgetConfig(ratio=0.0005), "ratio"),
        (BudgetConfig(cap=0, reserve=0), "cap"),
        (BudgetConfig(reserve=-1), "reserve"),
        (BudgetConfig(reserve=101, cap=100), "reserve"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(config: BudgetConfig, message: str) -> None:
    with pytest.raises(ConfigError, match=f"^retry budget: {message}"):
        RetryBudget(config)


def test_a_reserve_that_fills_the_bucket_is_allowed() -> None:
    assert RetryBudget(BudgetConfig(reserve=100, cap=100)).thousandths == 100_000


class BudgetMachine(RuleBasedStateMachine):
    """Against exact fractions; never overdrawn, never above its cap."""

    @initialize(
        thousandths=st.integers(0, 2500), reserve=st.integers(0, 3), above=st.integers(0, 3)
    )
    def start(self, thousandths: int, reserve: int, above: int) -> None:
        self.cap = max(1, reserve + above)
        self.ratio = Fraction(thousandths, 1000)
        self.budget = RetryBudget(BudgetConfig(thousandths / 1000, reserve, self.cap))
        self.balance = Fraction(reserve)
        self.allowance = Fraction(reserve)

    @rule(tries=st.integers(1, 8))
    def first_tries(self, tries: int) -> None:
        for _ in range(tries):
            self.budget.deposit()
            self.balance = min(self.balance + self.ratio, Fraction(self.cap))
            self.allowance += self.ratio

    @rule()
    def retry(self) -> None:
        assert self.budget.try_withdraw() is (self.balance >= 1)
        if self.balance >= 1:
            self.balance -= 1
            self.allowance -= 1

    @invariant()
    def agrees_with_the_ledger_and_is_never_overdrawn(self) -> None:
        assert self.budget.thousandths == self.balance * 1000
        assert 0 <= self.balance <= self.cap
        assert self.allowance >= 0


BudgetMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=50, stateful_step_count=40
)
TestBudget = BudgetMachine.TestCase
