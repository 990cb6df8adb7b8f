"""Memory of instances that have left, so that their late messages cannot bring them back.

Each entry says which incarnation was seen last and which is the lowest that may register. An
instance whose lease ran out may return under the same incarnation: expiry is the registry's
opinion. One that was deregistered needs a higher one: a delayed or duplicated registration of
the life that ended must stay without effect. The memory is bounded; the entry that left longest
ago goes first, and what a forgotten late message can then do lasts for one lease.

Source: incarnation numbers as in SWIM (Das, Gupta, Motivala 2002, section 4.2).
"""

from dataclasses import dataclass

from models.discovery.member import InstanceId


@dataclass(frozen=True, slots=True)
class Departure:
    """Highest incarnation that was seen, and the lowest that may register again."""

    incarnation_seen: int
    incarnation_min: int


NEVER_SEEN = Departure(incarnation_seen=0, incarnation_min=0)


class DepartureLog:
    """The departures of at most ``limit`` absent instances."""

    __slots__ = ("_departures", "_limit")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._departures: dict[InstanceId, Departure] = {}

    def of(self, instance: InstanceId) -> Departure:
        """What is remembered of an absent instance; ``NEVER_SEEN`` if nothing is."""
        return self._departures.get(instance, NEVER_SEEN)

    def note_expired(self, instance: InstanceId, incarnation: int) -> None:
        """Its lease ran out; the same incarnation may return."""
        self._note(instance, Departure(incarnation, incarnation))

    def note_deregistered(self, instance: InstanceId, incarnation: int) -> None:
        """It was deregistered; only a higher incarnation may return."""
        self._note(instance, Departure(incarnation, incarnation + 1))

    def forget(self, instance: InstanceId) -> None:
        """It is registered again; no effect if it never left."""
        self._departures.pop(instance, None)

    def _note(self, instance: InstanceId, departure: Departure) -> None:
        self._departures.pop(instance, None)
        self._departures[instance] = departure
        if len(self._departures) > self._limit:
            del self._departures[next(iter(self._departures))]
