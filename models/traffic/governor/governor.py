"""The governor: every call asks here first, and every outcome comes back here.

Because one object admits calls and learns how they ended, nothing can be consulted and never
told: each permit must be handed back, exactly once, and what it says reaches both the balancer
and the breaker.
"""

from dataclasses import dataclass
from typing import TypeAlias

from models.base.errors import ConfigError, SimulationError
from models.base.outcome import Outcome
from models.base.time import TimeNs
from models.traffic.balancer.base import Balancer
from models.traffic.balancer.facts import MemberFacts
from models.traffic.governor.governed import (
    Denial,
    Denied,
    GovernedConfig,
    GovernedService,
    Permit,
    ServiceSnapshot,
)
from models.traffic.governor.health import ProbeResult
from models.traffic.governor.monitor import HealthChange, Probe
from models.traffic.limiter.base import RateLimiter

GovernorAction: TypeAlias = Probe | HealthChange


@dataclass(frozen=True, slots=True)
class GovernorSnapshot:
    """Services in the order they were registered; calls denied because nobody knew theirs."""

    services: tuple[ServiceSnapshot, ...]
    unknown_services: int


class Governor:
    """Admits calls to services, feeds every outcome back, and keeps sick instances out.

    Probes are returned as actions and answered through ``probed``; a health that changes is
    returned too, when it has already taken effect. ``now`` is nanoseconds on the governor's
    monotonic clock. ``admit`` and ``finish`` are on the path of every call and take positional
    arguments.
    """

    __slots__ = ("_in_flight", "_serial", "_services", "_unknown")

    def __init__(self) -> None:
        self._services: dict[str, GovernedService] = {}
        self._in_flight: dict[int, tuple[Permit, GovernedService]] = {}
        self._serial = 0
        self._unknown = 0

    def register(
        self,
        service: str,
        config: GovernedConfig,
        *,
        balancer: Balancer,
        limiter: RateLimiter | None = None,
    ) -> None:
        """Take a service in, without instances.

        Raises:
            ConfigError: the service is registered already, or a part of it makes no sense.
        """
        if service in self._services:
            raise ConfigError(f"service '{service}' is registered already")
        self._services[service] = GovernedService(service, config, balancer, limiter)

    def deregister(self, service: str) -> None:
        """Let a service go; its calls under way may still be handed back.

        Raises:
            ConfigError: the service is not registered.
        """
        self._known(service)
        del self._services[service]

    def add_instance(
        self,
        service: str,
        instance: int,
        *,
        now: TimeNs,
        weight: int = 1,
        facts: MemberFacts | None = None,
    ) -> None:
        """Take an instance in, or change the weight of a known one.

        With a health check it gets no calls before its first probe, due at ``now``, has passed.

        Raises:
            ConfigError: the service is not registered, or what its balancer refuses.
        """
        self._known(service).add(instance, weight, facts, now)

    def remove_instance(self, service: str, instance: int) -> None:
        """Let an instance go; its calls under way may still be handed back.

        Raises:
            ConfigError: the service or the instance is not known.
        """
        self._known(service).remove(instance)

    def admit(self, service: str, now: TimeNs, key: int = 0) -> Permit | Denied:
        """Admit a call to a service, or say why not. ``key`` is what the request is about."""
        governed = self._services.get(service)
        if governed is None:
            self._unknown += 1
            return Denied(Denial.UNKNOWN_SERVICE)
        answer = governed.admit(self._serial, now, key)
        if isinstance(answer, Permit):
            self._in_flight[self._serial] = (answer, governed)
            self._serial += 1
        return answer

    def finish(self, permit: Permit, outcome: Outcome, now: TimeNs) -> None:
        """Hand a permit back with how the call ended.

        Raises:
            SimulationError: the permit has been handed back already, or was never granted here,
                or the outcome is that of a call under way.
        """
        known = self._in_flight.get(permit.serial)
        if known is None or known[0] is not permit:
            raise SimulationError(f"permit {permit.serial} of '{permit.service}' is not out")
        if outcome is Outcome.IN_FLIGHT:
            raise SimulationError(f"permit {permit.serial}: a call under way has not ended")
        del self._in_flight[permit.serial]
        known[1].finish(permit, outcome, now)

    def probed(self, probe: Probe, result: ProbeResult, *, now: TimeNs) -> tuple[HealthChange, ...]:
        """Take the answer to a probe; one that is late, doubled or of nobody says nothing."""
        governed = self._services.get(probe.service)
        if governed is None or governed.monitor is None:
            return ()
        changes = governed.monitor.probed(probe.instance, probe.number, result, now=now)
        for change in changes:
            governed.follow(change)
        return changes

    def next_deadline(self) -> TimeNs | None:
        """When a probe is due or is over; None if nothing is checked."""
        deadlines = [
            deadline
            for governed in self._services.values()
            if governed.monitor is not None
            and (deadline := governed.monitor.next_deadline()) is not None
        ]
        return min(deadlines, default=None)

    def tick(self, *, now: TimeNs) -> tuple[GovernorAction, ...]:
        """Fail the probes that are over, send those that are due, and take out who has fallen."""
        actions: list[GovernorAction] = []
        for governed in self._services.values():
            if governed.monitor is None:
                continue
            for action in governed.monitor.tick(now=now):
                if isinstance(action, HealthChange):
                    governed.follow(action)
                actions.append(action)
        return tuple(actions)

    def snapshot(self) -> GovernorSnapshot:
        """All services. Changes nothing."""
        services = tuple(governed.snapshot() for governed in self._services.values())
        return GovernorSnapshot(services, self._unknown)

    def _known(self, service: str) -> GovernedService:
        governed = self._services.get(service)
        if governed is None:
            raise ConfigError(f"service '{service}' is not registered")
        return governed
