"""Fixed limit: so many calls at once, for ever."""

from models.base.time import DurationNs, TimeNs
from models.traffic.concurrency.base import CountingLimit, LimitRange


class FixedLimit(CountingLimit):
    """At most ``limit`` calls under way; the next is refused at once.

    Source: Envoy circuit breakers, ``max_requests``; semantics 7.3.

    Raises:
        ConfigError: the limit is below 1.
    """

    __slots__ = ()

    def __init__(self, limit: int) -> None:
        super().__init__(LimitRange(initial=limit, lowest=limit, highest=limit))

    def _learn(
        self, in_flight: int, now: TimeNs, duration_ns: DurationNs, is_dropped: bool
    ) -> None:
        """Nothing is learnt."""
