"""Quota: a stock of capacity that retries use up and successes bring back."""

from models.base.errors import ConfigError
from models.base.outcome import Outcome
from models.base.time import TimeNs
from models.traffic.budget.base import DENIED
from models.traffic.config import QuotaConfig


class RetryQuota:
    """Starts full, and the ticket of a retry is what it cost.

    A retry after a time-out costs more than another. A success after a retry brings back what
    that retry cost, a success at the first try ``refund``; never above the capacity.

    Source: botocore ``retries/quota.py`` and ``standard.py`` (500; 5, 10; 1); semantics 8.2.

    Raises:
        ConfigError: a cost or the capacity below 1, or a negative refund.
    """

    __slots__ = ("_available", "_config")

    def __init__(self, config: QuotaConfig) -> None:
        if min(config.capacity, config.cost, config.timeout_cost) < 1 or config.refund < 0:
            raise ConfigError("retry quota: capacity and costs must be at least 1, refund 0")
        self._config = config
        self._available = config.capacity

    @property
    def available(self) -> int:
        """What is left of the capacity."""
        return self._available

    def sent(self, _ticket: int, _now: TimeNs, /) -> None:
        """Sending costs nothing."""

    def try_retry(self, outcome: int, _now: TimeNs, /) -> int:
        """The cost of the retry, taken, or ``DENIED``."""
        config = self._config
        cost = config.timeout_cost if outcome == Outcome.TIMEOUT else config.cost
        if cost > self._available:
            return DENIED
        self._available -= cost
        return cost

    def ended(self, ticket: int, is_failure: bool, _now: TimeNs, /) -> None:
        """A success brings something back."""
        if not is_failure:
            back = ticket or self._config.refund
            self._available = min(self._config.capacity, self._available + back)

    def abandoned(self, _ticket: int, _now: TimeNs, /) -> None:
        """What it cost was spent."""

    def withdrawn(self, ticket: int, _now: TimeNs, /) -> None:
        """A retry that was not sent gives back what it cost."""
        self._available = min(self._config.capacity, self._available + ticket)
