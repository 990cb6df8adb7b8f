"""One service under the governor: limit, balancer, a breaker for each instance, health.

A call takes its token first, then an instance is picked among those that are healthy, then that
instance's breaker is asked; if it refuses, others are offered. A call that finds no instance has
used its token all the same.
"""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from models.base.errors import ConfigError
from models.base.outcome import Outcome
from models.base.time import DurationNs, TimeNs
from models.traffic.balancer.base import NO_MEMBER, Balancer
from models.traffic.balancer.facts import MemberFacts, PlacedBalancer
from models.traffic.balancer.prequal.probing import ProbingBalancer
from models.traffic.breaker import REFUSED, BreakerSnapshot, CircuitBreaker
from models.traffic.config import BreakerConfig
from models.traffic.governor.health import Health, HealthCheckConfig
from models.traffic.governor.monitor import HealthChange, HealthMonitor
from models.traffic.limiter.base import RateLimiter

PICKS_MAX = 3
"""How many instances are offered to their breakers before a call is denied."""


class Denial(StrEnum):
    """Why a call is not admitted."""

    UNKNOWN_SERVICE = "unknown_service"
    LIMITED = "limited"
    NO_INSTANCE = "no_instance"
    BREAKER_OPEN = "breaker_open"


@dataclass(frozen=True, slots=True)
class Denied:
    """A call that is not admitted; ``wait_ns`` says when it might be, if that is known."""

    denial: Denial
    wait_ns: DurationNs | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """A call that is admitted, to ``instance``; to be handed back once with its outcome.

    ``epoch`` is that of ``breaker``, the instance's as it was when the call was admitted.
    """

    serial: int
    service: str
    instance: int
    started_at: TimeNs
    epoch: int = REFUSED
    breaker: CircuitBreaker | None = None


@dataclass(frozen=True, slots=True)
class GovernedConfig:
    """What a service is registered with; None: not checked, no breaker."""

    health: HealthCheckConfig | None = None
    breaker: BreakerConfig | None = None


@dataclass(frozen=True, slots=True)
class InstanceSnapshot:
    """One instance; ``health`` None: not checked, taken for healthy."""

    instance: int
    is_picked: bool
    health: Health | None
    breaker: BreakerSnapshot | None


@dataclass(frozen=True, slots=True)
class ServiceSnapshot:
    """One service: instances in the order they came, calls by how they began and ended.

    ``admitted`` is the sum of ``outcomes`` and ``in_flight``.
    """

    service: str
    instances: tuple[InstanceSnapshot, ...]
    admitted: int
    in_flight: int
    denied: tuple[tuple[Denial, int], ...]
    outcomes: tuple[tuple[Outcome, int], ...]


class GovernedService:
    """Admits the calls of one service.

    The balancer comes empty and belongs to the governor from then on.

    Raises:
        ConfigError: the balancer already has members, or probes them by messages of its own,
            which the governor does not carry.
    """

    __slots__ = (
        "_admitted", "_balancer", "_breaker_config", "_breakers", "_denied", "_limiter",
        "_needs_key", "_needs_time", "_outcomes", "monitor", "name",
    )  # fmt: skip

    def __init__(
        self, name: str, config: GovernedConfig, balancer: Balancer, limiter: RateLimiter | None
    ) -> None:
        if balancer.snapshot().members:
            raise ConfigError(f"service '{name}': the balancer is not empty")
        if isinstance(balancer, ProbingBalancer):
            raise ConfigError(f"service '{name}': the governor carries no probes of a balancer")
        if config.breaker is not None:
            CircuitBreaker(config.breaker)
        self.name = name
        self.monitor = None if config.health is None else HealthMonitor(name, config.health)
        self._balancer = balancer
        self._needs_key = balancer.needs_key
        self._needs_time = balancer.needs_time
        self._limiter = limiter
        self._breaker_config = config.breaker
        self._breakers: dict[int, CircuitBreaker | None] = {}
        self._admitted = 0
        self._denied: Counter[Denial] = Counter()
        self._outcomes: Counter[Outcome] = Counter()

    def add(self, instance: int, weight: int, facts: MemberFacts | None, now: TimeNs) -> None:
        """Take an instance in, or change its weight. It is picked once it is proven healthy.

        Raises:
            ConfigError: what the balancer refuses.
        """
        if instance in self._breakers:
            self._balancer.add(instance, weight)
            return
        if facts is not None and isinstance(self._balancer, PlacedBalancer):
            self._balancer.place(instance, facts)
        self._balancer.add(instance, weight)
        breaker = self._breaker_config
        self._breakers[instance] = None if breaker is None else CircuitBreaker(breaker)
        if self.monitor is not None:
            self._balancer.mark_down(instance)
            self.monitor.add(instance, start_ns=now)

    def remove(self, instance: int) -> None:
        """Let an instance go; calls under way end as they will.

        Raises:
            ConfigError: the instance is not known.
        """
        self._balancer.remove(instance)
        del self._breakers[instance]
        if self.monitor is not None:
            self.monitor.remove(instance)

    def admit(self, serial: int, now: TimeNs, key: int) -> Permit | Denied:
        """Admit a call or say why not."""
        limiter = self._limiter
        if limiter is not None:
            wait_ns = limiter.try_acquire(now)
            if wait_ns:
                return self._deny(Denied(Denial.LIMITED, wait_ns))
        avoid = NO_MEMBER
        for _ in range(PICKS_MAX):
            instance = self._pick(now, key, avoid)
            if instance == NO_MEMBER:
                return self._deny(Denied(Denial.NO_INSTANCE))
            if instance == avoid:
                break
            breaker = self._breakers[instance]
            epoch = REFUSED
            if breaker is not None:
                epoch = breaker.try_acquire(now)
                if epoch == REFUSED:
                    avoid = instance
                    continue
            self._balancer.started(instance)
            self._admitted += 1
            return Permit(serial, self.name, instance, now, epoch, breaker)
        return self._deny(Denied(Denial.BREAKER_OPEN))

    def finish(self, permit: Permit, outcome: Outcome, now: TimeNs) -> None:
        """Feed an outcome back to the balancer and to the breaker that admitted the call."""
        duration_ns = now - permit.started_at
        self._outcomes[outcome] += 1
        if self._needs_time:
            self._balancer.finished_at(permit.instance, outcome, duration_ns, now)
        else:
            self._balancer.finished(permit.instance, outcome, duration_ns)
        breaker = permit.breaker
        if breaker is None:
            return
        if outcome is Outcome.CALLER_GONE:
            breaker.release(permit.epoch)
        else:
            breaker.record(permit.epoch, outcome is not Outcome.OK, now, duration_ns)

    def follow(self, change: HealthChange) -> None:
        """Take an instance out of the balancer, or in again."""
        if change.health is Health.UP:
            self._balancer.mark_up(change.instance)
        else:
            self._balancer.mark_down(change.instance)

    def snapshot(self) -> ServiceSnapshot:
        """The service as it stands. Changes nothing."""
        is_up = {known.member: known.is_up for known in self._balancer.snapshot().members}
        instances = tuple(
            InstanceSnapshot(
                instance=instance,
                is_picked=is_up[instance],
                health=None if self.monitor is None else self.monitor.health_of(instance),
                breaker=None if breaker is None else breaker.snapshot(),
            )
            for instance, breaker in self._breakers.items()
        )
        return ServiceSnapshot(
            service=self.name,
            instances=instances,
            admitted=self._admitted,
            in_flight=self._admitted - sum(self._outcomes.values()),
            denied=tuple(
                (denial, self._denied[denial]) for denial in Denial if self._denied[denial]
            ),
            outcomes=tuple((end, self._outcomes[end]) for end in Outcome if self._outcomes[end]),
        )

    def _pick(self, now: TimeNs, key: int, avoid: int) -> int:
        if self._needs_key:
            return self._balancer.pick_keyed(key, now, avoid)
        return self._balancer.pick(now, avoid)

    def _deny(self, denied: Denied) -> Denied:
        self._denied[denied.denial] += 1
        return denied
