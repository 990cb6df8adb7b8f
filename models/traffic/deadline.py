"""Deadlines travel with the request: nobody works on, or retries, what is over by then.

Between machines a deadline is sent as the time that remains, because their clocks do not agree;
each hop makes an instant of it on its own clock. What the message took on its way is lost to
that, and the margin is there to cover it.
"""

from models.base.time import DurationNs, TimeNs

NO_DEADLINE = 2**63
"""Deadline of a request that has none: later than any instant."""
NO_TIME = -1
"""The answer when a try could not end in time: fail without calling."""


def try_ends(
    now: TimeNs, timeout_ns: DurationNs, deadline: TimeNs, margin_ns: DurationNs = 0
) -> TimeNs:
    """When a try that begins at ``now`` is given up: the time-out or the deadline, if sooner.

    ``timeout_ns`` 0 is none; the margin is kept for the way back. ``NO_TIME`` if nothing
    remains, ``NO_DEADLINE`` if nothing bounds the try. Hot path.

    Source: semantics 8.5: min(own timeout, remaining - margin); <= 0 fails without calling.
    """
    ends = deadline if deadline == NO_DEADLINE else deadline - margin_ns
    if ends <= now:
        return NO_TIME
    return min(ends, now + timeout_ns) if timeout_ns else ends


def has_time(time_left_ns: DurationNs, delay_ns: DurationNs, needed_ns: DurationNs = 0) -> bool:
    """May a retry wait ``delay_ns`` and then take ``needed_ns``, with so much time left?

    It may end exactly at the deadline, but must begin before it.

    Source: semantics 8.5 (the sum of tries and back-offs is at most the deadline).
    """
    return delay_ns < time_left_ns and delay_ns + needed_ns <= time_left_ns


def time_left(now: TimeNs, deadline: TimeNs) -> DurationNs:
    """What to send along with the request: nanoseconds left, 0 once it is over.

    ``NO_DEADLINE`` stays that.
    """
    return deadline if deadline == NO_DEADLINE else max(0, deadline - now)


def on_own_clock(now: TimeNs, left_ns: DurationNs) -> TimeNs:
    """The receiver's deadline for a request that came with so much time left."""
    return left_ns if left_ns == NO_DEADLINE else now + left_ns
