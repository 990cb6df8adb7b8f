"""How an attempt or a request ended: a closed set of small integers.

Integers because they travel on the hot path and are stored one byte each; their names are the
words of reports. ``Outcome`` values are never renumbered: they are part of a run's digest.
"""

from enum import IntEnum


class Outcome(IntEnum):
    """End of one attempt, as its caller saw it."""

    OK = 0
    ERROR = 1
    TIMEOUT = 2
    QUEUE_FULL = 3
    REFUSED = 4
    RESET = 5
    BREAKER_OPEN = 6
    NO_ENDPOINT = 7
    CALLER_GONE = 8
    IN_FLIGHT = 9
    SHED = 10
    EXPIRED = 11
    NO_CONNECTION = 12
    LIMITED = 13
    FALLBACK = 14
    BAD_REQUEST = 15
    NO_ROUTE = 16
    UNAUTHENTICATED = 17
    FORBIDDEN = 18


CALLERS_FAULT = frozenset(
    (Outcome.BAD_REQUEST, Outcome.NO_ROUTE, Outcome.UNAUTHENTICATED, Outcome.FORBIDDEN)
)
"""Refusals with a status of the 400s, which say nothing against who gave them."""


class Decision(IntEnum):
    """What the caller's retry policy made of an attempt's end."""

    NONE = 0
    RETRIED = 1
    EXHAUSTED = 2
    BUDGET_DENIED = 3
    NOT_RETRYABLE = 4


TRY_BITS = 4
"""A record of an attempt holds the try number in the low four bits, the Decision above."""
TRIES_MAX = 2**TRY_BITS - 1
"""The highest try number that fits; the first try is number 1."""


class RequestOutcome(IntEnum):
    """End of one user request; the five together are every request offered."""

    COMPLETED = 0
    FAILED = 1
    REJECTED = 2
    TIMED_OUT = 3
    IN_FLIGHT = 4


_REQUEST_OUTCOME = {
    Outcome.OK: RequestOutcome.COMPLETED,
    Outcome.ERROR: RequestOutcome.FAILED,
    Outcome.TIMEOUT: RequestOutcome.TIMED_OUT,
    Outcome.QUEUE_FULL: RequestOutcome.REJECTED,
    Outcome.REFUSED: RequestOutcome.FAILED,
    Outcome.RESET: RequestOutcome.FAILED,
    Outcome.BREAKER_OPEN: RequestOutcome.REJECTED,
    Outcome.NO_ENDPOINT: RequestOutcome.REJECTED,
    Outcome.CALLER_GONE: RequestOutcome.FAILED,
    Outcome.IN_FLIGHT: RequestOutcome.IN_FLIGHT,
    Outcome.SHED: RequestOutcome.REJECTED,
    Outcome.EXPIRED: RequestOutcome.REJECTED,
    Outcome.NO_CONNECTION: RequestOutcome.REJECTED,
    Outcome.LIMITED: RequestOutcome.REJECTED,
    Outcome.FALLBACK: RequestOutcome.COMPLETED,
    Outcome.BAD_REQUEST: RequestOutcome.REJECTED,
    Outcome.NO_ROUTE: RequestOutcome.REJECTED,
    Outcome.UNAUTHENTICATED: RequestOutcome.REJECTED,
    Outcome.FORBIDDEN: RequestOutcome.REJECTED,
}


def request_outcome(last_attempt: Outcome) -> RequestOutcome:
    """Class of a request whose last attempt ended so."""
    return _REQUEST_OUTCOME[last_attempt]
