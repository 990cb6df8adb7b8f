"""The two clocks of a node: one that only drifts, one that can be wrong and set right.

Deciders see their node's clocks; the recorder sees true time. Drift is in parts per million and
all arithmetic is in integers, so a reading is the same on every machine.
"""

from typing import NamedTuple

from models.base.time import DurationNs, TimeNs

_MILLION = 1_000_000


class _Skew(NamedTuple):
    """How far a wall clock is off since an instant of true time, and how much farther it gets."""

    since_ns: TimeNs
    by_ns: DurationNs
    drift_ppm: int


class NodeClock:
    """Monotonic and wall clock of one node over true virtual time.

    ``drift_ppm`` applies to both; ``offset_ns``, :meth:`step` and :meth:`skew` only to the wall
    clock.
    """

    __slots__ = ("_skews", "_wall_zero_ns", "drift_ppm")

    def __init__(
        self, *, wall_start_ns: TimeNs = 0, offset_ns: DurationNs = 0, drift_ppm: int = 0
    ) -> None:
        self.drift_ppm = drift_ppm
        self._wall_zero_ns = wall_start_ns + offset_ns
        self._skews: dict[int, _Skew] = {}

    def monotonic_at(self, true_ns: TimeNs) -> TimeNs:
        """Reading of the monotonic clock; never steps, never goes back."""
        return true_ns + true_ns * self.drift_ppm // _MILLION

    def wall_at(self, true_ns: TimeNs) -> TimeNs:
        """Reading of the wall clock: nanoseconds since the epoch as this node believes."""
        shown = self._wall_zero_ns + self.monotonic_at(true_ns)
        for skew in self._skews.values():
            shown += skew.by_ns + (true_ns - skew.since_ns) * skew.drift_ppm // _MILLION
        return shown

    def true_at(self, monotonic_ns: TimeNs) -> TimeNs:
        """First true instant at which the monotonic clock shows at least ``monotonic_ns``."""
        if self.drift_ppm == 0:
            return monotonic_ns
        return -(-monotonic_ns * _MILLION // (_MILLION + self.drift_ppm))

    def skew(
        self, cause: int, *, since_ns: TimeNs, by_ns: DurationNs = 0, drift_ppm: int = 0
    ) -> None:
        """From true ``since_ns`` on the wall clock is off, and farther every second if it drifts.

        Causes add up; each ends with :meth:`set_right`.
        """
        self._skews[cause] = _Skew(since_ns, by_ns, drift_ppm)

    def set_right(self, cause: int) -> None:
        """What one cause did to the wall clock is undone, all of it."""
        del self._skews[cause]

    def step(self, by_ns: DurationNs) -> None:
        """Set the wall clock forward (or back, if negative)."""
        self._wall_zero_ns += by_ns
