"""Earliest-deadline order: members take turns at a pace of their own.

Each member stands in a heap at the instant of its next turn on a private, dimensionless clock.
Who is taken moves the clock to its deadline and stands in line again one interval later, so a
member with half the interval is taken twice as often, and equal intervals rotate strictly.
"""

from collections.abc import Iterable
from heapq import heapify, heappop, heappush

from models.traffic.balancer.base import NO_MEMBER


class DeadlineQueue:
    """Members by next deadline, equal deadlines in the order they were put in. O(log members).

    Source: Envoy ``edf_scheduler.h``; semantics 6.2.
    """

    __slots__ = ("_clock", "_heap", "_puts")

    def __init__(self) -> None:
        self._clock = 0.0
        self._heap: list[tuple[float, int, int]] = []
        self._puts = 0

    def put(self, member: int, interval: float) -> None:
        """Stand a member in line, due ``interval`` (> 0) after the last deadline taken."""
        self._puts += 1
        heappush(self._heap, (self._clock + interval, self._puts, member))

    def keep(self, members: Iterable[int]) -> None:
        """Send away who is not among these; the others keep their places. O(members)."""
        staying = set(members)
        self._heap = [turn for turn in self._heap if turn[2] in staying]
        heapify(self._heap)

    def take(self, avoid: int = NO_MEMBER) -> int:
        """Take out the member that is due, or the next one if that is ``avoid``.

        An avoided member keeps its place; alone it is taken after all. The caller puts the
        taken member in again. ``NO_MEMBER`` if the line is empty.
        """
        heap = self._heap
        if not heap:
            return NO_MEMBER
        turn = heappop(heap)
        if turn[2] == avoid and heap:
            avoided, turn = turn, heappop(heap)
            heappush(heap, avoided)
        self._clock = max(self._clock, turn[0])
        return turn[2]
