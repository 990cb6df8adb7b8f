"""A series' recent past: samples in order of time, and the same values in order of size."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence

from models.base.errors import SimulationError
from models.base.time import DurationNs, TimeNs

_SHRINK_AT = 1024


class History:
    """Samples of the last ``memory_ns``, and a little longer. Adding is O(n) in plain copies.

    ``ordered`` are the values in memory, ascending.
    """

    __slots__ = ("_first", "_memory_ns", "_times", "_values", "ordered")

    def __init__(self, memory_ns: DurationNs) -> None:
        self._memory_ns = memory_ns
        self._times: list[TimeNs] = []
        self._values: list[float] = []
        self._first = 0
        self.ordered: list[float] = []

    def __len__(self) -> int:
        return len(self.ordered)

    @property
    def began_at(self) -> TimeNs | None:
        """Time of the oldest sample in memory."""
        return self._times[self._first] if self.ordered else None

    def add(self, value: float, now: TimeNs) -> None:
        """Take in a sample and forget those older than the memory.

        Raises:
            SimulationError: ``now`` is not later than the sample before.
        """
        if self._times and now <= self._times[-1]:
            raise SimulationError(f"a sample at {now} ns after one at {self._times[-1]} ns")
        self._times.append(now)
        self._values.append(value)
        insort(self.ordered, value)
        while self._times[self._first] < now - self._memory_ns:
            del self.ordered[bisect_left(self.ordered, self._values[self._first])]
            self._first += 1
        if self._first >= _SHRINK_AT:
            del self._times[: self._first], self._values[: self._first]
            self._first = 0

    def before(self, when: TimeNs) -> float | None:
        """The value of the last sample at or before ``when``; None if there is none."""
        place = bisect_right(self._times, when, lo=self._first)
        return self._values[place - 1] if place > self._first else None

    def around(self, when: TimeNs, neighbours: int) -> Sequence[float]:
        """The sample at or next after ``when`` and ``neighbours`` on both sides, if all exist.

        Nothing before the first sample.
        """
        if not self.ordered or when < self._times[self._first]:
            return ()
        place = bisect_left(self._times, when, lo=self._first)
        low, high = place - neighbours, place + neighbours + 1
        return self._values[low:high] if low >= self._first and high <= len(self._values) else ()

    def quantile(self, share: float) -> float:
        """Value below which ``share`` in [0, 1) of those in memory lie, lower nearest rank."""
        return self.ordered[int(share * len(self.ordered))]


def median(values: Sequence[float]) -> float:
    """Middle value, or the mean of the two in the middle."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2.0
