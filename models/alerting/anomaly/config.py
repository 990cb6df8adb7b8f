"""How unusual is unusual: methods of judging a value by its past, as frozen values."""

from dataclasses import dataclass
from enum import Enum

from models.base.errors import ConfigError
from models.base.time import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE, DurationNs

_PERIODS_MAX = 60
_NEIGHBOURS_MAX = 30


class Sensitivity(Enum):
    """How far beyond the worst percent of its own recent past a value must lie.

    The number is that factor: HIGH alerts on the worst percent itself.
    """

    HIGH = 1.0
    MEDIUM = 1.2
    LOW = 1.5


class Direction(Enum):
    """Which deviations count."""

    ABOVE = "above"
    BELOW = "below"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class SeasonalConfig:
    """Compare with the same time of earlier periods: robust z-score of median and spread.

    ``periods`` earlier periods are looked at, in each the sample at the same phase and
    ``neighbours`` on either side of it. At least ``periods_min`` must be there.

    Raises:
        ConfigError: a number is out of range.
    """

    period_ns: DurationNs = NS_PER_DAY
    periods: int = 7
    neighbours: int = 2
    periods_min: int = 2

    def __post_init__(self) -> None:
        if self.period_ns < 1:
            raise ConfigError("anomaly: the period must be longer than 0")
        if not 1 <= self.periods_min <= self.periods <= _PERIODS_MAX:
            raise ConfigError(
                f"anomaly: needs 1 <= periods_min <= periods <= {_PERIODS_MAX},"
                f" not {self.periods_min} and {self.periods}"
            )
        if not 0 <= self.neighbours <= _NEIGHBOURS_MAX:
            raise ConfigError(f"anomaly: neighbours {self.neighbours} not in 0..{_NEIGHBOURS_MAX}")

    @property
    def memory_ns(self) -> DurationNs:
        """How far back the method looks."""
        return self.period_ns * self.periods


@dataclass(frozen=True, slots=True)
class EwmaConfig:
    """Compare with an average that forgets half of what it knew every ``half_life_ns``.

    Raises:
        ConfigError: the half-life is not above 0.
    """

    half_life_ns: DurationNs = 6 * NS_PER_HOUR

    def __post_init__(self) -> None:
        if self.half_life_ns < 1:
            raise ConfigError("anomaly: the half-life must be longer than 0")

    @property
    def memory_ns(self) -> DurationNs:
        """How far back deviations are remembered: two weeks of half-lives of six hours."""
        return 28 * self.half_life_ns


@dataclass(frozen=True, slots=True)
class ChangeConfig:
    """Compare with the value ``window_ns`` ago: unusual is a change by more than ``ratio`` of it.

    Changes from a value nearer to zero than ``floor`` are measured against ``floor``.

    Raises:
        ConfigError: the window, the ratio or the floor is not above 0.
    """

    window_ns: DurationNs = 10 * NS_PER_MINUTE
    ratio: float = 0.5
    floor: float = 1e-9

    def __post_init__(self) -> None:
        if self.window_ns < 1 or not self.ratio > 0.0 or not self.floor > 0.0:
            raise ConfigError("anomaly: window, ratio and floor of a change must be above 0")

    @property
    def memory_ns(self) -> DurationNs:
        """How far back the method looks: to the window before the present one."""
        return 2 * self.window_ns


Method = SeasonalConfig | EwmaConfig | ChangeConfig


@dataclass(frozen=True, slots=True)
class AnomalyConfig:
    """One detector: a method, how sensitive it is, and when it fires and calms down.

    It fires at the ``in_a_row``-th unusual value in a row and stops once nothing unusual has come
    for ``calm_ns``. ``sensitivity`` has no say over a :class:`ChangeConfig`, whose ratio is one.

    Raises:
        ConfigError: ``in_a_row`` is below 1 or ``calm_ns`` negative.
    """

    method: Method
    sensitivity: Sensitivity = Sensitivity.MEDIUM
    direction: Direction = Direction.BOTH
    in_a_row: int = 1
    calm_ns: DurationNs = 6 * NS_PER_HOUR

    def __post_init__(self) -> None:
        if self.in_a_row < 1 or self.calm_ns < 0:
            raise ConfigError("anomaly: in_a_row must be at least 1 and calm not negative")
