"""Probes the instances of one service, each at its own times, for ever.

A probe is a message: its answer may be late, doubled or lost. No answer is an answer, and
nothing that a probe does ends the next one.
"""

from dataclasses import dataclass

from models.base.time import TimeNs
from models.traffic.governor.health import Health, HealthCheckConfig, HealthCounter, ProbeResult


@dataclass(frozen=True, slots=True)
class Probe:
    """Ask an instance how it is, and report by ``number``."""

    service: str
    instance: int
    number: int


@dataclass(frozen=True, slots=True)
class HealthChange:
    """An instance gets calls from now on, or gets none."""

    service: str
    instance: int
    health: Health


class _Watched:
    """One instance: its counter, when it is probed next, and the probe under way."""

    __slots__ = ("counter", "due", "number", "timeout_at")

    def __init__(self, config: HealthCheckConfig, start_ns: TimeNs, number: int) -> None:
        self.counter = HealthCounter(config)
        self.due = start_ns
        self.number = number
        self.timeout_at: TimeNs | None = None

    @property
    def deadline(self) -> TimeNs:
        return self.due if self.timeout_at is None else self.timeout_at


class HealthMonitor:
    """Keeps the health of the instances of one service.

    Probes of an instance go out at ``start + k * interval``; a tick that comes late sends one and
    leaves out those it has missed, and no probe goes out before the last one is over. Numbers of
    probes never repeat, so a late answer to an instance of an earlier life is recognised. A tick
    costs O(instances).

    Source: semantics 7.1. Differs from Envoy in that the next probe is due a whole interval after
    the one before was, and not after it ended.
    """

    __slots__ = ("_config", "_number", "_service", "_watched")

    def __init__(self, service: str, config: HealthCheckConfig) -> None:
        self._service = service
        self._config = config
        self._watched: dict[int, _Watched] = {}
        self._number = 0

    def add(self, instance: int, *, start_ns: TimeNs) -> None:
        """Watch an instance; its first probe is due at ``start_ns``."""
        self._watched[instance] = _Watched(self._config, start_ns, self._number)

    def remove(self, instance: int) -> None:
        """Watch an instance no longer."""
        del self._watched[instance]

    def health_of(self, instance: int) -> Health:
        """What its probes say of an instance that is watched."""
        return self._watched[instance].counter.health

    def next_deadline(self) -> TimeNs | None:
        """When a probe is due or is over; None without instances."""
        return min((watched.deadline for watched in self._watched.values()), default=None)

    def tick(self, *, now: TimeNs) -> tuple[Probe | HealthChange, ...]:
        """End the probes whose time is over, then send those that are due."""
        actions: list[Probe | HealthChange] = []
        for instance, watched in self._watched.items():
            if watched.timeout_at is not None and now >= watched.timeout_at:
                actions += self._record(instance, watched, ProbeResult.FAILED)
            if watched.timeout_at is None and now >= watched.due:
                actions.append(self._probe(instance, watched, now))
        return tuple(actions)

    def probed(
        self, instance: int, number: int, result: ProbeResult, *, now: TimeNs
    ) -> tuple[HealthChange, ...]:
        """Take the answer to a probe; one that is doubled, or late, says nothing."""
        watched = self._watched.get(instance)
        if watched is None or watched.timeout_at is None or number != watched.number:
            return ()
        if now >= watched.timeout_at:
            result = ProbeResult.FAILED
        return self._record(instance, watched, result)

    def _probe(self, instance: int, watched: _Watched, now: TimeNs) -> Probe:
        interval_ns = self._config.interval_ns
        watched.due += ((now - watched.due) // interval_ns + 1) * interval_ns
        self._number += 1
        watched.number = self._number
        watched.timeout_at = now + self._config.timeout_ns
        return Probe(self._service, instance, self._number)

    def _record(
        self, instance: int, watched: _Watched, result: ProbeResult
    ) -> tuple[HealthChange, ...]:
        watched.timeout_at = None
        if not watched.counter.record(result):
            return ()
        return (HealthChange(self._service, instance, watched.counter.health),)
