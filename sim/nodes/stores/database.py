"""A database in the world: its instances' logs, what they ship each other, and who leads.

All that is shipped, reported and announced crosses links. Logs outlive crashes. What clients
know of the primary is what was announced last: they send writes there, whoever is alive.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from models.base.outcome import Outcome
from models.base.samplers import Sampler, make_sampler
from models.base.streams import Stream
from models.records.events import EventKind
from models.service.replication import ReplicationSpec
from models.service.spec import ServiceSpec
from models.storage.failover import FailoverConfig, FailoverMonitor, Promotion
from models.storage.replicated_log import LogCopy, Role, Shipment
from sim.kernel.clocks import NodeClock
from sim.kernel.driver import Driver
from sim.kernel.environment import Kernel
from sim.kernel.events import EventLog
from sim.kernel.ties import USER
from sim.network.links import Network
from sim.nodes.attempt import Attempt
from sim.nodes.condition import Condition
from sim.nodes.instance import Instance
from sim.nodes.provisioned import ProvisionedInstance


class DatabaseInstance(ProvisionedInstance):
    """One node of a database. A write keeps its slot until enough replicas have it."""

    _database: "Database"
    _log: LogCopy
    _unconfirmed: dict[int, Attempt]

    def join(self, database: "Database", log: LogCopy) -> None:
        """Become a node; before any request arrives."""
        self._database = database
        self._log = log
        self._unconfirmed = {}

    @property
    def log(self) -> LogCopy:
        """This node's copy of the log."""
        return self._log

    @property
    def held_for_others(self) -> Collection[int]:
        """Writes that wait for replicas to have them."""
        return [attempt.id for attempt in self._unconfirmed.values()]

    @property
    def lag_writes(self) -> int:
        """How many writes this node is behind the primary that clients know."""
        return self._log.lag(self._database.head)

    def look(self) -> None:
        """Answer the writes that have been confirmed, or cannot be any more."""
        if self._log.role is not Role.PRIMARY:
            done, outcome = list(self._unconfirmed), Outcome.ERROR
        else:
            done = [number for number in self._unconfirmed if number <= self._log.confirmed]
            outcome = Outcome.OK
        for number in done:
            super()._finish(self._unconfirmed.pop(number), outcome)

    def _finish(self, attempt: Attempt, outcome: Outcome) -> None:
        if outcome is not Outcome.OK:
            super()._finish(attempt, outcome)
        elif attempt.node.endpoint not in self._database.writes:
            self._database.has_read(self._log)
            super()._finish(attempt, outcome)
        else:
            self._write(attempt)

    def _write(self, attempt: Attempt) -> None:
        number = self._log.write()
        if number is None:
            super()._finish(attempt, Outcome.ERROR)
            return
        self._unconfirmed[number] = attempt
        self._database.has_written(self)
        self.look()

    def _abort(self, job: Attempt) -> None:
        super()._abort(job)
        self._forget((job,))

    def crash(self, condition: Condition) -> None:
        """The process is gone with all its work; what it has written is on disk."""
        super().crash(condition)
        self._unconfirmed.clear()

    def _forget(self, jobs: Sequence[Attempt]) -> None:
        gone = {job.id for job in jobs}
        self._unconfirmed = {
            number: one for number, one in self._unconfirmed.items() if one.id not in gone
        }


class _Sent(NamedTuple):
    """A message between nodes, by their places: a shipment, or how far the sender is."""

    sender: int
    receiver: int
    term: int
    position: int
    shipment: Shipment | None = None


@dataclass(slots=True)
class DatabaseTally:
    """What has happened so far. ``lost`` are confirmed writes that a successor did not have."""

    writes: int = 0
    reads: int = 0
    stale_reads: int = 0
    lost: int = 0
    failovers: int = 0


class Database:
    """The nodes of one service. ``leader`` is the index of the primary that clients know."""

    def __init__(
        self,
        kernel: Kernel,
        events: EventLog,
        network: Network,
        *,
        service: ServiceSpec,
        spec: ReplicationSpec,
        clock: NodeClock,
        streams: Callable[[str], Stream],
    ) -> None:
        self._kernel = kernel
        self._events = events
        self._network = network
        self._spec = spec
        self._clock = clock
        self._streams = streams
        self.name = service.name
        self.spec = spec
        self.writes = frozenset(one.name for one in service.endpoints if one.writes)
        self.nodes: list[DatabaseInstance] = []
        self.tally = DatabaseTally()
        self.leader = -1
        self._confirmed = 0
        self._reached: dict[tuple[int, int], int] = {}
        self._lags: list[Sampler] = []
        self._places: dict[str, int] = {}

    def start(self, nodes: Sequence[DatabaseInstance]) -> None:
        """Give every node its copy, and begin to watch them."""
        for place, node in enumerate(nodes):
            node.join(self, LogCopy(is_primary=place == 0, acks_needed=self._spec.acks_needed))
            self._lags.append(make_sampler(self._spec.lag, self._streams(f"lag/{node.name}")))
            self._places[node.name] = place
        self.nodes = list(nodes)
        self.leader = nodes[0].index
        config = FailoverConfig(silence_ns=self._spec.silence_ns, rest_ns=self._spec.silence_ns)
        self._monitor = FailoverMonitor(
            config, list(self._places), primary=nodes[0].name, now=self._now()
        )
        self._driver: Driver[Promotion | None] = Driver(
            self._kernel, self._clock, self._monitor, tie_class=USER, deliver=self._decided
        )
        self._driver.start()
        for place, node in enumerate(nodes):
            phase = self._streams(f"heartbeat/{node.name}").below(self._spec.heartbeat_ns)
            self._kernel.post(self._kernel.now + phase, USER, self._beat, place)

    @property
    def head(self) -> int:
        """The number of the last write of the primary that clients know."""
        return next(node.log.position for node in self.nodes if node.index == self.leader)

    def has_written(self, node: DatabaseInstance) -> None:
        """A primary has taken a write: send it on."""
        self.tally.writes += 1
        self._note_confirmed(node.log)
        self._ship(self._places[node.name])

    def has_read(self, log: LogCopy) -> None:
        """A read was answered from that copy; stale if it lacks a write that was confirmed."""
        self.tally.reads += 1
        self.tally.stale_reads += not log.may_answer(self._confirmed)

    def _beat(self, place: int) -> None:
        node = self.nodes[place]
        if node.is_up:
            report = _Sent(place, -1, node.log.term, node.log.position)
            self._network.send(node.zone, self._spec.monitor_zone, self._heard, report)
            if node.log.role is Role.PRIMARY:
                self._ship(place)
        self._kernel.post(self._kernel.now + self._spec.heartbeat_ns, USER, self._beat, place)

    def _heard(self, report: _Sent) -> None:
        self._monitor.heard(self.nodes[report.sender].name, report.position, now=self._now())
        self._driver.poke()

    def _ship(self, place: int) -> None:
        log = self.nodes[place].log
        for other in range(len(self.nodes)):
            if other != place:
                shipment = log.shipment(self._reached.get((place, other), 0))
                sent = _Sent(place, other, log.term, log.position, shipment)
                departs = self._kernel.now + self._lags[other].draw()
                self._kernel.post(departs, USER, self._depart, sent)

    def _depart(self, sent: _Sent) -> None:
        """What a node has not sent when it dies stays with it."""
        if self.nodes[sent.sender].is_up:
            self._send(sent, self._shipped)

    def _shipped(self, sent: _Sent) -> None:
        node = self.nodes[sent.receiver]
        assert sent.shipment is not None
        if node.is_up:
            node.log.receive(sent.shipment)
            node.look()
            self._send(
                _Sent(sent.receiver, sent.sender, node.log.term, node.log.position), self._reported
            )

    def _reported(self, sent: _Sent) -> None:
        node = self.nodes[sent.receiver]
        if node.is_up:
            self._reached[sent.receiver, sent.sender] = sent.position
            node.log.reported(self.nodes[sent.sender].name, sent.term, sent.position)
            self._note_confirmed(node.log)
            node.look()

    def _note_confirmed(self, log: LogCopy) -> None:
        if log.role is Role.PRIMARY:
            self._confirmed = max(self._confirmed, log.confirmed)

    def _send(self, sent: _Sent, deliver: Callable[[_Sent], None]) -> None:
        here, there = self.nodes[sent.sender], self.nodes[sent.receiver]
        ends = (here.index, there.index)
        self._network.send(here.zone, there.zone, deliver, sent, ends=ends)

    def _decided(self, promotion: Promotion | None) -> None:
        if promotion is not None:
            zone = self.nodes[self._places[promotion.node]].zone
            self._network.send(
                self._spec.monitor_zone,
                zone,
                self._promoted,
                promotion,
                delay_ns=self._spec.promote_ns,
            )

    def _promoted(self, promotion: Promotion) -> None:
        """The chosen replica takes over, and clients are told."""
        node = self.nodes[self._places[promotion.node]]
        if not node.is_up or node.log.role is not Role.REPLICA or promotion.term <= node.log.term:
            return
        lost = max(self._confirmed - node.log.position, 0)
        node.log.promote(promotion.term)
        self._confirmed = node.log.position
        self.tally.lost += lost
        self.tally.failovers += 1
        self.leader = node.index
        self._events.event(
            EventKind.PRIMARY_PROMOTED,
            node.name,
            {"database": self.name, "term": promotion.term, "lost": lost},
        )
        self._ship(self._places[node.name])

    def _now(self) -> int:
        return self._clock.monotonic_at(self._kernel.now)


Databases = Mapping[str, Database]
"""The databases of a world, by service."""


def open_databases(
    kernel: Kernel,
    events: EventLog,
    network: Network,
    services: Sequence[ServiceSpec],
    instances_of: Mapping[str, Sequence[Instance]],
    *,
    clocks: Callable[[str], NodeClock],
    streams: Callable[[str], Stream],
) -> Databases:
    """Open the databases among the services."""
    opened = {}
    for service in services:
        if service.replication is None:
            continue
        opened[service.name] = database = Database(
            kernel,
            events,
            network,
            service=service,
            spec=service.replication,
            clock=clocks(f"failover/{service.name}"),
            streams=streams,
        )
        nodes = instances_of[service.name]
        database.start([node for node in nodes if isinstance(node, DatabaseInstance)])
    return opened
