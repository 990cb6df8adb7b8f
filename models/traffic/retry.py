"""Retry policy: may this attempt be tried again, and after how long?

The policy only judges attempts that have ended. The first try is the caller's own affair and is
always sent; a policy without retries says so afterwards.
"""

from models.base.errors import ConfigError
from models.base.outcome import Decision, Outcome
from models.base.streams import Stream
from models.traffic import backoff
from models.traffic.config import RetryConfig
from models.traffic.retry_budget import RetryBudget

EXHAUSTED = -int(Decision.EXHAUSTED)
BUDGET_DENIED = -int(Decision.BUDGET_DENIED)
NOT_RETRYABLE = -int(Decision.NOT_RETRYABLE)

_NEVER_RETRIED = (Outcome.OK, Outcome.CALLER_GONE, Outcome.IN_FLIGHT)


def decision_of(answer: int) -> Decision:
    """What an answer of :meth:`RetryPolicy.decide` is called in records."""
    return Decision.RETRIED if answer >= 0 else Decision(-answer)


def _earn_nothing() -> None:
    """What a first try earns where no budget is kept."""


class RetryPolicy:
    """Decides about the retries of one caller on one edge.

    Call ``first_try()`` when a request's first try is sent: it earns its share of a retry.

    The questions come in this order: is the outcome worth another try, are tries left, does the
    budget allow it. Only a retry that is granted takes a token and a draw.

    Raises:
        ConfigError: negative ``retries`` or durations, a budget that makes no sense, or
            ``retry_on`` holds an outcome that is no failure of the target's.
    """

    __slots__ = ("_backoff", "_budget", "_is_retryable", "_retries", "_stream", "first_try")

    def __init__(self, config: RetryConfig, stream: Stream) -> None:
        if config.retries < 0:
            raise ConfigError(f"retries must not be negative, but is {config.retries}")
        for outcome in _NEVER_RETRIED:
            if outcome in config.retry_on:
                raise ConfigError(f"retry_on: '{outcome.name.lower()}' cannot be retried")
        backoff.check(config.backoff)
        self._retries = config.retries
        self._backoff = config.backoff
        self._budget = None if config.budget is None else RetryBudget(config.budget)
        self._is_retryable = tuple(outcome in config.retry_on for outcome in Outcome)
        self._stream = stream
        self.first_try = _earn_nothing if self._budget is None else self._budget.deposit

    @property
    def budget_thousandths(self) -> int | None:
        """Thousandths of a token left for retries; None without a budget."""
        return None if self._budget is None else self._budget.thousandths

    def decide(self, outcome: int, tries_made: int) -> int:
        """Judge an attempt's end after ``tries_made`` (>= 1) tries of its request.

        Returns the nanoseconds to wait before the next try (>= 0), or one of ``NOT_RETRYABLE``,
        ``EXHAUSTED``, ``BUDGET_DENIED``, which are negative.
        """
        if not self._is_retryable[outcome]:
            return NOT_RETRYABLE
        if tries_made > self._retries:
            return EXHAUSTED
        if self._budget is not None and not self._budget.try_withdraw():
            return BUDGET_DENIED
        return backoff.delay(self._backoff, tries_made - 1, self._stream)
