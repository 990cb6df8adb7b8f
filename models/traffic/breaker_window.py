"""What a breaker remembers of the calls it has seen: the last n, or those of the last n seconds.

Nearly every call in a healthy system succeeds, so both windows can say how long successes need
not be noted one by one: until ``quiet_until()`` they may be counted outside and handed in later,
all at once, with :meth:`CallWindow.note_quiet`. A success can open nothing while no failed and
no slow call is in the window.
"""

from dataclasses import dataclass
from typing import Protocol

from models.base.time import NS_PER_S, TimeNs
from models.traffic.rolling_counts import RollingCounts

FOREVER = 2**63
"""Later than any instant."""

_CALLS, _FAILURES, _SLOW = range(3)
_FAILED_BIT, _SLOW_BIT = 1, 2


@dataclass(frozen=True, slots=True)
class WindowCounts:
    """Calls in a window, how many of them failed, and how many were slow."""

    calls: int
    failures: int
    slow: int


class CallWindow(Protocol):
    """Counts of recent calls. ``quiet`` is the number of successes not handed in yet.

    ``calls``, ``failures`` and ``slow`` are the counts as of the last :meth:`note`; read only.
    """

    calls: int
    failures: int
    slow: int

    def note(self, is_failure: bool, is_slow: bool, now: TimeNs) -> None:
        """Take in one call. Hot path."""
        ...

    def note_quiet(self, quiet: int) -> None:
        """Take in successes from before :meth:`quiet_until`."""
        ...

    def quiet_until(self) -> TimeNs:
        """Successes before this instant need not be noted one by one; 0 if they must be."""
        ...

    def counts(self, quiet: int, now: TimeNs | None) -> WindowCounts:
        """The counts at ``now``, or as of the last call if None. Changes nothing."""
        ...


class CountWindow:
    """The last ``size`` calls, in a ring: O(1) however long.

    Source: resilience4j ``FixedSizeSlidingWindowMetrics``; semantics 7.4.
    """

    __slots__ = ("_ring", "_size", "_slot", "calls", "failures", "slow")

    def __init__(self, size: int) -> None:
        self._size = size
        self._ring = bytearray(size)
        self._slot = 0
        self.calls = 0
        self.failures = 0
        self.slow = 0

    def note(self, is_failure: bool, is_slow: bool, _now: TimeNs) -> None:
        """Take in one call; the oldest leaves a full ring."""
        slot = self._slot
        old = self._ring[slot]
        self.failures += is_failure - (old & _FAILED_BIT)
        self.slow += is_slow - (old >> 1)
        self._ring[slot] = is_failure | is_slow << 1
        self._slot = slot + 1 if slot + 1 < self._size else 0
        if self.calls < self._size:
            self.calls += 1

    def note_quiet(self, quiet: int) -> None:
        """Take in successes; the ring holds only zeros, so where they go makes no difference."""
        self.calls = min(self._size, self.calls + quiet)

    def quiet_until(self) -> TimeNs:
        """For ever while no call in the ring failed or was slow."""
        return 0 if self.failures or self.slow else FOREVER

    def counts(self, quiet: int, _now: TimeNs | None) -> WindowCounts:
        """The counts; time alone changes nothing here."""
        return WindowCounts(min(self._size, self.calls + quiet), self.failures, self.slow)


class TimeWindow:
    """The calls of the present second and the ``seconds`` - 1 before it.

    Source: resilience4j ``SlidingTimeWindowMetrics``; semantics 7.4.
    """

    __slots__ = ("_rolling", "_second_ends", "calls", "failures", "slow")

    def __init__(self, seconds: int) -> None:
        self._rolling = RollingCounts(columns=3, buckets=seconds, width_ns=NS_PER_S)
        self._second_ends: TimeNs = 0
        self.calls = 0
        self.failures = 0
        self.slow = 0

    def note(self, is_failure: bool, is_slow: bool, now: TimeNs) -> None:
        """Take in one call, after what has left the window by ``now`` is forgotten."""
        rolling = self._rolling
        self._second_ends = rolling.advance(now)
        rolling.add(_CALLS)
        if is_failure:
            rolling.add(_FAILURES)
        if is_slow:
            rolling.add(_SLOW)
        self.calls, self.failures, self.slow = rolling.totals

    def note_quiet(self, quiet: int) -> None:
        """Take in successes of the present second."""
        self._rolling.add(_CALLS, quiet)
        self.calls += quiet

    def quiet_until(self) -> TimeNs:
        """The end of the present second, while no call in the window failed or was slow."""
        return 0 if self.failures or self.slow else self._second_ends

    def counts(self, quiet: int, now: TimeNs | None) -> WindowCounts:
        """The counts; with ``now``, without the calls that have left the window by then."""
        calls, failures, slow = self._rolling.totals_at(0 if now is None else now)
        leaves_at = self._second_ends + self._rolling.span_ns - NS_PER_S
        if now is None or now < leaves_at:
            calls += quiet
        return WindowCounts(calls, failures, slow)
