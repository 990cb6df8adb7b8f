"""The registry in time: what it hears, what it answers, and when it sweeps."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Protocol

from models.base.streams import Stream
from models.base.time import DurationNs, TimeNs
from models.discovery.config import DiscoveryConfig
from models.discovery.messages import (
    Change,
    InstanceMessage,
    Reply,
    Verdict,
    ViewAnswer,
    ViewRequest,
)
from models.discovery.registry import Registry
from models.records.events import EventKind
from sim.kernel.clocks import NodeClock
from sim.kernel.driver import Driver
from sim.kernel.environment import Kernel
from sim.kernel.events import EventLog
from sim.kernel.ties import SWEEP
from sim.network.links import Network
from sim.network.stations import Station
from sim.nodes.power import Power


class Follower(Protocol):
    """Something that works on the registry's node, as long as that does."""

    def start(self) -> None:
        """Begin, or go on."""

    def stop(self) -> None:
        """Do nothing more for a while."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every loop of discovery needs of the world."""

    kernel: Kernel
    events: EventLog
    network: Network
    config: DiscoveryConfig
    streams: Callable[[str], Stream]

    def phase(self, name: str, period_ns: DurationNs) -> DurationNs:
        """A random share of a period, drawn from the loop's own stream."""
        return self.streams(f"phase/{name}").below(period_ns)


class RegistryServer:
    """The registry's node. While its zone is dark it hears nothing and sweeps nothing.

    When power returns every lease is granted anew, as a new leader of a replicated store does:
    silence during its own outage is no evidence against an instance.
    """

    def __init__(self, around: Surroundings, power: Power, clock: NodeClock) -> None:
        config = around.config
        self._around = around
        self._power = power
        self._clock = clock
        self.zone = config.zone
        self.station = around.network.stations.join(Station("registry", "registry", config.zone))
        start = clock.monotonic_at(0) + around.phase("sweep", config.sweep_ns)
        self.registry = Registry(config, sweep_start=start)
        self._halts = 0
        self._frozen: list[Registry] = []
        self.followers: tuple[Follower, ...] = ()
        self._driver = self._new_driver()
        self._driver.start()

    def _new_driver(self) -> Driver[tuple[Change, ...]]:
        return Driver(
            self._around.kernel,
            self._clock,
            self.registry,
            tie_class=SWEEP,
            deliver=self._announce,
        )

    @property
    def now(self) -> TimeNs:
        """The registry node's monotonic clock."""
        return self._clock.monotonic_at(self._around.kernel.now)

    @property
    def is_running(self) -> bool:
        """True while the registry's zone has power and its process lives."""
        return not self._halts and self._power.is_on(self.zone)

    def power_lost(self) -> None:
        """Stop sweeping, and all that works beside it."""
        self._driver.stop()
        for follower in self.followers:
            follower.stop()

    def power_restored(self) -> None:
        """Grant every lease anew, then sweep again."""
        for member in self.registry.snapshot().members:
            self.registry.heartbeat(member.instance, member.incarnation, now=self.now)
        self._driver.start()
        for follower in self.followers:
            follower.start()

    def halt(self) -> None:
        """The process is gone; halts by several faults add up."""
        self._halts += 1
        self.power_lost()

    def resume(self) -> None:
        """Undo one :meth:`halt`; the process that starts then grants every lease anew."""
        self._halts -= 1
        if self.is_running:
            self.power_restored()

    def forget(self) -> None:
        """All that it knew is gone, but for how far it had counted; only while it is halted.

        So callers notice that their view is of a registry that is no more, and list again.
        """
        assert self._halts, "a registry that runs forgets nothing"
        last = self.registry
        self.registry = Registry(
            self._around.config,
            sweep_start=last.next_deadline(),
            first_revision=last.revision + 1,
        )
        self._driver = self._new_driver()

    @property
    def is_stale(self) -> bool:
        """True while callers are answered as of an instant that is past."""
        return bool(self._frozen)

    def freeze(self) -> Registry:
        """Answer callers as of now, until what is returned is handed to :meth:`thaw`.

        While several faults hold the registry, the one that came first decides.
        """
        self._frozen.append(deepcopy(self.registry))
        return self._frozen[-1]

    def thaw(self, frozen: Registry) -> None:
        """Undo one :meth:`freeze`."""
        self._frozen.remove(frozen)

    def receive(self, message: InstanceMessage) -> Reply:
        """Take an instance's message; an accepted announcement is written down."""
        before = self.registry.revision
        reply = self.registry.receive(message, now=self.now)
        if self.registry.revision != before and reply.verdict is Verdict.ACCEPTED:
            self._around.events.event(
                EventKind.INSTANCE_REGISTERED,
                reply.instance,
                {"incarnation": reply.incarnation},
            )
        return reply

    def answer(self, request: ViewRequest) -> ViewAnswer:
        """Answer a caller's question about one service."""
        registry = self._frozen[0] if self._frozen else self.registry
        return registry.answer(request)

    def _announce(self, expired: tuple[Change, ...]) -> None:
        for change in expired:
            self._around.events.event(
                EventKind.LEASE_EXPIRED,
                change.member.instance,
                {"incarnation": change.member.incarnation},
            )
