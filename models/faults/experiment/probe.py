"""What an experiment measures, what it hopes for, and what makes it stop."""

from dataclasses import dataclass
from enum import Enum

from models.base.errors import ConfigError
from models.base.time import NS_PER_MS, NS_PER_S, DurationNs


class Measure(Enum):
    """What is measured over a sliding window: ratios in [0, 1], latencies in ns, rates in 1/s."""

    ERROR_RATIO = "error_ratio"
    LATENCY = "latency"
    THROUGHPUT = "throughput"
    INSTANCES_UP = "instances_up"


@dataclass(frozen=True, slots=True)
class Probe:
    """A measured quantity and the open interval in which it is meant to lie.

    ``of`` is a load source, or a service for ``INSTANCES_UP``. ``quantile`` in (0, 1] is for
    latencies only. ``text`` is the probe in one line; probes are told apart by it.

    Raises:
        ConfigError: there is no bound, or nothing lies between the two.
    """

    text: str
    measure: Measure
    of: str
    quantile: float = 0.0
    below: float | None = None
    above: float | None = None

    def __post_init__(self) -> None:
        if self.below is None and self.above is None:
            raise ConfigError(f"probe '{self.text}' needs a bound, below or above")
        if self.below is not None and self.above is not None and self.below <= self.above:
            raise ConfigError(f"probe '{self.text}': nothing is below and above these bounds")

    def holds(self, value: float | None) -> bool:
        """Whether the value is on the good side of the bounds; what was not measured is not."""
        if value is None:
            return False
        return (self.below is None or value < self.below) and (
            self.above is None or value > self.above
        )

    def said(self, value: float | None) -> str:
        """A value of this quantity in words."""
        if value is None:
            return "nothing measured"
        match self.measure:
            case Measure.ERROR_RATIO:
                return f"{100 * value:.3g} %"
            case Measure.LATENCY:
                return f"{value / NS_PER_MS:.3g} ms"
            case Measure.THROUGHPUT:
                return f"{value:.4g}/s"
            case Measure.INSTANCES_UP:
                return f"{value:g}"


@dataclass(frozen=True, slots=True)
class Stop:
    """A safety condition: the experiment is aborted once the probe has held for ``for_ns``."""

    probe: Probe
    for_ns: DurationNs = 0


@dataclass(frozen=True, slots=True)
class Goal:
    """A success criterion: the probe holds in at least ``share`` of the samples, in (0, 1]."""

    probe: Probe
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class ExperimentConfig:
    """One experiment; its method is the fault plan.

    Samples are taken ``every_ns`` from the first fault on, each over the last ``window_ns``.

    Raises:
        ConfigError: there is no steady state, or no time between samples or in the window.
    """

    steady_state: tuple[Probe, ...]
    stops: tuple[Stop, ...] = ()
    goals: tuple[Goal, ...] = ()
    every_ns: DurationNs = NS_PER_S
    window_ns: DurationNs = 10 * NS_PER_S

    def __post_init__(self) -> None:
        if not self.steady_state:
            raise ConfigError("an experiment needs a steady state")
        if self.every_ns <= 0 or self.window_ns <= 0:
            raise ConfigError("an experiment needs time between samples, and a window")

    @property
    def probes(self) -> tuple[Probe, ...]:
        """Everything that is measured, each once."""
        used = (
            *self.steady_state,
            *(stop.probe for stop in self.stops),
            *(goal.probe for goal in self.goals),
        )
        return tuple(dict.fromkeys(used))
