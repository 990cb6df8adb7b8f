"""One target's health as its probes tell it: rows of answers, and when to ask again."""

from dataclasses import dataclass
from types import MappingProxyType

from models.base.errors import ConfigError, SimulationError
from models.base.streams import Stream
from models.base.time import DurationNs, TimeNs
from models.discovery.health.config import CheckConfig, Schedule
from models.discovery.health.result import Answer, Health, ProbeResult

TRANSITIONS = MappingProxyType(
    {
        Health.UNKNOWN: frozenset({Health.HEALTHY, Health.DEGRADED, Health.UNHEALTHY}),
        Health.HEALTHY: frozenset({Health.DEGRADED, Health.UNHEALTHY}),
        Health.DEGRADED: frozenset({Health.HEALTHY, Health.UNHEALTHY}),
        Health.UNHEALTHY: frozenset({Health.HEALTHY, Health.DEGRADED}),
    }
)
"""From each health, those it may move to. Nothing ever becomes unknown again."""

_TIMED_OUT = ProbeResult(Answer.TIMED_OUT, "no answer in time")


@dataclass(frozen=True, slots=True)
class StartProbe:
    """Send a probe; its result is to come back with this number."""

    number: int


@dataclass(frozen=True, slots=True)
class HealthChanged:
    """The target's health moved, because of ``result``."""

    before: Health
    after: Health
    result: ProbeResult
    at: TimeNs


Action = StartProbe | HealthChanged


@dataclass(frozen=True, slots=True)
class CheckSnapshot:
    """Health, the last result (None before the first), and the row against the present state."""

    health: Health
    last: ProbeResult | None
    row: int
    since: TimeNs | None


class HealthCheck:
    """Asks one target at its rhythm and believes rows of answers.

    :meth:`tick` starts probes and gives up on late ones, :meth:`record` takes results. A result
    of a probe that was given up is ignored. The first probe is due ``initial_delay_ns`` after
    ``start_ns``, which the caller spreads at random over an interval. A degraded answer is a
    success that changes which of the two serving states is reported, at once.

    Times are nanoseconds on the prober's monotonic clock.

    Source: HAProxy ``rise``/``fall``/``inter``, Envoy health checking; semantics 7.1. Differs
    from Envoy in that a target nobody knows yet is ``UNKNOWN``, not unhealthy.

    Raises:
        ConfigError: jitter without a stream to draw it from.
    """

    __slots__ = (
        "_config", "_due", "_expires", "_health", "_is_out", "_last", "_number",
        "_row", "_since", "_started", "_stream",
    )  # fmt: skip

    def __init__(
        self, config: CheckConfig, *, start_ns: TimeNs, stream: Stream | None = None
    ) -> None:
        if config.jitter_ns and stream is None:
            raise ConfigError("health check: jitter needs a stream")
        self._config = config
        self._stream = stream
        self._health = Health.UNKNOWN
        self._row = 0
        self._last: ProbeResult | None = None
        self._since: TimeNs | None = None
        self._number = 0
        self._is_out = False
        self._started: TimeNs = start_ns
        self._expires: TimeNs = start_ns
        self._due: TimeNs = start_ns + config.initial_delay_ns + self._jitter()

    @property
    def health(self) -> Health:
        """What is believed of the target."""
        return self._health

    def next_deadline(self) -> TimeNs:
        """When the probe under way is given up, or else the next one starts."""
        return self._expires if self._is_out else self._due

    def tick(self, *, now: TimeNs) -> tuple[Action, ...]:
        """Do what is due: give up on the probe under way, start the next one."""
        actions: list[Action] = []
        if self._is_out and now >= self._expires:
            actions += self._conclude(_TIMED_OUT, self._expires)
        if not self._is_out and now >= self._due:
            self._number += 1
            self._is_out = True
            self._started = self._due
            self._expires = now + self._config.timeout_ns
            actions.append(StartProbe(self._number))
        return tuple(actions)

    def record(self, number: int, result: ProbeResult, *, now: TimeNs) -> tuple[Action, ...]:
        """Take in a probe's result; a late one, or one given up, says nothing.

        Raises:
            SimulationError: no such probe was started.
        """
        if not 1 <= number <= self._number:
            raise SimulationError(f"health check: probe {number} was never started")
        if number != self._number or not self._is_out or now > self._expires:
            return ()
        return tuple(self._conclude(result, now))

    def snapshot(self) -> CheckSnapshot:
        """The check as it stands. Changes nothing."""
        return CheckSnapshot(self._health, self._last, self._row, self._since)

    def _conclude(self, result: ProbeResult, now: TimeNs) -> list[Action]:
        self._is_out = False
        self._last = result
        believed = self._believe(result.answer)
        self._due = self._next_start(now)
        if believed is self._health:
            return []
        change = HealthChanged(self._health, believed, result, now)
        self._move(believed, now)
        self._due = self._next_start(now)
        return [change]

    def _believe(self, answer: Answer) -> Health:
        """The health after this answer, counting it into the row if it is not yet enough."""
        config, serves = self._config, self._health.serves
        if answer.is_success:
            reached = Health.DEGRADED if answer is Answer.DEGRADED else Health.HEALTHY
            if serves:
                self._row = 0
                return reached
            needed = 1 if self._health is Health.UNKNOWN else config.rise
        else:
            reached = Health.UNHEALTHY
            if self._health is Health.UNHEALTHY:
                self._row = 0
                return reached
            needed = 1 if answer is Answer.CONDEMNED else config.fall
        self._row += 1
        return reached if self._row >= needed else self._health

    def _move(self, health: Health, now: TimeNs) -> None:
        if health not in TRANSITIONS[self._health]:
            raise SimulationError(f"health check: {self._health} cannot become {health}")
        self._health = health
        self._row = 0
        self._since = now

    def _next_start(self, ended: TimeNs) -> TimeNs:
        from_start = self._config.schedule is Schedule.START_TO_START
        began = self._started if from_start else ended
        return max(began + self._interval() + self._jitter(), ended)

    def _interval(self) -> DurationNs:
        config = self._config
        if self._row and config.edge_interval_ns:
            return config.edge_interval_ns
        if not self._health.serves and config.unhealthy_interval_ns:
            return config.unhealthy_interval_ns
        return config.interval_ns

    def _jitter(self) -> DurationNs:
        if self._stream is None or not self._config.jitter_ns:
            return 0
        return self._stream.below(self._config.jitter_ns + 1)
