"""Retries of calls that remember: their deadline, their last wait, and what their budget granted.

:class:`~models.traffic.retry.RetryPolicy` judges one end of one try. What the answer to the next
question depends on is kept here, call by call.
"""

from collections.abc import Collection

from models.base.outcome import Outcome
from models.base.time import DurationNs, TimeNs
from models.traffic.budget.base import FIRST_TRY
from models.traffic.deadline import NO_DEADLINE, time_left
from models.traffic.retry import NOT_RETRYABLE, RetryPolicy

NEVER_BEGAN = frozenset(
    {
        Outcome.QUEUE_FULL,
        Outcome.SHED,
        Outcome.EXPIRED,
        Outcome.REFUSED,
        Outcome.BREAKER_OPEN,
        Outcome.NO_ENDPOINT,
        Outcome.NO_CONNECTION,
    }
)
"""Ends of a try after which its work has certainly not been begun."""


class Call:
    """What one call remembers from try to try; ``deadline`` is in the time of its caller.

    ``is_under_way`` is True while a try of it is out.
    """

    __slots__ = ("deadline", "is_under_way", "ticket", "waited_ns")

    def __init__(self, deadline: TimeNs = NO_DEADLINE) -> None:
        self.deadline = deadline
        self.is_under_way = False
        self.ticket = FIRST_TRY
        self.waited_ns: DurationNs = 0


class CarefulRetries:
    """Asks a policy on behalf of calls, and tells its budget all that it must be told.

    ``once`` names endpoints whose calls must not be made twice (POST without an idempotency key):
    they are tried again only after an end in :data:`NEVER_BEGAN`. ``now`` is one clock everywhere.
    """

    __slots__ = ("_allowance", "_once", "_policy")

    def __init__(self, policy: RetryPolicy, once: Collection[str] = ()) -> None:
        self._policy = policy
        self._allowance = policy.allowance
        self._once = frozenset(once)

    def sent(self, call: Call, now: TimeNs) -> None:
        """A try of the call has been sent."""
        call.is_under_way = True
        if self._allowance is not None:
            self._allowance.sent(call.ticket, now)

    def succeeded(self, call: Call, now: TimeNs) -> None:
        """The try that was sent has been answered well."""
        call.is_under_way = False
        if self._allowance is not None:
            self._allowance.ended(call.ticket, False, now)

    def left(self, call: Call, now: TimeNs) -> None:
        """The call is no longer waited for, before, between or during its tries."""
        if self._allowance is not None:
            if call.is_under_way:
                self._allowance.abandoned(call.ticket, now)
            elif call.ticket != FIRST_TRY:
                self._allowance.withdrawn(call.ticket, now)
        call.is_under_way = False
        call.ticket = FIRST_TRY

    def decide(
        self, call: Call, outcome: Outcome, tries_made: int, endpoint: str, now: TimeNs
    ) -> int:
        """Judge the end of a try, sent or not. Answers as :meth:`RetryPolicy.decide` does.

        No retry begins at the call's deadline or after it.
        """
        self._close_try(call, now)
        if endpoint in self._once and outcome not in NEVER_BEGAN:
            return NOT_RETRYABLE
        delay = self._policy.decide(outcome, tries_made, call.waited_ns, _left(call, now), now)
        if delay >= 0:
            call.waited_ns = delay
            call.ticket = self._policy.ticket
        return delay

    def _close_try(self, call: Call, now: TimeNs) -> None:
        if self._allowance is not None:
            if call.is_under_way:
                self._allowance.ended(call.ticket, True, now)
            elif call.ticket != FIRST_TRY:
                self._allowance.withdrawn(call.ticket, now)
        call.is_under_way = False
        call.ticket = FIRST_TRY


def _left(call: Call, now: TimeNs) -> DurationNs:
    return time_left(now, call.deadline)
