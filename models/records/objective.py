"""The promise to users that a run is measured against."""

from dataclasses import dataclass

from models.base.errors import ConfigError
from models.base.time import NS_PER_DAY, DurationNs


@dataclass(frozen=True, slots=True)
class RequestObjective:
    """``target`` is the share of requests that complete, in [0, 1), over ``window_ns``.

    Raises:
        ConfigError: the target or the window is out of range.
    """

    target: float = 0.999
    window_ns: DurationNs = 30 * NS_PER_DAY

    def __post_init__(self) -> None:
        if not 0.0 <= self.target < 1.0 or self.window_ns < 1:
            raise ConfigError("an objective needs a target in [0, 1) and a window above 0")

    @property
    def budget_ratio(self) -> float:
        """The share of requests that may go wrong."""
        return 1.0 - self.target
