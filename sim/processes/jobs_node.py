"""Nodes of job scheduling: their life and death, and the mail between them.

Every exchange is a letter over a link, from one process to another. A letter may name the life
of the process it is meant for; a later process of that node never sees it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.base.time import DurationNs, TimeNs
from sim.kernel.clocks import NodeClock
from sim.kernel.environment import Kernel
from sim.network.links import Network
from sim.network.stations import Station
from sim.nodes.power import Power
from sim.processes.jobs_ledger import JobsLog
from sim.processes.jobs_messages import Message


@dataclass(frozen=True, slots=True)
class JobsSurroundings:
    """What job scheduling needs of the world.

    ``clock`` makes the clocks of a named node; ``wall_start_ns`` is the civil instant at which
    the run began, and the one from which on ticks are to be run.
    """

    kernel: Kernel
    log: JobsLog
    network: Network
    power: Power
    streams: Callable[[str], Stream]
    clock: Callable[[str], NodeClock]
    wall_start_ns: TimeNs

    def phase(self, name: str, period_ns: DurationNs) -> DurationNs:
        """A random share of a period, drawn from the loop's own stream."""
        return self.streams(f"phase/{name}").below(period_ns)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message with who sent it, in which life, and for which life of the receiver (0: any)."""

    sender: str
    life: int
    to_life: int
    body: Message


class JobsNode(ABC):
    """A node with two clocks and a process that lives, dies and starts again.

    ``life`` counts its processes from 1. The process runs iff it did not die and its zone has
    power. What a subclass keeps over :meth:`end` and :meth:`begin` is its disk.
    """

    labels: tuple[tuple[str, str], ...] = ()

    def __init__(self, around: JobsSurroundings, *, service: str, name: str, zone: str) -> None:
        self.around = around
        self.service = service
        self.name = name
        self.zone = zone
        self.address = f"{service}/{name}"
        self.station = around.network.stations.join(Station(name, service, zone))
        self.clock = around.clock(self.address)
        self.life = 1
        self.is_running = True
        self._has_died = False

    @property
    def now(self) -> TimeNs:
        """The node's monotonic clock."""
        return self.clock.monotonic_at(self.around.kernel.now)

    def die(self) -> None:
        """The process ends at once; no effect if it has died already."""
        self._has_died = True
        self._halt("process died")

    def revive(self) -> None:
        """A new process starts as soon as the zone has power; no effect if one runs."""
        self._has_died = False
        self._resume()

    def power_lost(self) -> None:
        """Its zone has gone dark."""
        self._halt("power lost")

    def power_restored(self) -> None:
        """Its zone may have power again."""
        self._resume()

    def deliver(self, letter: Letter) -> None:
        """A letter has come in over the network."""
        if self.is_running and letter.to_life in (0, self.life):
            self.receive(letter)

    @abstractmethod
    def begin(self) -> None:
        """A new process starts."""

    @abstractmethod
    def end(self) -> None:
        """The process is gone."""

    @abstractmethod
    def receive(self, letter: Letter) -> None:
        """Act on a letter meant for this process."""

    def _halt(self, reason: str) -> None:
        if self.is_running:
            self.is_running = False
            self.around.log.log(self.address, "error", reason)
            self.end()

    def _resume(self) -> None:
        is_able = not self._has_died and self.around.power.is_on(self.zone)
        if is_able and not self.is_running:
            self.is_running = True
            self.life += 1
            self.around.log.log(self.address, "info", f"started, life {self.life}")
            self.begin()


class Mail:
    """Carries letters between nodes that have joined, by address."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._nodes: dict[str, JobsNode] = {}

    def join(self, node: JobsNode) -> None:
        """Make a node known.

        Raises:
            ConfigError: another node of its service has the same name.
        """
        if node.address in self._nodes:
            raise ConfigError(f"two nodes are named '{node.address}'")
        self._nodes[node.address] = node

    def send(self, sender: JobsNode, to: str, body: Message, *, life: int = 0) -> None:
        """Send a message; ``life`` names the process it is for, 0 whichever runs there."""
        receiver = self._nodes[to]
        letter = Letter(sender.address, sender.life, life, body)
        ends = (sender.station, receiver.station)
        self._network.send(sender.zone, receiver.zone, receiver.deliver, letter, ends=ends)

    def reply(self, sender: JobsNode, letter: Letter, body: Message) -> None:
        """Answer the process that sent a letter."""
        self.send(sender, letter.sender, body, life=letter.life)
