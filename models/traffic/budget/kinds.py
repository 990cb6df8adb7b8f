"""From a budget's config to the budget."""

from typing import assert_never

from models.traffic.budget.active_share import ActiveShareBudget
from models.traffic.budget.base import RetryAllowance
from models.traffic.budget.quota import RetryQuota
from models.traffic.budget.throttle import RetryThrottle
from models.traffic.budget.tokens import TokenAllowance
from models.traffic.budget.window import WindowBudget
from models.traffic.config import (
    ActiveShareConfig,
    BudgetConfig,
    QuotaConfig,
    ThrottleConfig,
    WindowBudgetConfig,
)


def make_allowance(
    config: BudgetConfig | ThrottleConfig | ActiveShareConfig | WindowBudgetConfig | QuotaConfig,
) -> RetryAllowance:
    """The budget that a config describes.

    Raises:
        ConfigError: the config makes no sense.
    """
    match config:
        case BudgetConfig():
            return TokenAllowance(config)
        case ThrottleConfig():
            return RetryThrottle(config)
        case ActiveShareConfig():
            return ActiveShareBudget(config)
        case WindowBudgetConfig():
            return WindowBudget(config)
        case QuotaConfig():
            return RetryQuota(config)
        case _:
            assert_never(config)
