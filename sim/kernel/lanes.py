"""Time-outs of one duration, kept in the order in which they were started.

Equal durations expire in the order of their starts, so a queue with one armed timer at its head
replaces one timer per attempt, and an attempt that settles in time costs nothing to call off:
it is merely skipped. This is the difference between 5 and 7 times SimPy (design section 5).
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from models.base.time import DurationNs, TimeNs
from sim.kernel.environment import Kernel
from sim.kernel.ties import USER


class Expiring(Protocol):
    """What a lane holds: something that began, and may have settled meanwhile."""

    start_ns: TimeNs
    settled: bool


ItemT = TypeVar("ItemT", bound=Expiring)


class TimeoutLane(Generic[ItemT]):
    """Calls ``on_expire(item)`` when ``duration_ns`` has passed since ``item.start_ns``.

    A duration of 0 never expires; the lane is then only the list of what is outstanding.

    To join, an item is appended to ``waiting``, and ``arm(item)`` is called unless ``is_armed``;
    :meth:`add` does both. The path of every attempt does so itself and saves a call.
    """

    __slots__ = ("_duration_ns", "_kernel", "_on_expire", "arm", "is_armed", "waiting")

    def __init__(
        self, kernel: Kernel, duration_ns: DurationNs, on_expire: Callable[[ItemT], None]
    ) -> None:
        self._kernel = kernel
        self._duration_ns = duration_ns
        self._on_expire = on_expire
        self.waiting: deque[ItemT] = deque()
        self.is_armed = False
        self.arm: Callable[[ItemT], None] = self._arm_head
        if duration_ns == 0:
            self.arm = self._forget_settled
        elif kernel.shuffles_ties:
            self.arm = self._arm_alone

    def add(self, item: ItemT) -> None:
        """Let an item join that began now."""
        self.waiting.append(item)
        if not self.is_armed:
            self.arm(item)

    def _arm_head(self, item: ItemT) -> None:
        self.is_armed = True
        self._kernel.post(item.start_ns + self._duration_ns, USER, self._expire_due, None)

    def _arm_alone(self, item: ItemT) -> None:
        """With shuffled ties every item has a timer of its own, to take its chance in a tie."""
        self._forget_settled(item)
        self._kernel.post(item.start_ns + self._duration_ns, USER, self._expire_one, item)

    def _forget_settled(self, _: ItemT) -> None:
        waiting = self.waiting
        while waiting and waiting[0].settled:
            waiting.popleft()

    def _expire_one(self, item: ItemT) -> None:
        if not item.settled:
            self._on_expire(item)

    def _expire_due(self, _: object) -> None:
        waiting, duration, now = self.waiting, self._duration_ns, self._kernel.now
        while waiting:
            head = waiting[0]
            if not head.settled:
                deadline = head.start_ns + duration
                if deadline > now:
                    self._kernel.post(deadline, USER, self._expire_due, None)
                    return
                self._on_expire(head)
            waiting.popleft()
        self.is_armed = False

    def outstanding(self) -> Iterator[ItemT]:
        """What has not settled yet, oldest first."""
        return (item for item in tuple(self.waiting) if not item.settled)
