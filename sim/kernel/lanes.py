"""Time-outs of one duration, kept in the order in which they were started.

Equal durations expire in the order of their starts, so a queue with one armed timer at its head
replaces one timer per attempt. An attempt that settles in time leaves at once: it costs no timer,
and its memory is used again while it is still warm (design section 5).
"""

from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from models.base.time import DurationNs, TimeNs
from sim.kernel.environment import Kernel
from sim.kernel.ties import USER


class Expiring(Protocol):
    """What a lane holds: something with a number that began."""

    id: int
    start_ns: TimeNs


ItemT = TypeVar("ItemT", bound=Expiring)


class TimeoutLane(Generic[ItemT]):
    """Calls ``on_expire(item)`` when ``duration_ns`` has passed since ``item.start_ns``.

    ``waiting`` holds what has not settled yet by its number, oldest first. Whoever settles an
    item, ``on_expire`` too, deletes it there. To join, an item is put into ``waiting``, and
    ``arm(item)`` is called unless ``is_armed``; :meth:`add` does both. The path of every attempt
    does so itself and saves a call. A duration of 0 never expires.
    """

    __slots__ = ("_kernel", "_on_expire", "arm", "duration_ns", "is_armed", "waiting")

    def __init__(
        self, kernel: Kernel, duration_ns: DurationNs, on_expire: Callable[[ItemT], None]
    ) -> None:
        self._kernel = kernel
        self.duration_ns = duration_ns
        self._on_expire = on_expire
        self.waiting: dict[int, ItemT] = {}
        self.is_armed = duration_ns == 0
        self.arm: Callable[[ItemT], None] = self._arm_head
        if kernel.shuffles_ties:
            self.arm = self._arm_alone

    def add(self, item: ItemT) -> None:
        """Let an item join that began now."""
        self.waiting[item.id] = item
        if not self.is_armed:
            self.arm(item)

    def _arm_head(self, item: ItemT) -> None:
        self.is_armed = True
        self._kernel.post(item.start_ns + self.duration_ns, USER, self._expire_due, None)

    def _arm_alone(self, item: ItemT) -> None:
        """With shuffled ties every item has a timer of its own, to take its chance in a tie."""
        self._kernel.post(item.start_ns + self.duration_ns, USER, self._expire_one, item)

    def _expire_one(self, item: ItemT) -> None:
        if item.id in self.waiting:
            self._on_expire(item)

    def _expire_due(self, _: object) -> None:
        waiting, now = self.waiting, self._kernel.now
        while waiting:
            head = next(iter(waiting.values()))
            deadline = head.start_ns + self.duration_ns
            if deadline > now:
                self._kernel.post(deadline, USER, self._expire_due, None)
                return
            self._on_expire(head)
        self.is_armed = False

    def outstanding(self) -> Iterator[ItemT]:
        """What has not settled yet, oldest first, as of this call."""
        return iter(tuple(self.waiting.values()))
