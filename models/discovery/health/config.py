"""What a health check probes, how often, and how many answers it takes to believe them."""

from dataclasses import dataclass, field
from enum import StrEnum

from models.base.errors import ConfigError
from models.base.time import NS_PER_S, DurationNs

_STATUS_LOW, _STATUS_HIGH = 100, 599


class Schedule(StrEnum):
    """From which end of a probe the interval to the next one counts.

    ``START_TO_START`` keeps ``start + k * interval``; ``END_TO_START`` waits an interval after
    each answer or time-out, so slow answers stretch the rhythm (HAProxy, Envoy).
    """

    START_TO_START = "start_to_start"
    END_TO_START = "end_to_start"


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """An HTTP request and which statuses count as healthy.

    ``expected`` are inclusive ranges. A status in ``retriable`` is a failure like any other, one
    in neither makes the target unhealthy at once (Envoy, semantics 7.1); with
    ``counts_unexpected`` it too is a failure like any other.

    Raises:
        ConfigError: no method, a path that does not begin with '/', or a range that is none.
    """

    path: str = "/"
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    expected: tuple[tuple[int, int], ...] = ((200, 200),)
    retriable: tuple[tuple[int, int], ...] = ()
    counts_unexpected: bool = True

    def __post_init__(self) -> None:
        if not self.method.isalpha() or not self.method.isupper():
            raise ConfigError(f"health check: '{self.method}' is no HTTP method")
        if not self.path.startswith("/"):
            raise ConfigError(f"health check: path '{self.path}' does not begin with '/'")
        if not self.expected:
            raise ConfigError("health check: no status is expected")
        for low, high in (*self.expected, *self.retriable):
            if not _STATUS_LOW <= low <= high <= _STATUS_HIGH:
                raise ConfigError(f"health check: {low}-{high} is no range of HTTP statuses")


@dataclass(frozen=True, slots=True)
class TcpProbe:
    """A connection: healthy if it is accepted.

    Raises:
        ConfigError: the port is not in [1, 65535].
    """

    port: int = 80

    def __post_init__(self) -> None:
        if not 0 < self.port < 2**16:
            raise ConfigError(f"health check: port {self.port} is not in [1, 65535]")


@dataclass(frozen=True, slots=True)
class CustomProbe:
    """A probe of the user's own, by name; it says itself how the target is."""

    name: str


Probe = HttpProbe | TcpProbe | CustomProbe


@dataclass(frozen=True, slots=True)
class CheckConfig:
    """One active health check of one target.

    ``fall`` failures in a row take a target down, ``rise`` successes in a row bring it back; a
    target nobody knows yet comes up with the first success. The interval is ``interval_ns``, or,
    where they are not 0, ``unhealthy_interval_ns`` while the target is down and
    ``edge_interval_ns`` while a row of answers against the present state is under way.
    ``jitter_ns`` is added to each wait, uniformly between 0 and it. An answer after
    ``timeout_ns`` is none.

    Raises:
        ConfigError: a count below 1, a duration that makes no sense, or probes that could
            overlap: on ``START_TO_START`` the time-out must not be longer than any interval.
    """

    probe: Probe = field(default_factory=HttpProbe)
    interval_ns: DurationNs = 10 * NS_PER_S
    timeout_ns: DurationNs = NS_PER_S
    rise: int = 2
    fall: int = 3
    schedule: Schedule = Schedule.START_TO_START
    initial_delay_ns: DurationNs = 0
    unhealthy_interval_ns: DurationNs = 0
    edge_interval_ns: DurationNs = 0
    jitter_ns: DurationNs = 0

    def __post_init__(self) -> None:
        if self.rise < 1 or self.fall < 1:
            raise ConfigError("health check: rise and fall must be at least 1")
        if self.interval_ns < 1 or self.timeout_ns < 1:
            raise ConfigError("health check: interval and timeout must be longer than 0")
        others = (self.unhealthy_interval_ns, self.edge_interval_ns)
        if min(*others, self.jitter_ns, self.initial_delay_ns) < 0:
            raise ConfigError("health check: durations must not be negative")
        shortest = min(interval for interval in (self.interval_ns, *others) if interval)
        if self.schedule is Schedule.START_TO_START and self.timeout_ns > shortest:
            raise ConfigError(
                "health check: a timeout longer than the interval would let probes overlap;"
                " shorten it, or count intervals from the end of the probe before (end_to_start)"
            )
