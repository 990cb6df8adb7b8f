"""Retry policy: may this attempt be tried again, and after how long?

The policy only judges attempts that have ended. The first try is the caller's own affair and is
always sent; a policy without retries says so afterwards.
"""

from models.base.errors import ConfigError
from models.base.outcome import Decision, Outcome
from models.base.streams import Stream
from models.base.time import DurationNs, TimeNs
from models.traffic import backoff
from models.traffic.budget.base import DENIED, FIRST_TRY, RetryAllowance
from models.traffic.budget.kinds import make_allowance
from models.traffic.config import BudgetConfig, RetryConfig
from models.traffic.deadline import NO_DEADLINE, has_time
from models.traffic.retry_budget import RetryBudget

EXHAUSTED = -int(Decision.EXHAUSTED)
BUDGET_DENIED = -int(Decision.BUDGET_DENIED)
NOT_RETRYABLE = -int(Decision.NOT_RETRYABLE)

_UNDRAWN = -1
_NEVER_RETRIED = (Outcome.OK, Outcome.CALLER_GONE, Outcome.IN_FLIGHT)


def decision_of(answer: int) -> Decision:
    """What an answer of :meth:`RetryPolicy.decide` is called in records."""
    return Decision.RETRIED if answer >= 0 else Decision(-answer)


class RetryPolicy:
    """Decides about the retries of one caller on one edge.

    A request's first try earns its share of a retry: :meth:`first_tries` is told of it when it is
    sent, or of many at once, at the latest before the next :meth:`decide`. Some
    budgets must be told more: those are ``allowance``, and where that is not None the caller
    tells it of every try sent, ended and withdrawn, and keeps ``ticket``, right after a retry was
    granted, for that retry.

    The questions come in this order: is the outcome worth another try, are tries left, is there
    time, does the budget allow it. Only a retry that is granted takes a token; the wait is drawn
    for it alone, or, where time is short, to know whether there is enough.

    Raises:
        ConfigError: negative ``retries`` or durations, a budget that makes no sense, or
            ``retry_on`` holds an outcome that is no failure of the target's.
    """

    __slots__ = (
        "_backoff", "_budget", "_is_retryable", "_retries", "_stream", "allowance", "ticket",
    )  # fmt: skip

    def __init__(self, config: RetryConfig, stream: Stream) -> None:
        if config.retries < 0:
            raise ConfigError(f"retries must not be negative, but is {config.retries}")
        for outcome in _NEVER_RETRIED:
            if outcome in config.retry_on:
                raise ConfigError(f"retry_on: '{outcome.name.lower()}' cannot be retried")
        backoff.check(config.backoff)
        self._retries = config.retries
        self._backoff = config.backoff
        self._budget: RetryBudget | None = None
        self.allowance: RetryAllowance | None = None
        if isinstance(config.budget, BudgetConfig):
            self._budget = RetryBudget(config.budget)
        elif config.budget is not None:
            self.allowance = make_allowance(config.budget)
        self._is_retryable = tuple(outcome in config.retry_on for outcome in Outcome)
        self._stream = stream
        self.ticket = FIRST_TRY

    @property
    def budget_thousandths(self) -> int | None:
        """Thousandths of a token left for retries; None without a budget by tokens."""
        return None if self._budget is None else self._budget.thousandths

    def first_tries(self, count: int = 1) -> None:
        """So many first tries were sent since the last call."""
        if self._budget is not None:
            self._budget.deposit(count)

    def decide(
        self,
        outcome: int,
        tries_made: int,
        previous_ns: DurationNs = 0,
        time_left_ns: DurationNs = NO_DEADLINE,
        now: TimeNs = 0,
    ) -> int:
        """Judge an attempt's end after ``tries_made`` (>= 1) tries of its request.

        ``previous_ns`` is the request's wait before the try that ended, for decorrelated jitter;
        ``time_left_ns`` runs to the request's deadline; ``now`` is for budgets over a window.

        Returns the nanoseconds to wait before the next try (>= 0), or one of ``NOT_RETRYABLE``,
        ``EXHAUSTED``, ``BUDGET_DENIED``, which are negative. A retry that would begin at the
        deadline or after it is ``EXHAUSTED`` too.
        """
        if not self._is_retryable[outcome]:
            return NOT_RETRYABLE
        if tries_made > self._retries:
            return EXHAUSTED
        wait_ns = _UNDRAWN
        if time_left_ns != NO_DEADLINE:
            wait_ns = backoff.delay(self._backoff, tries_made - 1, self._stream, previous_ns)
            if not has_time(time_left_ns, wait_ns):
                return EXHAUSTED
        if not self._is_granted(outcome, now):
            return BUDGET_DENIED
        if wait_ns != _UNDRAWN:
            return wait_ns
        return backoff.delay(self._backoff, tries_made - 1, self._stream, previous_ns)

    def _is_granted(self, outcome: int, now: TimeNs) -> bool:
        if self._budget is not None:
            return self._budget.try_withdraw()
        if self.allowance is not None:
            self.ticket = self.allowance.try_retry(outcome, now)
            return self.ticket != DENIED
        return True
