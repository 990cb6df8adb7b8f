"""Client-side throttling: a caller whose calls are turned away sends fewer of them by itself.

Turning a call away costs the server nearly as much as a cheap one costs. So callers count what
was accepted, and refuse at home a share of what would be turned away anyhow.
"""

from dataclasses import dataclass

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.base.time import NS_PER_S, TimeNs
from models.traffic.rolling_counts import RollingCounts

_REQUESTS, _ACCEPTS = range(2)


def refusal_probability(requests: int, accepts: int, multiplier: float = 2.0) -> float:
    """max(0, (requests - multiplier * accepts) / (requests + 1)).

    Source: Google SRE book, "Handling overload"; semantics 8.3.
    """
    return max(0.0, (requests - multiplier * accepts) / (requests + 1))


@dataclass(frozen=True, slots=True)
class AdaptiveThrottleConfig:
    """Counts the last ``window_s`` seconds. A ``multiplier`` of 2 lets twice the accepts out.

    A smaller one refuses sooner; a greater one wastes more of the server's time and notices its
    recovery sooner.
    """

    window_s: int = 120
    multiplier: float = 2.0


class AdaptiveThrottle:
    """One caller's view of one service; keep one for each class of criticality.

    Ask :meth:`admits` for every call, also those refused here: they count as requests. Tell
    :meth:`accepted` of each that the server did not turn away, whatever else became of it.

    Source: Google SRE book, "Handling overload"; semantics 8.3.

    Raises:
        ConfigError: a window below 1 s, or a multiplier below 1.
    """

    __slots__ = ("_multiplier", "_rolling", "_stream")

    def __init__(self, config: AdaptiveThrottleConfig, stream: Stream) -> None:
        if config.window_s < 1 or not config.multiplier >= 1.0:
            raise ConfigError("adaptive throttle: window and multiplier must be at least 1")
        self._multiplier = config.multiplier
        self._rolling = RollingCounts(columns=2, buckets=config.window_s, width_ns=NS_PER_S)
        self._stream = stream

    def refusal_share(self, now: TimeNs) -> float:
        """Probability that a call is refused at ``now``. Changes nothing."""
        requests, accepts = self._rolling.totals_at(now)
        return refusal_probability(requests, accepts, self._multiplier)

    def admits(self, now: TimeNs) -> bool:
        """Count a call and let it out, or not. Takes a draw only where chance decides."""
        rolling = self._rolling
        rolling.advance(now)
        requests, accepts = rolling.totals
        share = refusal_probability(requests, accepts, self._multiplier)
        rolling.add(_REQUESTS)
        return share == 0.0 or self._stream.uniform() >= share

    def accepted(self, now: TimeNs) -> None:
        """The server has taken a call."""
        self._rolling.advance(now)
        self._rolling.add(_ACCEPTS)
