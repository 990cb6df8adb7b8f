"""Criticality: when not everything can be served, the least important goes first.

Four classes, and they travel with the request, so that every service on its way sheds the same
work and none wastes what another has already done for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType

from models.base.errors import ConfigError


class Criticality(IntEnum):
    """Greater is more important. The default of a request is ``CRITICAL``.

    Source: Google SRE book, "Handling overload"; semantics 8.7.
    """

    SHEDDABLE = 0
    SHEDDABLE_PLUS = 1
    CRITICAL = 2
    CRITICAL_PLUS = 3


_DEFAULT_SHARES = MappingProxyType(
    {
        Criticality.SHEDDABLE: 0.4,
        Criticality.SHEDDABLE_PLUS: 0.6,
        Criticality.CRITICAL: 0.8,
        Criticality.CRITICAL_PLUS: 1.0,
    }
)


@dataclass(frozen=True, slots=True)
class PriorityConfig:
    """How much of a bounded resource each class may fill: a queue's places, a pool's slots.

    ``shares`` are of ``capacity``, and never fall with importance.
    """

    capacity: int
    shares: Mapping[Criticality, float] = field(default_factory=lambda: _DEFAULT_SHARES)


class PriorityShedder:
    """Admits a class while what is taken in all is below the class's share of the capacity.

    Lower classes are refused first, and the last places are kept for the highest. ``victim``
    does the same for a queue that is full: someone less important gives up the place.

    Source: semantics 8.7 (reject early by criticality, lowest first).

    Raises:
        ConfigError: the capacity is negative, a class has no share or one outside [0, 1], or a
            class has less than a lower one.
    """

    __slots__ = ("_capacity", "_limits")

    def __init__(self, config: PriorityConfig) -> None:
        if config.capacity < 0:
            raise ConfigError("priorities: the capacity must not be negative")
        if set(config.shares) != set(Criticality):
            raise ConfigError("priorities: every class of criticality needs a share")
        shares = [config.shares[level] for level in Criticality]
        if not all(0.0 <= share <= 1.0 for share in shares) or shares != sorted(shares):
            raise ConfigError("priorities: shares must be in [0, 1] and rise with importance")
        self._capacity = config.capacity
        self._limits = tuple(int(config.capacity * share) for share in shares)

    def admits(self, criticality: Criticality, taken: int) -> bool:
        """May one more of this class come in while ``taken`` are in? Hot path."""
        return taken < self._limits[criticality]

    def victim(self, criticality: Criticality, waiting: Sequence[int]) -> Criticality | None:
        """Class of the waiting request that must leave so that this one may come in.

        ``waiting`` counts the requests per class, lowest first. None if nothing less important
        waits: then the new one is refused itself.
        """
        for level in Criticality:
            if level >= criticality:
                return None
            if waiting[level]:
                return level
        return None
