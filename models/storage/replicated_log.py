"""One node's copy of a replicated log: a primary that is written to, replicas that follow.

The primary numbers writes and sends them on; replicas keep them in order and say how far they
are. A write is confirmed to its client at once (asynchronous), or when enough replicas have it
(semi-synchronous). What is confirmed but not yet on the replica that takes over is lost: that is
the recovery point, and it is counted. A primary that hears of a later term is fenced: it takes no
more writes, and drops what it alone has when it follows its successor.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from models.base.errors import ConfigError, SimulationError
from models.storage.timeline import Timeline


class Role(Enum):
    """PRIMARY takes writes, REPLICA follows, FENCED was primary and has not yet followed."""

    PRIMARY = "primary"
    REPLICA = "replica"
    FENCED = "fenced"


class RoleEvent(Enum):
    """A node is promoted, hears of a later term than its own, or follows a primary."""

    PROMOTE = "promote"
    FENCE = "fence"
    FOLLOW = "follow"


_R, _E = Role, RoleEvent
ROLE_MOVES: Mapping[tuple[Role, RoleEvent], Role] = {
    (_R.REPLICA, _E.PROMOTE): _R.PRIMARY,
    (_R.PRIMARY, _E.FENCE): _R.FENCED,
    (_R.FENCED, _E.FOLLOW): _R.REPLICA,
    (_R.REPLICA, _E.FOLLOW): _R.REPLICA,
}


@dataclass(frozen=True, slots=True)
class Shipment:
    """Writes up to ``position``, from after ``since``, of a primary with that history."""

    timeline: Timeline
    since: int
    position: int
    confirmed: int


class LogCopy:
    """The log of one node.

    ``acks_needed`` is how many replicas must have a write before it is confirmed: 0 is
    asynchronous, 1 or more semi-synchronous. ``position`` is the number of the last write here,
    ``confirmed`` of the last one that a client was told of, as far as this node knows. Nothing
    here waits or sends: shipments and positions travel as the caller likes.

    Source: PostgreSQL's synchronous_commit and pg_rewind; MySQL's semi-synchronous replication;
    terms and fencing as in Raft (Ongaro and Ousterhout 2014, section 5.1).

    Raises:
        ConfigError: a negative number of acknowledgements.
    """

    __slots__ = ("_acks_needed", "_reached", "confirmed", "dropped", "position", "role", "timeline")

    def __init__(self, *, is_primary: bool, acks_needed: int = 0) -> None:
        if acks_needed < 0:
            raise ConfigError(f"acks_needed must not be negative, not {acks_needed}")
        self._acks_needed = acks_needed
        self._reached: dict[str, int] = {}
        self.role = Role.PRIMARY if is_primary else Role.REPLICA
        self.timeline = Timeline()
        self.position = 0
        self.confirmed = 0
        self.dropped = 0

    @property
    def term(self) -> int:
        """The latest term that this node has heard of."""
        return self.timeline.term

    def write(self) -> int | None:
        """Take one write; returns its number, or None unless this node is primary."""
        if self.role is not Role.PRIMARY:
            return None
        self.position += 1
        self._confirm()
        return self.position

    def shipment(self, since: int) -> Shipment:
        """What a replica lacks that is at position ``since``.

        Raises:
            SimulationError: this node is not primary.
        """
        if self.role is not Role.PRIMARY:
            raise SimulationError(f"a node that is {self.role.value} has nothing to ship")
        return Shipment(self.timeline, min(since, self.position), self.position, self.confirmed)

    def receive(self, shipment: Shipment) -> int | None:
        """Keep what a primary ships; returns the position to report back.

        None, and nothing is kept, if its term is over or a shipment before this one is missing;
        in the latter case the replica's position says from where to ship again. What this node
        has beyond the point where the histories part is dropped, and counted.
        """
        if shipment.timeline.term < self.term:
            return None
        if shipment.timeline.term > self.term:
            self.hear_of(shipment.timeline.term)
            self._follow(shipment.timeline)
        elif self.role is not Role.REPLICA:
            raise SimulationError(f"term {self.term} has two primaries")
        if shipment.since > self.position:
            return None
        self.position = max(self.position, shipment.position)
        self.confirmed = max(self.confirmed, min(shipment.confirmed, self.position))
        return self.position

    def reported(self, replica: str, term: int, position: int) -> int:
        """A replica says how far it is; returns how many writes are confirmed by that.

        A report from a later term fences this node; one from an earlier term says nothing.
        """
        if term > self.term:
            self.hear_of(term)
        if self.role is not Role.PRIMARY or term < self.term:
            return 0
        self._reached[replica] = max(position, self._reached.get(replica, 0))
        return self._confirm()

    def hear_of(self, term: int) -> None:
        """Somebody speaks of a term; a primary of an earlier one is fenced."""
        if term > self.term and self.role is Role.PRIMARY:
            self._move(RoleEvent.FENCE)

    def promote(self, term: int) -> None:
        """Become primary under a new term, with what is here.

        Raises:
            SimulationError: this node is not a replica.
            ConfigError: the term is not a new one.
        """
        history = self.timeline.led_from(term, self.position)
        self._move(RoleEvent.PROMOTE)
        self.timeline = history
        self._reached = {}
        self.confirmed = self.position

    def lag(self, primary_position: int) -> int:
        """How many writes this copy is behind."""
        return max(primary_position - self.position, 0)

    def may_answer(self, seen: int) -> bool:
        """Whether a read here shows all that a session has seen: its own writes, earlier reads."""
        return self.position >= seen

    def _follow(self, timeline: Timeline) -> None:
        self._move(RoleEvent.FOLLOW)
        parting = self.timeline.parts_from(timeline)
        if parting is not None and parting < self.position:
            self.dropped += self.position - parting
            self.position = parting
            self.confirmed = min(self.confirmed, parting)
        self.timeline = timeline

    def _confirm(self) -> int:
        """Move ``confirmed`` to the last write that enough replicas have."""
        if self._acks_needed:
            ranked = sorted(self._reached.values(), reverse=True)
            enough = len(ranked) >= self._acks_needed
            reached = min(ranked[self._acks_needed - 1], self.position) if enough else 0
        else:
            reached = self.position
        more = max(reached - self.confirmed, 0)
        self.confirmed += more
        return more

    def _move(self, event: RoleEvent) -> None:
        target = ROLE_MOVES.get((self.role, event))
        if target is None:
            raise SimulationError(f"'{event.value}' cannot happen to a {self.role.value} node")
        self.role = target
