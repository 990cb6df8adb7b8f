"""Budgets of a run: when they are spent, the run stops and keeps what it has."""

import resource
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from models.base.time import NS_PER_S, TimeNs
from sim.blueprint import Limits
from sim.kernel.environment import Kernel

_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
_PAGES_IN_USE = Path("/proc/self/statm")

Progress = Callable[[TimeNs, int, float], None]
"""Told of (virtual time in ns, events so far, wall seconds so far)."""


class Watch:
    """Asked after every batch of events whether the run may go on.

    ``stop_reason`` names the budget that was spent, empty while none is.
    """

    def __init__(self, kernel: Kernel, limits: Limits, progress: Progress | None) -> None:
        self._kernel = kernel
        self._limits = limits
        self._progress = progress
        self._began = perf_counter()
        self.stop_reason = ""

    @property
    def wall_seconds(self) -> float:
        """Real time since the watch was made."""
        return perf_counter() - self._began

    def may_go_on(self) -> bool:
        """Report progress and compare what was used with the limits."""
        events, now = self._kernel.events, self._kernel.now
        if self._progress is not None:
            self._progress(now, events, self.wall_seconds)
        limits = self._limits
        if events >= limits.events:
            self.stop_reason = f"budget of {limits.events:,} events spent"
        elif now >= limits.virtual_ns:
            self.stop_reason = f"budget of {limits.virtual_ns / NS_PER_S:,.0f} s virtual time spent"
        elif self.wall_seconds >= limits.wall_s:
            self.stop_reason = f"budget of {limits.wall_s:g} s wall time spent"
        elif resident_bytes() >= limits.memory_bytes:
            self.stop_reason = f"budget of {limits.memory_bytes:,} bytes of memory spent"
        return not self.stop_reason


def resident_bytes() -> int:
    """Memory that this process holds now.

    Where the system does not tell, it is the most the process ever held, which an earlier run in
    the same notebook may have used.
    """
    try:
        pages = _PAGES_IN_USE.read_text(encoding="ascii").split()[1]
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT
    return int(pages) * resource.getpagesize()
