"""Adaptive LIFO: first come first served, until the queue stands; then the newest first.

Under overload the oldest requests are those whose callers have given up. Serving the newest keeps
some callers served in time, while the old ones wait for calmer times or for their deadline.
"""

from dataclasses import dataclass
from enum import Enum

from models.base.errors import ConfigError
from models.base.time import NS_PER_MS, DurationNs, TimeNs
from models.traffic.shedding.standing import Standing


class Order(Enum):
    """Which end of the queue is served next."""

    OLDEST_FIRST = "fifo"
    NEWEST_FIRST = "lifo"


@dataclass(frozen=True, slots=True)
class AdaptiveLifoConfig:
    """Turn over at ``length_from`` waiting, or when standing for longer than ``standing_ns``.

    A queue stands while it is longer than ``length_back``, and at that length the order turns
    back. 0 for ``length_from`` or ``standing_ns`` leaves that sign out.
    """

    length_from: int = 0
    standing_ns: DurationNs = 100 * NS_PER_MS
    length_back: int = 0


class AdaptiveLifo:
    """Says which end is served next. Tell it the length after every change of the queue.

    Source: Maurer 2015, "Fail at scale"; semantics 8.7. The way back at a lower mark keeps the
    order from flickering.

    Raises:
        ConfigError: no sign is given, a value is negative, or the way back is not below the way
            over.
    """

    __slots__ = ("_config", "_is_long", "_standing")

    def __init__(self, config: AdaptiveLifoConfig) -> None:
        if min(config.length_from, config.standing_ns, config.length_back) < 0:
            raise ConfigError("adaptive LIFO: lengths and durations must not be negative")
        if not config.length_from and not config.standing_ns:
            raise ConfigError("adaptive LIFO: needs a length or a standing time to turn over at")
        if config.length_from and config.length_back >= config.length_from:
            raise ConfigError("adaptive LIFO: length_back must be below length_from")
        self._config = config
        self._is_long = False
        self._standing = Standing(config.length_back)

    def changed(self, waiting: int, now: TimeNs) -> None:
        """The queue holds ``waiting`` requests from ``now`` on."""
        config = self._config
        self._standing.changed(waiting, now)
        if waiting <= config.length_back:
            self._is_long = False
        elif config.length_from and waiting >= config.length_from:
            self._is_long = True

    def order(self, now: TimeNs) -> Order:
        """Which end is served at ``now``. Changes nothing."""
        standing_ns = self._config.standing_ns
        stands = bool(standing_ns) and self._standing.duration_ns(now) > standing_ns
        return Order.NEWEST_FIRST if self._is_long or stands else Order.OLDEST_FIRST
