"""Throttle: retries stop when too many tries have failed of late, and come back with success."""

from models.base.errors import ConfigError
from models.base.time import TimeNs
from models.traffic.budget.base import DENIED, THOUSANDTHS, thousandths
from models.traffic.config import ThrottleConfig

_GRANTED = 1
_TOKENS_LIMIT = 1000


class RetryThrottle:
    """Tokens between 0 and their maximum; retries are allowed above half of it.

    Every try that fails takes one, first tries too, every one that succeeds adds the ratio.
    A retry itself costs nothing until it fails.

    Source: gRPC A6, retry throttling; semantics 6.5.

    Raises:
        ConfigError: ``tokens_max`` outside [1, 1000], or a ratio that is not whole thousandths
            above 0.
    """

    __slots__ = ("_balance", "_gain", "_maximum")

    def __init__(self, config: ThrottleConfig) -> None:
        if not 1 <= config.tokens_max <= _TOKENS_LIMIT:
            raise ConfigError(f"retry throttle: tokens_max {config.tokens_max} is not in [1, 1000]")
        self._gain = thousandths("retry throttle", config.ratio)
        if not self._gain:
            raise ConfigError("retry throttle: a ratio of 0 would never allow retries again")
        self._maximum = config.tokens_max * THOUSANDTHS
        self._balance = self._maximum

    @property
    def thousandths(self) -> int:
        """Tokens left, in thousandths."""
        return self._balance

    def sent(self, _ticket: int, _now: TimeNs, /) -> None:
        """Sending costs nothing."""

    def try_retry(self, _outcome: int, _now: TimeNs, /) -> int:
        """A ticket while more than half of the tokens are there."""
        return _GRANTED if 2 * self._balance > self._maximum else DENIED

    def ended(self, _ticket: int, is_failure: bool, _now: TimeNs, /) -> None:
        """A failure takes a token, a success adds the ratio."""
        if is_failure:
            self._balance = max(0, self._balance - THOUSANDTHS)
        else:
            self._balance = min(self._maximum, self._balance + self._gain)

    def abandoned(self, _ticket: int, _now: TimeNs, /) -> None:
        """Neither a failure nor a success."""

    def withdrawn(self, _ticket: int, _now: TimeNs, /) -> None:
        """A retry that was not sent cost nothing."""
