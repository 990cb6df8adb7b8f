"""Discovery in time: heartbeats, the registry's sweeps, and the views of callers.

Every exchange is a message over a link. The loops only carry: what a beat, a sweep or an answer
means is decided in ``models.discovery``. Every loop starts at a random phase of its own stream.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from models.base.time import TimeNs
from models.discovery.cadence import Cadence
from models.discovery.heartbeat import Heartbeater
from models.discovery.member import Registration, Status
from models.discovery.messages import (
    InstanceMessage,
    Reply,
    ViewAnswer,
    ViewRequest,
)
from models.discovery.name_cache import NameCache
from models.discovery.view import EndpointView
from models.faults.network import Carried
from models.records.events import EventKind
from sim.kernel.clocks import NodeClock
from sim.kernel.driver import Driver
from sim.kernel.ties import USER
from sim.nodes.instance import Instance
from sim.nodes.power import Power
from sim.nodes.wiring import Caller, Wiring
from sim.processes.health_checks import ServiceProber
from sim.processes.registry_server import RegistryServer, Surroundings


class InstanceAgent:
    """Keeps one instance registered, life after life."""

    def __init__(self, around: Surroundings, server: RegistryServer, instance: Instance) -> None:
        self._around = around
        self._server = server
        self._instance = instance
        phase = around.phase(f"heartbeat/{instance.name}", around.config.heartbeat_ns)
        self._phase_ns = phase
        self._heartbeater = self._new_life(
            Registration(
                instance=instance.name,
                service=instance.service,
                zone=instance.zone,
                address=instance.name,
                weight=instance.weight,
            )
        )
        self._driver = self._new_driver()

    def _new_life(self, registration: Registration) -> Heartbeater:
        now = self._instance.clock.monotonic_at(self._around.kernel.now)
        period = self._around.config.heartbeat_ns
        return Heartbeater(registration, start_ns=now + self._phase_ns, period_ns=period)

    def _new_driver(self) -> Driver[tuple[InstanceMessage, ...]]:
        return Driver(
            self._around.kernel,
            self._instance.clock,
            self._heartbeater,
            tie_class=USER,
            deliver=self._send,
        )

    def be_known(self) -> None:
        """Register without a message, as if the instance had been there for long."""
        for message in self._heartbeater.announce():
            self._heartbeater.receive(self._server.receive(message))
        self._driver.start()

    def begin(self, status: Status) -> None:
        """A new process announces itself under the next incarnation."""
        last = self._heartbeater.snapshot().registration
        self._heartbeater = self._new_life(
            replace(last, incarnation=last.incarnation + 1, status=status)
        )
        self._driver = self._new_driver()
        self._driver.start()
        self._send(self._heartbeater.announce())

    def serve(self) -> None:
        """The process is ready: announce that it is up."""
        last = self._heartbeater.snapshot().registration
        if last.status is not Status.UP:
            self._send(self._heartbeater.change(replace(last, status=Status.UP)))
            self._driver.poke()

    def die(self) -> None:
        """No more beats."""
        self._driver.stop()

    def stand_still(self) -> None:
        """No beats for a while."""
        self._driver.stop()

    def go_on(self) -> None:
        """Beat again, at once if a beat is overdue."""
        self._driver.start()

    def _send(self, messages: Iterable[InstanceMessage]) -> None:
        for message in messages:
            self._around.network.send(
                self._instance.zone,
                self._server.zone,
                self._at_registry,
                (message, self._heartbeater),
                ends=(self._instance.index, self._server.station),
                carried=Carried.HEARTBEATS,
            )

    def _at_registry(self, carried: tuple[InstanceMessage, Heartbeater]) -> None:
        message, sender = carried
        if self._server.is_running:
            reply = self._server.receive(message)
            self._around.network.send(
                self._server.zone,
                self._instance.zone,
                self._at_instance,
                (reply, sender),
                ends=(self._server.station, self._instance.index),
                carried=Carried.HEARTBEATS,
            )

    def _at_instance(self, carried: tuple[Reply, Heartbeater]) -> None:
        reply, sender = carried
        if self._instance.standstill is not None:
            self._instance.standstill.keep(self._at_instance, carried)
        elif sender is self._heartbeater:
            self._send(sender.receive(reply))
            self._driver.poke()


class _Refresh:
    """When a caller asks again, and what: a decider around a view and its rhythm."""

    def __init__(self, view: EndpointView, rhythm: Cadence | NameCache) -> None:
        self._view = view
        self._rhythm = rhythm

    def next_deadline(self) -> TimeNs:
        return self._rhythm.next_ns

    def tick(self, *, now: TimeNs) -> ViewRequest | None:
        return self._view.request() if self._rhythm.take(now=now) else None


class ViewAgent:
    """One caller's view of one service: asks at every refresh, applies whatever comes back."""

    def __init__(
        self,
        around: Surroundings,
        server: RegistryServer,
        wiring: Wiring,
        *,
        caller: Caller,
        service: str,
        instances: dict[str, Instance],
    ) -> None:
        self._around = around
        self._server = server
        self._wiring = wiring
        self._caller = caller
        self._instances = instances
        self._service = service
        self._view = EndpointView(service)
        period = around.config.dns_ttl_ns or around.config.refresh_ns
        phase = around.phase(f"refresh/{caller.name}->{service}", period)
        self._names: NameCache | None = None
        self._driver = self._new_driver(caller.clock.monotonic_at(0) + phase)

    def _new_driver(self, start: TimeNs) -> Driver[ViewRequest | None]:
        """Asks at ``start`` for the first time."""
        config = self._around.config
        rhythm: Cadence | NameCache = Cadence(start, config.refresh_ns)
        if config.dns_ttl_ns is not None:
            rhythm = self._names = NameCache(
                start, ttl_ns=config.dns_ttl_ns, retry_ns=config.refresh_ns
            )
        return Driver(
            self._around.kernel,
            self._caller.clock,
            _Refresh(self._view, rhythm),
            tie_class=USER,
            deliver=self._ask,
        )

    def be_known(self) -> None:
        """List without a message, as if the caller had been there for long."""
        self._apply(self._server.answer(self._view.request()))
        self._driver.start()

    def begin(self) -> None:
        """A new process starts with an empty view and asks at once."""
        self._driver.stop()
        self._view = EndpointView(self._service)
        now = self._caller.clock.monotonic_at(self._around.kernel.now)
        self._driver = self._new_driver(now)
        self._driver.start()

    def stand_still(self) -> None:
        """Ask nothing for a while."""
        self._driver.stop()

    def go_on(self) -> None:
        """Ask again, at once if a refresh is overdue."""
        self._driver.start()

    def die(self) -> None:
        """Ask no more; answers under way find nobody."""
        self._driver.stop()
        self._view = EndpointView(self._service)

    def _ask(self, request: ViewRequest | None) -> None:
        if request is not None:
            self._around.network.send(
                self._caller.zone,
                self._server.zone,
                self._at_registry,
                (request, self._view),
                ends=(self._caller.index, self._server.station),
            )

    def _at_registry(self, carried: tuple[ViewRequest, EndpointView]) -> None:
        request, view = carried
        if self._server.is_running:
            self._around.network.send(
                self._server.zone,
                self._caller.zone,
                self._at_caller,
                (self._server.answer(request), view),
                ends=(self._server.station, self._caller.index),
            )

    def _at_caller(self, carried: tuple[ViewAnswer, EndpointView]) -> None:
        answer, view = carried
        if view is not self._view:
            return
        if self._names is not None:
            self._names.answered(now=self._driver.now)
            self._driver.poke()
        self._apply(answer)

    def _apply(self, answer: ViewAnswer) -> None:
        delta = self._view.apply(answer)
        if delta.is_empty:
            return
        caller, wiring = self._caller, self._wiring
        for member in delta.removed:
            wiring.drop_target(caller, self._instances[member.instance])
            self._note(EventKind.VIEW_DROPPED, member.instance)
        for member in delta.updated:
            instance = self._instances[member.instance]
            wiring.drop_target(caller, instance)
            wiring.add_target(caller, instance)
        for member in delta.added:
            wiring.add_target(caller, self._instances[member.instance])
            if self._around.kernel.now:
                self._note(EventKind.VIEW_ADDED, member.instance)

    def _note(self, kind: EventKind, instance: str) -> None:
        self._around.events.event(kind, instance, {"caller": self._caller.name})


class Discovery:
    """All loops of discovery, and what the world tells them about life and death."""

    def __init__(
        self,
        around: Surroundings,
        power: Power,
        wiring: Wiring,
        *,
        instances: Sequence[Instance],
        callers: Sequence[Caller],
        clock: NodeClock,
    ) -> None:
        self.server = RegistryServer(around, power, clock)
        self._agents = [InstanceAgent(around, self.server, instance) for instance in instances]
        self.server.followers = tuple(
            ServiceProber(
                around,
                self.server,
                check,
                [instance for instance in instances if instance.service == check.service],
                clock,
            )
            for check in around.config.checks
        )
        by_name = {instance.name: instance for instance in instances}
        self._views = [
            [
                ViewAgent(
                    around,
                    self.server,
                    wiring,
                    caller=caller,
                    service=service,
                    instances=by_name,
                )
                for service in wiring.callees(caller)
            ]
            for caller in callers
        ]
        for agent in self._agents:
            agent.be_known()
        for views in self._views:
            for view in views:
                view.be_known()
        for follower in self.server.followers:
            follower.start()

    def instance_died(self, instance: Instance) -> None:
        """Its beats and its questions end."""
        self._agents[instance.index].die()
        for view in self._views[instance.index]:
            view.die()

    def instance_stopped(self, instance: Instance) -> None:
        """Its process stands still: no beats, no questions."""
        self._agents[instance.index].stand_still()
        for view in self._views[instance.index]:
            view.stand_still()

    def instance_continued(self, instance: Instance) -> None:
        """Its process goes on."""
        self._agents[instance.index].go_on()
        for view in self._views[instance.index]:
            view.go_on()

    def instance_starting(self, instance: Instance, *, is_ready: bool) -> None:
        """A new process announces itself and asks for its callees."""
        self._agents[instance.index].begin(Status.UP if is_ready else Status.STARTING)
        for view in self._views[instance.index]:
            view.begin()

    def instance_serving(self, instance: Instance) -> None:
        """Its start-up is over."""
        self._agents[instance.index].serve()

    def zone_lost(self, zone: str) -> None:
        """A zone has gone dark; the registry may have been in it."""
        if zone == self.server.zone:
            self.server.power_lost()

    def zone_restored(self, zone: str) -> None:
        """A zone has power again."""
        if zone == self.server.zone and self.server.is_running:
            self.server.power_restored()
