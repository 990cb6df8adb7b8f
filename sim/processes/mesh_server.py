"""The control plane of a mesh in time: what operators hand in, what it pushes, what it hears."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from models.base.streams import Stream
from models.base.time import TimeNs
from models.records.events import EventKind
from models.traffic.mesh.config import MeshChange, MeshPlan
from models.traffic.mesh.control_plane import ControlPlane
from models.traffic.mesh.messages import ProxyId, ProxyMessage, Push, Version
from models.traffic.mesh.validation import MeshValidator
from sim.kernel.clocks import NodeClock
from sim.kernel.driver import Driver
from sim.kernel.environment import Kernel
from sim.kernel.events import EventLog
from sim.kernel.ties import USER
from sim.network.links import Network
from sim.network.stations import Station
from sim.nodes.power import Power

CONTROL_PLANE = "control-plane"


@dataclass(frozen=True, slots=True)
class MeshSurroundings:
    """What the loops of a mesh need of the world."""

    kernel: Kernel
    events: EventLog
    network: Network
    power: Power
    streams: Callable[[str], Stream]


class Receiver(Protocol):
    """A proxy's end of its connection."""

    index: int
    zone: str

    def take(self, push: Push) -> None:
        """A push has arrived."""


class MeshServer:
    """The control plane's node. While its zone is dark it hears nothing and pushes nothing.

    What operators hand in is kept outside it: when power returns it begins with the newest
    configuration, as a new generation that knows no proxy until they say hello.
    """

    def __init__(
        self,
        around: MeshSurroundings,
        plan: MeshPlan,
        clock: NodeClock,
        validator: MeshValidator,
    ) -> None:
        self._around = around
        self._clock = clock
        self._config = plan.control
        self._validator = validator
        self.zone = plan.zone
        self.station = around.network.stations.join(
            Station(CONTROL_PLANE, CONTROL_PLANE, plan.zone)
        )
        self._receivers: dict[ProxyId, Receiver] = {}
        self._wanted = plan.config
        self._generation = 0
        self._sent_before = 0
        self._watched: Version | None = None
        self.plane = self._new_generation()

    @property
    def now(self) -> TimeNs:
        """The node's monotonic clock."""
        return self._clock.monotonic_at(self._around.kernel.now)

    @property
    def is_running(self) -> bool:
        """True while its zone has power."""
        return self._around.power.is_on(self.zone)

    @property
    def pushes_sent(self) -> int:
        """Over all generations, those sent again included."""
        return self._sent_before + self.plane.snapshot().pushes_sent

    def know(self, proxy: ProxyId, receiver: Receiver) -> None:
        """Where to send what is for a proxy."""
        self._receivers[proxy] = receiver

    def _new_generation(self) -> ControlPlane:
        self._generation += 1
        plane = ControlPlane(
            self._wanted,
            self._around.streams(f"mesh/backoff/{self._generation}"),
            now=self.now,
            generation=self._generation,
            config=self._config,
            validator=self._validator,
        )
        self._driver: Driver[tuple[Push, ...]] = Driver(
            self._around.kernel, self._clock, plane, tie_class=USER, deliver=self._send
        )
        self._driver.start()
        return plane

    def publish(self, change: MeshChange) -> None:
        """Take what an operator hands in; in the dark it waits for the next generation."""
        self._wanted = change.config
        if not self.is_running:
            return
        published = self.plane.publish(change.config, now=self.now)
        assert published.version is not None, "a plan is checked before its world is made"
        self._watched = published.version
        self._announce(change.label)
        self._send(published.pushes)
        self._driver.poke()

    def _announce(self, change: str) -> None:
        detail = {"version": words(self.plane.version), "change": change}
        self._around.events.event(EventKind.CONFIG_PUBLISHED, CONTROL_PLANE, detail)

    def receive(self, message: ProxyMessage) -> tuple[Push, ...]:
        """Take a proxy's word; returns what is to be sent."""
        pushes = self.plane.receive(message, now=self.now)
        self._driver.poke()
        self._note_convergence()
        return pushes

    def hear(self, message: ProxyMessage) -> None:
        """A proxy's word has arrived by the network."""
        if self.is_running:
            self._send(self.receive(message))

    def _note_convergence(self) -> None:
        newest = self.plane.snapshot().newest
        if newest.version == self._watched and newest.converged_at is not None:
            self._watched = None
            detail = {
                "version": words(newest.version),
                "took_ns": newest.time_to_converge_ns,
                "proxies": newest.proxies,
            }
            self._around.events.event(EventKind.CONFIG_CONVERGED, CONTROL_PLANE, detail)

    def _send(self, pushes: Iterable[Push]) -> None:
        for push in pushes:
            receiver = self._receivers[push.proxy]
            self._around.network.send(
                self.zone,
                receiver.zone,
                receiver.take,
                push,
                ends=(self.station, receiver.index),
            )

    def power_lost(self) -> None:
        """All it knew is gone."""
        self._driver.stop()

    def power_restored(self) -> None:
        """A new generation begins with what operators wanted last."""
        self._sent_before = self.pushes_sent
        self._watched = None
        self.plane = self._new_generation()
        self._announce("")


def words(version: Version) -> str:
    """``2.5``: the fifth configuration of the second generation."""
    return f"{version.generation}.{version.serial}"
