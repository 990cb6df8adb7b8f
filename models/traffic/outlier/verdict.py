"""What the end of an attempt says about its member, and the causes it may be ejected for."""

from enum import IntEnum

from models.base.outcome import Outcome


class Verdict(IntEnum):
    """Kind of an attempt's end.

    ``SERVER_ERROR`` is a 5xx of the member's own making, ``GATEWAY_ERROR`` one like 502 to 504.
    ``LOCAL_FAILURE`` was seen by the caller, not answered by the member.
    """

    SUCCESS = 0
    SERVER_ERROR = 1
    GATEWAY_ERROR = 2
    LOCAL_FAILURE = 3
    NOTHING = 4


class Cause(IntEnum):
    """Why a member is an outlier; never 0, which is no ejection."""

    CONSECUTIVE_5XX = 1
    CONSECUTIVE_GATEWAY = 2
    CONSECUTIVE_LOCAL = 3
    SUCCESS_RATE = 4
    SUCCESS_RATE_LOCAL = 5
    FAILURE_SHARE = 6
    FAILURE_SHARE_LOCAL = 7


NOT_EJECTED = 0
"""What the detector's ``record`` answers instead of a cause."""

_SAID_BY = {
    Outcome.OK: Verdict.SUCCESS,
    Outcome.ERROR: Verdict.SERVER_ERROR,
    Outcome.TIMEOUT: Verdict.LOCAL_FAILURE,
    Outcome.QUEUE_FULL: Verdict.GATEWAY_ERROR,
    Outcome.REFUSED: Verdict.LOCAL_FAILURE,
    Outcome.RESET: Verdict.LOCAL_FAILURE,
    Outcome.BREAKER_OPEN: Verdict.NOTHING,
    Outcome.NO_ENDPOINT: Verdict.NOTHING,
    Outcome.CALLER_GONE: Verdict.NOTHING,
    Outcome.IN_FLIGHT: Verdict.NOTHING,
    Outcome.SHED: Verdict.GATEWAY_ERROR,
    Outcome.EXPIRED: Verdict.NOTHING,
    Outcome.NO_CONNECTION: Verdict.NOTHING,
    Outcome.LIMITED: Verdict.NOTHING,
    Outcome.FALLBACK: Verdict.NOTHING,
    Outcome.BAD_REQUEST: Verdict.SUCCESS,
    Outcome.NO_ROUTE: Verdict.SUCCESS,
    Outcome.UNAUTHENTICATED: Verdict.SUCCESS,
    Outcome.FORBIDDEN: Verdict.SUCCESS,
}
VERDICTS: tuple[Verdict, ...] = tuple(_SAID_BY[outcome] for outcome in Outcome)
"""Verdict of each outcome, by its number.

What a gateway refuses with a status of the 400s speaks of the client, not of the member. A member
that is full answers as with 503. A time-out, a refused connection and a reset are the
caller's observation, Envoy's local origin (504 or 503 where they are not split).
"""
