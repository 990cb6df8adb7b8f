"""Turns by earliest deadline, at a pace that weight speeds up and active attempts slow down."""

from collections.abc import Iterable, Mapping

from models.base.errors import ConfigError
from models.base.portable import power
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.deadline_queue import DeadlineQueue

BIAS_MAX = 16.0
"""Keeps intervals finite: over this, one more active attempt already outweighs any weight."""


class LoadSchedule:
    """Members take turns at intervals (active + 1) ** bias / weight. O(log members).

    The interval is that of the moment in which a member takes its turn: load that comes or goes
    while it waits counts from its next turn on. ``bias`` 0 looks at weights alone.

    ``weights`` and ``active`` are read, never written, and must know every member that joins.

    Source: Envoy ``least_request_lb.cc`` and ``edf_scheduler.h``; semantics 6.2.

    Raises:
        ConfigError: the bias is negative or not a number.
    """

    __slots__ = ("_active", "_bias", "_queue", "_weights")

    def __init__(
        self, weights: Mapping[int, int], active: Mapping[int, int], bias: float = 1.0
    ) -> None:
        if not 0.0 <= bias <= BIAS_MAX:
            raise ConfigError(f"the active request bias must be in [0, {BIAS_MAX:g}], not {bias}")
        self._weights = weights
        self._active = active
        self._bias = bias
        self._queue = DeadlineQueue()

    def join(self, member: int) -> None:
        """Stand a member in line; its first turn is one interval away."""
        self._queue.put(member, self._interval(member))

    def keep(self, members: Iterable[int]) -> None:
        """Send away who is not among these; the others keep their places."""
        self._queue.keep(members)

    def take(self, avoid: int = NO_MEMBER) -> int:
        """Choose who is due, or the next one if that is ``avoid``; ``NO_MEMBER`` if nobody is."""
        member = self._queue.take(avoid)
        if member != NO_MEMBER:
            self._queue.put(member, self._interval(member))
        return member

    def _interval(self, member: int) -> float:
        load = self._active[member] + 1
        bias = self._bias
        if bias == 1.0:
            return load / self._weights[member]
        return power(float(load), bias) / self._weights[member]
