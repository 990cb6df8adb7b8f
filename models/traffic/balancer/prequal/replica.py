"""The other end of a probe: what a member knows about its own load."""

from bisect import bisect_left, insort
from collections import deque

from models.base.errors import ConfigError, SimulationError
from models.base.percentile import rank
from models.base.time import DurationNs
from models.traffic.balancer.prequal.probing import ProbeAnswer


class ReplicaLoad:
    """Counts requests in flight and remembers how long the last ones took, by the load they met.

    The latency answered is the median (nearest rank) of those among the last ``window`` requests
    that found a number in flight as near as any to the present one; the higher number wins where
    two are as near. ``started`` and ``finished`` are on the path of every request: O(log window).

    Source: Wydrowski et al. 2024; semantics 6.6.

    Raises:
        ConfigError: a window below 1.
    """

    __slots__ = ("_by_load", "_in_flight", "_latest", "_loads", "_window")

    def __init__(self, window: int = 128) -> None:
        if window < 1:
            raise ConfigError(f"a window of {window} requests holds none")
        self._window = window
        self._in_flight = 0
        self._latest: deque[int] = deque()
        self._by_load: dict[int, deque[DurationNs]] = {}
        self._loads: list[int] = []

    def started(self) -> int:
        """A request has come. Returns how many it met, to be handed back when it ends."""
        met = self._in_flight
        self._in_flight += 1
        return met

    def finished(self, met: int, duration_ns: DurationNs) -> None:
        """A request that met so many has been answered.

        Raises:
            SimulationError: more ends than starts.
        """
        self.dropped()
        known = self._by_load.get(met)
        if known is None:
            known = self._by_load[met] = deque()
            insort(self._loads, met)
        known.append(duration_ns)
        self._latest.append(met)
        if len(self._latest) > self._window:
            self._forget(self._latest.popleft())

    def dropped(self) -> None:
        """A request has gone unanswered; it says nothing about latency.

        Raises:
            SimulationError: more ends than starts.
        """
        if not self._in_flight:
            raise SimulationError("a request ended at a replica where none was in flight")
        self._in_flight -= 1

    def answer(self) -> ProbeAnswer:
        """What a probe is told. O(window), changes nothing."""
        if not self._loads:
            return ProbeAnswer(self._in_flight, None)
        durations = sorted(self._by_load[self._nearest_load()])
        return ProbeAnswer(self._in_flight, durations[rank(len(durations), 0.5) - 1])

    def _nearest_load(self) -> int:
        place = bisect_left(self._loads, self._in_flight)
        around = self._loads[max(0, place - 1) : place + 1]
        return min(around, key=lambda load: (abs(load - self._in_flight), -load))

    def _forget(self, met: int) -> None:
        durations = self._by_load[met]
        durations.popleft()
        if not durations:
            del self._by_load[met]
            del self._loads[bisect_left(self._loads, met)]
