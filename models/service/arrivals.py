"""When requests arrive: laws of the instants of open-loop load.

:class:`~models.service.traffic.RateProfile` is the usual one, independent users whose rate varies
over time. The others are for load that is not Poisson.
"""

from dataclasses import dataclass

from models.base.distributions import Distribution
from models.base.errors import ConfigError
from models.base.time import NS_PER_S, DurationNs, TimeNs


@dataclass(frozen=True, slots=True)
class RenewalArrivals:
    """Gaps drawn independently from one law; a deterministic law spaces them evenly.

    The first request comes one gap after the start of the run.
    """

    gap: Distribution


@dataclass(frozen=True, slots=True)
class BurstState:
    """Poisson arrivals at ``rate_per_s`` for an exponential time of mean ``mean_ns``."""

    rate_per_s: float
    mean_ns: DurationNs


@dataclass(frozen=True, slots=True)
class BurstArrivals:
    """A Markov-modulated Poisson process whose states follow one another in a circle.

    It begins in the first state.

    Raises:
        ConfigError: fewer than two states, or one that makes no sense.
    """

    states: tuple[BurstState, ...]

    def __post_init__(self) -> None:
        if len(self.states) < 2:
            raise ConfigError("arrivals: bursts need at least two states")
        for state in self.states:
            if state.rate_per_s < 0.0 or state.mean_ns < 1:
                raise ConfigError("arrivals: a burst state needs a rate >= 0 and a length > 0")

    @property
    def rate_per_s(self) -> float:
        """Requests a second in the long run."""
        length_ns = sum(state.mean_ns for state in self.states)
        return sum(state.rate_per_s * state.mean_ns for state in self.states) / length_ns


@dataclass(frozen=True, slots=True)
class TimedArrivals:
    """Requests at these instants of the run, ascending; several may share one.

    Raises:
        ConfigError: an instant lies before the start or before its predecessor.
    """

    instants_ns: tuple[TimeNs, ...]

    def __post_init__(self) -> None:
        if list(self.instants_ns) != sorted(self.instants_ns) or (
            self.instants_ns and self.instants_ns[0] < 0
        ):
            raise ConfigError("arrivals: instants must ascend from the start of the run")

    @property
    def rate_per_s(self) -> float:
        """Requests a second up to the last one."""
        last_ns = self.instants_ns[-1] if self.instants_ns else 0
        return len(self.instants_ns) * NS_PER_S / last_ns if last_ns else 0.0
