"""Shedding by utilisation: begin to refuse before everything is taken.

The load is what is active as a share of the slots, averaged over a short time so that bursts pass.
Each class of criticality has a level at which its refusals begin and one at which all of it is
refused; in between a growing share is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.base.time import NS_PER_S, DurationNs, TimeNs
from models.traffic.estimate import DecayingAverage
from models.traffic.shedding.priority import Criticality

_DEFAULT_LEVELS = MappingProxyType(
    {
        Criticality.SHEDDABLE: (0.6, 0.8),
        Criticality.SHEDDABLE_PLUS: (0.7, 0.9),
        Criticality.CRITICAL: (0.85, 1.0),
        Criticality.CRITICAL_PLUS: (0.95, 1.1),
    }
)


@dataclass(frozen=True, slots=True)
class UtilisationConfig:
    """``levels``: per class, the load at which refusals begin and at which all is refused.

    Loads are shares of ``slots`` and may pass 1 where work also waits.
    """

    slots: int
    time_constant_ns: DurationNs = NS_PER_S
    levels: Mapping[Criticality, tuple[float, float]] = field(
        default_factory=lambda: _DEFAULT_LEVELS
    )


class UtilisationShedder:
    """Refuses a share of each class that grows with the averaged load.

    Source: Google SRE book, "Handling overload" (executor load average, smoothed with
    exponential decay, thresholds by criticality); semantics 8.7. The ramp between two levels is
    ours: a single threshold makes the load swing.

    Raises:
        ConfigError: no slot, a class without levels, or levels that do not rise.
    """

    __slots__ = ("_levels", "_load", "_slots", "_stream")

    def __init__(self, config: UtilisationConfig, stream: Stream) -> None:
        if config.slots < 1:
            raise ConfigError("utilisation: needs at least one slot")
        if set(config.levels) != set(Criticality):
            raise ConfigError("utilisation: every class of criticality needs its levels")
        if not all(0.0 <= low < high for low, high in config.levels.values()):
            raise ConfigError("utilisation: refusals begin at 0 or above, and end above that")
        self._slots = config.slots
        self._levels = tuple(config.levels[level] for level in Criticality)
        self._load = DecayingAverage(config.time_constant_ns)
        self._stream = stream

    def load(self, now: TimeNs) -> float:
        """Averaged load, as a share of the slots. Changes nothing."""
        return self._load.at(now)

    def changed(self, active: int, now: TimeNs) -> None:
        """``active`` requests are being worked on from ``now`` on."""
        self._load.hold(active / self._slots, now)

    def refusal_share(self, criticality: Criticality, now: TimeNs) -> float:
        """Share of this class that is refused at ``now``, in [0, 1]."""
        low, high = self._levels[criticality]
        return min(1.0, max(0.0, (self._load.at(now) - low) / (high - low)))

    def admits(self, criticality: Criticality, now: TimeNs) -> bool:
        """Let one of this class in? Takes a draw only where chance decides."""
        share = self.refusal_share(criticality, now)
        if share in (0.0, 1.0):
            return share == 0.0
        return self._stream.uniform() >= share
