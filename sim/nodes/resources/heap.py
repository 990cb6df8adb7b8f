"""Memory of a process: what its requests hold and leak, and the collector that tidies it."""

from collections.abc import Sequence

from models.base.time import DurationNs
from models.faults.exhaustion import taken_of
from models.service.resources import CollectorSpec, MemorySpec


class Heap:
    """How much memory is in use. Leaks last until the process dies.

    ``withheld_bytes`` of the limit are somebody else's.
    """

    __slots__ = ("_leaked_bytes", "_spec", "withheld_bytes")

    def __init__(self, spec: MemorySpec) -> None:
        self._spec = spec
        self._leaked_bytes = 0
        self.withheld_bytes = 0

    def used_bytes(self, live: int) -> int:
        """In use while ``live`` requests are in the process."""
        spec = self._spec
        return spec.base_bytes + self._leaked_bytes + live * spec.request_bytes

    def is_full(self, live: int) -> bool:
        """True where the process would be killed: above the limit, not at it."""
        return self.used_bytes(live) > self._spec.limit_bytes - self.withheld_bytes

    def withhold(self, shares: Sequence[float]) -> None:
        """Leave the process only the rest of its limit."""
        self.withheld_bytes = taken_of(self._spec.limit_bytes, shares)

    def served(self) -> None:
        """A request has been served and left its leak."""
        self._leaked_bytes += self._spec.leak_bytes

    def clear(self) -> None:
        """A fresh process has leaked nothing."""
        self._leaked_bytes = 0


class Collector:
    """Says when the world must stop, and for how long. ``pauses`` and ``paused_ns`` count all.

    The more requests are live, the less is free after a pause, and the longer the pause: a
    process that falls behind pauses more and falls behind further.
    """

    __slots__ = ("_allocated_bytes", "_free_bytes", "_spec", "paused_ns", "pauses")

    def __init__(self, spec: CollectorSpec) -> None:
        self._spec = spec
        self.pauses = 0
        self.paused_ns = 0
        self._allocated_bytes = 0
        self._free_bytes = self._free_after(0)

    def allocates(self, live: int) -> DurationNs:
        """A request begins its work among ``live``; returns the pause this brings, mostly 0."""
        spec = self._spec
        self._allocated_bytes += spec.allocated_bytes
        if self._allocated_bytes < self._free_bytes:
            return 0
        self._allocated_bytes = 0
        self._free_bytes = self._free_after(live)
        pause_ns = spec.pause_ns + live * spec.per_live_ns
        self.pauses += 1
        self.paused_ns += pause_ns
        return pause_ns

    def clear(self) -> None:
        """A fresh process has an empty heap."""
        self._allocated_bytes = 0
        self._free_bytes = self._free_after(0)

    def _free_after(self, live: int) -> int:
        spec = self._spec
        kept = spec.base_bytes + live * spec.live_bytes
        return max(spec.free_bytes_min, spec.heap_bytes - kept)
