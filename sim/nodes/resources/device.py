"""Disks and network cards: bytes a second, in the order of coming or shared by all at once."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from models.base.time import NS_PER_S, TimeNs
from models.faults.exhaustion import taken_of
from models.service.resources import MILLI, DeviceSpec, Sharing
from sim.kernel.environment import Kernel
from sim.kernel.ties import USER
from sim.nodes.attempt import Attempt
from sim.nodes.resources.processor import FULL_SPEED, Processor


class Device(Protocol):
    """Moves bytes for jobs, and says when each job's are through."""

    def move(self, job: Attempt, size_bytes: int) -> None:
        """Begin to move bytes for a job."""

    def forget(self, job: Attempt) -> None:
        """Nobody waits for these bytes any more."""

    def withhold(self, shares: Sequence[float]) -> None:
        """Leave only the rest of the bytes a second, which is some."""

    def clear(self) -> None:
        """Nobody waits for any bytes any more."""

    def numbers(self) -> Iterable[int]:
        """Jobs whose bytes are on their way and stand nowhere on the agenda."""


class OrderedDevice:
    """First come first served. Bytes once asked for are moved, even if nobody waits for them."""

    __slots__ = ("_bytes_per_s", "_free_at", "_in_all", "_kernel", "_moved")

    def __init__(
        self, kernel: Kernel, bytes_per_s: int, moved: Callable[[Attempt], object]
    ) -> None:
        self._kernel = kernel
        self._in_all = bytes_per_s
        self._bytes_per_s = bytes_per_s
        self._moved = moved
        self._free_at: TimeNs = 0

    def move(self, job: Attempt, size_bytes: int) -> None:
        """Queue the bytes behind all that was asked for before."""
        begins = max(self._kernel.now, self._free_at)
        self._free_at = begins + size_bytes * NS_PER_S // self._bytes_per_s
        self._kernel.post(self._free_at, USER, self._done, job)

    def forget(self, job: Attempt) -> None:
        """They are moved all the same; an aborted job hears nothing of it."""

    def withhold(self, shares: Sequence[float]) -> None:
        """Move what is asked for from now on more slowly."""
        self._bytes_per_s = max(self._in_all - taken_of(self._in_all, shares), 1)

    def clear(self) -> None:
        """A fresh process finds its devices idle."""
        self._free_at = self._kernel.now

    def numbers(self) -> Iterable[int]:
        """None: every transfer is an entry of the agenda."""
        return ()

    def _done(self, job: Attempt) -> None:
        if not job.is_aborted:
            self._moved(job)


class SharedDevice:
    """All transfers under way share the bandwidth equally."""

    __slots__ = ("_bytes_per_s", "_moving")

    def __init__(
        self, kernel: Kernel, bytes_per_s: int, moved: Callable[[Attempt], object]
    ) -> None:
        self._bytes_per_s = bytes_per_s
        self._moving = Processor(kernel, millicores=MILLI, done=moved)

    def move(self, job: Attempt, size_bytes: int) -> None:
        """Begin at once, at an equal share."""
        self._moving.start(job, size_bytes * NS_PER_S // self._bytes_per_s)

    def forget(self, job: Attempt) -> None:
        """The transfer breaks off."""
        if job.id in self._moving:
            self._moving.stop(job)

    def withhold(self, shares: Sequence[float]) -> None:
        """Share what is left, also among the transfers under way."""
        self._moving.run_at(max(FULL_SPEED - taken_of(FULL_SPEED, shares), 1))

    def clear(self) -> None:
        """All transfers break off."""
        self._moving.clear()

    def numbers(self) -> Iterable[int]:
        """Jobs whose bytes are on their way, oldest first."""
        return self._moving.numbers()


def make_device(
    kernel: Kernel, spec: DeviceSpec | None, moved: Callable[[Attempt], object]
) -> Device | None:
    """The device as described; None if there is nothing to describe."""
    if spec is None:
        return None
    kind = OrderedDevice if spec.sharing is Sharing.FIFO else SharedDevice
    return kind(kernel, spec.bytes_per_s, moved)
