"""Is an instance healthy? Rise and fall in a row decide, so that one lost probe decides nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from types import MappingProxyType

from models.base.errors import ConfigError, SimulationError
from models.base.time import NS_PER_S, DurationNs


class ProbeResult(Enum):
    """How a probe ended.

    ``CONDEMNED``: the instance answered something that no healthy one does, and no threshold is
    waited for. No answer in time is ``FAILED``.
    """

    PASSED = "passed"
    FAILED = "failed"
    CONDEMNED = "condemned"


class Health(StrEnum):
    """``UNPROVEN`` is an instance of which no probe has ended yet; it gets no calls."""

    UNPROVEN = "unproven"
    UP = "up"
    DOWN = "down"


class HealthSignal(StrEnum):
    """What moves an instance from one health to another."""

    FIRST_PASSED = "first_passed"
    FIRST_FAILED = "first_failed"
    FALLEN = "fallen"
    RISEN = "risen"


TRANSITIONS: Mapping[tuple[Health, HealthSignal], Health] = MappingProxyType(
    {
        (Health.UNPROVEN, HealthSignal.FIRST_PASSED): Health.UP,
        (Health.UNPROVEN, HealthSignal.FIRST_FAILED): Health.DOWN,
        (Health.UP, HealthSignal.FALLEN): Health.DOWN,
        (Health.DOWN, HealthSignal.RISEN): Health.UP,
    }
)


@dataclass(frozen=True, slots=True)
class HealthCheckConfig:
    """When to probe an instance and what to make of it.

    A probe goes out every ``interval_ns`` and fails after ``timeout_ns``, at most the interval.
    ``fall`` failures in a row take an instance out, ``rise`` passes in a row bring it back.
    """

    interval_ns: DurationNs = 10 * NS_PER_S
    timeout_ns: DurationNs = NS_PER_S
    fall: int = 3
    rise: int = 2

    def __post_init__(self) -> None:
        for name in ("interval_ns", "timeout_ns", "fall", "rise"):
            if getattr(self, name) < 1:
                raise ConfigError(f"health check: {name} must be at least 1")
        if self.timeout_ns > self.interval_ns:
            raise ConfigError("health check: timeout_ns is longer than interval_ns")


class HealthCounter:
    """Counts the probes of one instance.

    The very first probe decides alone; afterwards only results in a row count.

    Source: Envoy ``health_checker_base_impl.cc``; semantics 7.1.
    """

    __slots__ = ("_config", "_in_a_row", "health")

    def __init__(self, config: HealthCheckConfig) -> None:
        self._config = config
        self._in_a_row = 0
        self.health = Health.UNPROVEN

    @property
    def in_a_row(self) -> int:
        """Results in a row that speak against the present health."""
        return self._in_a_row

    def record(self, result: ProbeResult) -> bool:
        """Count a probe's end. True if the health changed."""
        has_passed = result is ProbeResult.PASSED
        if self.health is Health.UNPROVEN:
            self.move(HealthSignal.FIRST_PASSED if has_passed else HealthSignal.FIRST_FAILED)
            return True
        is_up = self.health is Health.UP
        if has_passed is is_up:
            self._in_a_row = 0
            return False
        self._in_a_row += 1
        needed = self._config.fall if is_up else self._config.rise
        if self._in_a_row < needed and result is not ProbeResult.CONDEMNED:
            return False
        self.move(HealthSignal.FALLEN if is_up else HealthSignal.RISEN)
        return True

    def move(self, signal: HealthSignal) -> None:
        """Change the health as the table says.

        Raises:
            SimulationError: the table has no such move; nothing has changed.
        """
        health = TRANSITIONS.get((self.health, signal))
        if health is None:
            raise SimulationError(f"an instance cannot be {signal.value} while {self.health.value}")
        self.health = health
        self._in_a_row = 0
