"""Bulkhead: a compartment of its own for each dependency, with a short bench to wait on.

One slow dependency can then fill its compartment, and no other.
"""

from collections import OrderedDict
from dataclasses import dataclass

from models.base.errors import ConfigError, SimulationError
from models.base.time import DurationNs, TimeNs

FULL = 0
"""What :meth:`Bulkhead.enter` answers when there is no place and no bench."""


@dataclass(frozen=True, slots=True)
class BulkheadConfig:
    """``calls_max`` are in at once; ``waiting_max`` wait, none longer than ``wait_ns_max``."""

    calls_max: int = 25
    wait_ns_max: DurationNs = 0
    waiting_max: int = 1000


class Bulkhead:
    """Places, and a bounded queue for them, first come first served.

    ``enter`` answers with a ticket: positive if the call is in, negative if it waits under the
    ticket's positive number, ``FULL`` (0) if it is refused. Whoever is in calls :meth:`leave`
    once; whoever waits and goes away calls :meth:`give_up`. A wait is over at its end, even if a
    place comes free at that very instant.

    Source: resilience4j ``SemaphoreBulkhead`` (maxConcurrentCalls 25, maxWaitDuration 0);
    semantics 7.4. There the number of waiting threads is not bounded.

    Raises:
        ConfigError: no place, or a negative bound.
    """

    __slots__ = ("_config", "_expired", "_inside", "_ticket", "_waiting")

    def __init__(self, config: BulkheadConfig) -> None:
        if config.calls_max < 1 or config.wait_ns_max < 0 or config.waiting_max < 0:
            raise ConfigError("bulkhead: needs a place, and bounds that are not negative")
        self._config = config
        self._inside = 0
        self._ticket = 0
        self._waiting: OrderedDict[int, TimeNs] = OrderedDict()
        self._expired: list[int] = []

    @property
    def inside(self) -> int:
        """Calls that are in."""
        return self._inside

    @property
    def waiting(self) -> int:
        """Calls that wait for a place."""
        return len(self._waiting)

    def enter(self, now: TimeNs) -> int:
        """Take a place, or a place on the bench. Hot path."""
        config = self._config
        if self._inside < config.calls_max:
            self._inside += 1
            self._ticket += 1
            return self._ticket
        self._expire(now)
        if not config.wait_ns_max or len(self._waiting) >= config.waiting_max:
            return FULL
        self._ticket += 1
        self._waiting[self._ticket] = now + config.wait_ns_max
        return -self._ticket

    def leave(self, now: TimeNs) -> int:
        """A call ended. Returns the ticket that is in instead, or 0 if nobody waits.

        Raises:
            SimulationError: nobody was in.
        """
        if not self._inside:
            raise SimulationError("bulkhead: a call left that was never in")
        self._expire(now)
        if self._waiting:
            return self._waiting.popitem(last=False)[0]
        self._inside -= 1
        return 0

    def give_up(self, ticket: int) -> None:
        """A call that waited went away; one that waits no more is not looked for."""
        self._waiting.pop(ticket, None)

    def next_deadline(self) -> TimeNs | None:
        """When the wait that began first ends; at once if waits have ended unannounced."""
        if self._expired:
            return 0
        return next(iter(self._waiting.values()), None)

    def tick(self, *, now: TimeNs) -> tuple[int, ...]:
        """Tickets whose wait has ended since the last tick, in order."""
        self._expire(now)
        expired = tuple(self._expired)
        self._expired.clear()
        return expired

    def _expire(self, now: TimeNs) -> None:
        waiting = self._waiting
        while waiting:
            ticket, deadline = next(iter(waiting.items()))
            if now < deadline:
                return
            del waiting[ticket]
            self._expired.append(ticket)
