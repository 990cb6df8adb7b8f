"""Retry budget: retries may only be a share of the first tries.

A total outage turns every request into ``retries`` more. The budget bounds what that adds:
over any span, retries <= cap + ratio * first tries, and after the start reserve is spent, the
ratio alone.
"""

from models.base.errors import ConfigError
from models.traffic.config import BudgetConfig

_THOUSANDTHS = 1000


class RetryBudget:
    """Bucket of tokens, held as whole thousandths so that no share is lost to rounding.

    Starts with ``reserve`` tokens. Each first try adds ``ratio``, up to ``cap``; each retry takes
    one token or is denied. Never below zero.

    Source: Finagle ``RetryBudget`` and gRPC A6 (three decimals); semantics 8.2, 6.5. Differs from
    Finagle in that deposits do not expire.

    Raises:
        ConfigError: the ratio is negative or finer than a thousandth, the cap is below one
            token, or the reserve is outside [0, cap].
    """

    __slots__ = ("_balance", "_cap", "_gain", "_uncredited")

    def __init__(self, config: BudgetConfig) -> None:
        gain = round(config.ratio * _THOUSANDTHS)
        if config.ratio < 0 or gain / _THOUSANDTHS != config.ratio:
            raise ConfigError(f"retry budget: ratio {config.ratio} is not whole thousandths >= 0")
        if config.cap < 1:
            raise ConfigError(f"retry budget: cap {config.cap} must be at least one token")
        if not 0 <= config.reserve <= config.cap:
            raise ConfigError(f"retry budget: reserve {config.reserve} is not in [0, cap]")
        self._gain = gain
        self._cap = config.cap * _THOUSANDTHS
        self._balance = config.reserve * _THOUSANDTHS
        self._uncredited = 0

    @property
    def thousandths(self) -> int:
        """What is in the bucket, in thousandths of a token."""
        return min(self._cap, self._balance + self._uncredited * self._gain)

    def deposit(self, first_tries: int = 1) -> None:
        """So many first tries were sent. They are only counted, and credited when it matters."""
        self._uncredited += first_tries

    def try_withdraw(self) -> bool:
        """Take one token for a retry; False if there is less than one, and nothing changes."""
        self._balance = self.thousandths
        self._uncredited = 0
        if self._balance < _THOUSANDTHS:
            return False
        self._balance -= _THOUSANDTHS
        return True
