"""Active health checks in time: probes from the registry's node, answers by an instance's state.

A probe is a message there and back. What rows of answers mean is decided in
``models.discovery.health``; what follows is a status at the registry, which callers hear of as
they hear of everything else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from models.base.streams import Stream
from models.discovery.health.check import HealthChanged, HealthCheck, StartProbe
from models.discovery.health.config import HttpProbe, TcpProbe
from models.discovery.health.result import (
    Answer,
    Health,
    ProbeResult,
    of_connection,
    of_http_status,
)
from models.discovery.health.service_check import ServiceCheck
from models.discovery.member import Status
from models.faults.network import Carried
from models.records.events import EventKind
from sim.kernel.clocks import NodeClock
from sim.kernel.driver import Driver
from sim.kernel.ties import USER
from sim.nodes.condition import Condition
from sim.nodes.instance import Instance
from sim.processes.registry_server import RegistryServer, Surroundings

_OK, _ERROR, _UNAVAILABLE = 200, 500, 503


@dataclass(frozen=True, slots=True)
class _Probe:
    number: int


class InstanceProber:
    """Probes one instance, and keeps what it believes of it."""

    def __init__(
        self, around: Surroundings, group: "ServiceProber", instance: Instance, clock: NodeClock
    ) -> None:
        self._around = around
        self._group = group
        self.instance = instance
        name = f"health/{instance.name}"
        self._dice: Stream = around.streams(f"{name}/dice")
        config = group.check.config
        start = clock.monotonic_at(0) + around.phase(name, config.interval_ns)
        jitter = around.streams(f"{name}/jitter") if config.jitter_ns else None
        self.check = HealthCheck(config, start_ns=start, stream=jitter)
        self._clock = clock
        self._driver: Driver[tuple[StartProbe | HealthChanged, ...]] = Driver(
            around.kernel, clock, self.check, tie_class=USER, deliver=self._act
        )

    def start(self) -> None:
        """Begin to probe, or go on."""
        self._driver.start()

    def stop(self) -> None:
        """Probe no more; answers under way find nobody."""
        self._driver.stop()

    def _act(self, actions: Sequence[StartProbe | HealthChanged]) -> None:
        for action in actions:
            if isinstance(action, StartProbe):
                self._send(_Probe(action.number))
            else:
                self._group.changed(self.instance, action)

    def _send(self, probe: _Probe) -> None:
        server = self._group.server
        self._around.network.send(
            server.zone,
            self.instance.zone,
            self._asked,
            probe,
            ends=(server.station, self.instance.index),
            carried=Carried.CHECKS,
        )

    def _asked(self, probe: _Probe) -> None:
        result = self._answer()
        if result is None:
            return
        instance, server = self.instance, self._group.server
        added = instance.added_delay
        self._around.network.send(
            instance.zone,
            server.zone,
            self._told,
            (probe, result),
            ends=(instance.index, server.station),
            carried=Carried.CHECKS,
            delay_ns=0 if added is None else added.draw(),
        )

    def _answer(self) -> ProbeResult | None:
        """What the instance says; None if it is silent."""
        instance, probe = self.instance, self._group.check.config.probe
        if instance.condition is Condition.DARK:
            return None
        listens = instance.is_up and not instance.is_shut
        if not listens or isinstance(probe, TcpProbe):
            return of_connection(is_accepted=listens)
        status = None if instance.standstill is not None else self._status()
        if status is None:
            return None
        if isinstance(probe, HttpProbe):
            return of_http_status(probe, status)
        return ProbeResult(Answer.PASSED if status == _OK else Answer.FAILED, probe.name)

    def _status(self) -> int | None:
        instance = self.instance
        for mishap in instance.mishaps:
            if self._dice.uniform() < mishap.ratio:
                return None if mishap.answer is None else _ERROR
        if instance.error_ratio and self._dice.uniform() < instance.error_ratio:
            return _ERROR
        if self._group.check.is_deep and not _can_call(instance):
            return _UNAVAILABLE
        return _OK

    def _told(self, carried: tuple[_Probe, ProbeResult]) -> None:
        probe, result = carried
        if self._group.server.is_running:
            self._act(self.check.record(probe.number, result, now=self._driver.now))
            self._group.enforce()
            self._driver.poke()


def _can_call(instance: Instance) -> bool:
    """Whether each service that it calls has an instance in view that could answer."""
    return all(
        any(_can_serve(target.instance) for target in channel.targets())
        for channel in instance.channels.values()
    )


def _can_serve(instance: Instance) -> bool:
    return instance.is_up and not instance.is_shut and instance.standstill is None


class ServiceProber:
    """All probers of one service, and what they have the registry know."""

    def __init__(
        self,
        around: Surroundings,
        server: RegistryServer,
        check: ServiceCheck,
        instances: Sequence[Instance],
        clock: NodeClock,
    ) -> None:
        self._around = around
        self.server = server
        self.check = check
        self._probers = [InstanceProber(around, self, instance, clock) for instance in instances]

    def start(self) -> None:
        """Begin to probe, or go on."""
        for prober in self._probers:
            prober.start()

    def stop(self) -> None:
        """Probe no more."""
        for prober in self._probers:
            prober.stop()

    def changed(self, instance: Instance, change: HealthChanged) -> None:
        """What is believed of an instance has changed."""
        if change.before is not Health.UNKNOWN or not change.after.serves:
            kind = EventKind.HEALTH_REGAINED if change.after.serves else EventKind.HEALTH_LOST
            self._around.events.event(kind, instance.name, {"message": change.result.message})
        self.enforce()

    def enforce(self) -> None:
        """Give every instance the status at the registry that its health asks for."""
        if not self.server.is_running:
            return
        ill = [
            prober.instance.name
            for prober in self._probers
            if prober.check.health is Health.UNHEALTHY
        ]
        out = self.check.taken_out(ill, len(self._probers))
        registry = self.server.registry
        for member in registry.instances(self.check.service):
            if member.status in (Status.UP, Status.DOWN):
                status = Status.DOWN if member.instance in out else Status.UP
                registry.set_status(member.instance, status, member.incarnation)
