"""From how many requests in flight on a member counts as hot: a quantile of recent answers."""

from bisect import bisect_left, insort
from collections import deque

from models.base.percentile import rank

NOTHING_IS_HOT = 2**62


class HotThreshold:
    """Nearest-rank quantile of the last ``window`` answers. O(window) for each answer.

    ``value`` is the quantile, ``NOTHING_IS_HOT`` before the first answer; more than it is hot.
    """

    __slots__ = ("_latest", "_places", "_sorted", "_window", "value")

    def __init__(self, quantile: float, window: int) -> None:
        self._places = [rank(count, quantile) - 1 for count in range(1, window + 1)]
        self._window = window
        self._latest: deque[int] = deque()
        self._sorted: list[int] = []
        self.value = NOTHING_IS_HOT

    def note(self, in_flight: int) -> None:
        """Take in one answer, and let go of the one that leaves the window."""
        if len(self._latest) == self._window:
            gone = self._latest.popleft()
            del self._sorted[bisect_left(self._sorted, gone)]
        self._latest.append(in_flight)
        insort(self._sorted, in_flight)
        self.value = self._sorted[self._places[len(self._sorted) - 1]]
