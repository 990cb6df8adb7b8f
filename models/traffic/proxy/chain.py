"""The chain of one edge: limit, concurrency, outliers, hedging and fallback, in that order.

A call is let in once and let go once, whatever number of tries it takes; members are judged by
every try. Balancer, breakers, retries and time-outs stand in the middle and are the caller's.
"""

from models.base.outcome import Outcome
from models.base.streams import Stream
from models.base.time import DurationNs, TimeNs
from models.traffic.concurrency.aimd import AimdLimit
from models.traffic.concurrency.base import ConcurrencyLimit
from models.traffic.concurrency.fixed import FixedLimit
from models.traffic.fallback import Fallback, FallbackSource
from models.traffic.hedging import Hedger
from models.traffic.limiter.base import ADMITTED
from models.traffic.limiter.token_bucket import TokenBucket
from models.traffic.outlier.detector import OutlierDetector
from models.traffic.outlier.verdict import NOT_EJECTED
from models.traffic.proxy.config import ProxyConfig

TURNED_AWAY = 0
"""The answer to a call that is not let in."""

_UNCOUNTED = 1
_DROPS = (Outcome.TIMEOUT, Outcome.QUEUE_FULL, Outcome.SHED, Outcome.EXPIRED)


class ProxyChain:
    """The policies of one caller on one edge. ``now`` is the caller's monotonic clock (ns).

    ``outliers`` is None unless members are judged: whoever drives it marks them down and up.
    ``hedger`` is None unless calls are hedged. A limit that a store keeps is no part of the chain.

    Raises:
        ConfigError: a policy makes no sense.
    """

    __slots__ = ("_concurrency", "_fallback", "_limiter", "fallbacks", "hedger", "outliers")

    def __init__(self, config: ProxyConfig, stream: Stream, *, now: TimeNs) -> None:
        self._limiter = None
        if config.limit is not None and config.limit.store is None:
            self._limiter = TokenBucket(config.limit.rate, config.limit.burst)
        self._concurrency = _concurrency_limit(config)
        self.outliers = None
        if config.outlier is not None:
            self.outliers = OutlierDetector(config.outlier, stream, now=now)
        self.hedger = None if config.hedge is None else Hedger(config.hedge)
        self._fallback = None if config.fallback is None else Fallback(config.fallback)
        self.fallbacks = 0

    def admit(self, now: TimeNs) -> int:
        """``TURNED_AWAY`` (0), or a permit (>= 1) that :meth:`left` or :meth:`gone` takes back."""
        if self._limiter is not None and self._limiter.try_acquire(now) != ADMITTED:
            return TURNED_AWAY
        if self._concurrency is None:
            return _UNCOUNTED
        return self._concurrency.try_acquire(now)

    def left(self, permit: int, outcome: Outcome, duration_ns: DurationNs, now: TimeNs) -> None:
        """A call that was let in has ended."""
        if self._concurrency is not None:
            self._concurrency.release(permit, now, duration_ns, outcome in _DROPS)

    def gone(self, permit: int) -> None:
        """A call that was let in is no longer waited for."""
        if self._concurrency is not None:
            self._concurrency.ignore(permit)

    def heard(self, member: int, outcome: Outcome, now: TimeNs) -> bool:
        """A try at a member ended so. True if that has just ejected the member."""
        if self.outliers is None:
            return False
        return self.outliers.record(member, outcome, now) != NOT_EJECTED

    def answered(self, outcome: Outcome, now: TimeNs) -> Outcome:
        """What the caller is told of a call that ended so: a fallback hides a failure."""
        if self._fallback is None or outcome is Outcome.OK:
            return outcome
        if self._fallback.choose(outcome, None, now=now) is FallbackSource.FAILURE:
            return outcome
        self.fallbacks += 1
        return Outcome.FALLBACK

    @property
    def under_way(self) -> int | None:
        """Calls that are counted as under way; None where nobody counts."""
        return None if self._concurrency is None else self._concurrency.in_flight


def _concurrency_limit(config: ProxyConfig) -> ConcurrencyLimit | None:
    if config.concurrency is None:
        return None
    if isinstance(config.concurrency, int):
        return FixedLimit(config.concurrency)
    return AimdLimit(config.concurrency)
