"""Orders of waiting that are one line: newest first, and newest first while the queue stands.

First come first served is a plain deque.
"""

from collections import deque
from collections.abc import Callable

from models.base.time import TimeNs
from models.traffic.shedding.adaptive_lifo import AdaptiveLifo, Order
from sim.nodes.attempt import Attempt


class NewestFirst(deque[Attempt]):
    """Last come first served."""

    def popleft(self) -> Attempt:
        """The newest leaves."""
        return self.pop()


class AdaptiveLine(deque[Attempt]):
    """First come first served until the queue stands, then the newest first.

    ``clock`` says what time it is. The decider hears of every change of length.
    """

    def __init__(self, decider: AdaptiveLifo, clock: Callable[[], TimeNs]) -> None:
        super().__init__()
        self._decider = decider
        self._clock = clock

    def append(self, attempt: Attempt) -> None:
        """One more waits."""
        super().append(attempt)
        self._decider.changed(len(self), self._clock())

    def popleft(self) -> Attempt:
        """The one whose turn it is leaves."""
        now = self._clock()
        is_newest = self._decider.order(now) is Order.NEWEST_FIRST
        attempt = self.pop() if is_newest else super().popleft()
        self._decider.changed(len(self), now)
        return attempt

    def remove(self, attempt: Attempt) -> None:
        """One that waits leaves before its turn."""
        super().remove(attempt)
        self._decider.changed(len(self), self._clock())

    def clear(self) -> None:
        """Nobody waits any more."""
        super().clear()
        self._decider.changed(0, self._clock())
