"""Client that slows itself down when it is told to, and finds its way back along a cubic curve.

A throttled answer cuts the rate and remembers where it was; successes raise it slowly near that
point and fast away from it, but never above twice what is really being sent.
"""

from models.base.portable import power
from models.base.time import NS_PER_MS, NS_PER_S, TimeNs, seconds
from models.traffic.limiter.base import ADMITTED

BETA = 0.7
SCALE = 0.4
SMOOTHING = 0.8
RATE_PER_S_MIN = 0.5
CAPACITY_MIN = 1.0
BUCKET_NS = 500 * NS_PER_MS
HEADROOM = 2.0


class CubicCurve:
    """The rate as a function of the time since the last throttled answer.

    rate = 0.4 (t - K)**3 + w_max, with K = (w_max (1 - 0.7) / 0.4)**(1/3), t in seconds and rates
    per second.

    Source: botocore ``retries/throttling.py`` (CUBIC, RFC 9438); semantics 8.2.
    """

    __slots__ = ("_beta", "_throttled_at", "inflection_s", "rate_per_s_max")

    def __init__(self, rate_per_s_max: float, *, beta: float = BETA, now: TimeNs = 0) -> None:
        self._beta = beta
        self.rate_per_s_max = rate_per_s_max
        self._throttled_at = now
        self.inflection_s = self._inflection()

    def succeeded(self, *, now: TimeNs) -> float:
        """The rate to go on with after a success."""
        since_s = seconds(now - self._throttled_at) - self.inflection_s
        return SCALE * since_s * since_s * since_s + self.rate_per_s_max

    def throttled(self, rate_per_s: float, *, now: TimeNs) -> float:
        """The rate to go on with after being throttled at ``rate_per_s``."""
        self.rate_per_s_max = rate_per_s
        self._throttled_at = now
        self.inflection_s = self._inflection()
        return rate_per_s * self._beta

    def _inflection(self) -> float:
        volume = self.rate_per_s_max * (1.0 - self._beta) / SCALE
        return power(volume, 1.0 / 3.0) if volume > 0.0 else 0.0


class SendRate:
    """What is really being sent, per second, measured in buckets of half a second.

    A bucket that closes moves the measured rate by 0.8 towards its own.

    Source: botocore ``RateClocker``; semantics 8.2.
    """

    __slots__ = ("_bucket_start", "_count", "rate_per_s")

    def __init__(self, *, now: TimeNs = 0) -> None:
        self._bucket_start = now - now % BUCKET_NS
        self._count = 0
        self.rate_per_s = 0.0

    def sent(self, *, now: TimeNs) -> float:
        """Count one call. Returns the measured rate."""
        self._count += 1
        start = now - now % BUCKET_NS
        if start > self._bucket_start:
            fresh = self._count / seconds(start - self._bucket_start)
            self.rate_per_s = fresh * SMOOTHING + self.rate_per_s * (1.0 - SMOOTHING)
            self._count = 0
            self._bucket_start = start
        return self.rate_per_s


class AdaptiveClient:
    """Token bucket that is off until the first throttled answer, and follows the curve from then.

    Ask :meth:`try_acquire` before each call and tell :meth:`ended` after it.

    Source: botocore ``retries/adaptive.py``; semantics 8.2. Rates are floats, made by the same
    exact operations on every machine.
    """

    __slots__ = ("_as_of", "_capacity", "_curve", "_rate_per_s", "_sent", "_tokens", "is_limiting")

    def __init__(self, *, now: TimeNs = 0) -> None:
        self._curve = CubicCurve(0.0, now=now)
        self._sent = SendRate(now=now)
        self._rate_per_s = RATE_PER_S_MIN
        self._capacity = CAPACITY_MIN
        self._tokens = 0.0
        self._as_of = now
        self.is_limiting = False

    @property
    def rate_per_s(self) -> float | None:
        """Calls per second let through, None while there is no limit."""
        return self._rate_per_s if self.is_limiting else None

    def try_acquire(self, now: TimeNs, cost: int = 1, /) -> int:
        """0, or the nanoseconds after which to ask again."""
        if not self.is_limiting:
            return ADMITTED
        self._refill(now)
        if self._tokens >= cost:
            self._tokens -= cost
            return ADMITTED
        return int((cost - self._tokens) / self._rate_per_s * NS_PER_S) + 1

    def ended(self, *, is_throttled: bool, now: TimeNs) -> None:
        """Learn how a call ended: refused as too many, or anything else."""
        measured = self._sent.sent(now=now)
        if is_throttled:
            rate = min(measured, self._rate_per_s) if self.is_limiting else measured
            wanted = self._curve.throttled(rate, now=now)
            self.is_limiting = True
        else:
            wanted = self._curve.succeeded(now=now)
        self._refill(now)
        self._rate_per_s = max(RATE_PER_S_MIN, min(wanted, HEADROOM * measured))
        self._capacity = max(CAPACITY_MIN, self._rate_per_s)
        self._tokens = min(self._tokens, self._capacity)

    def _refill(self, now: TimeNs) -> None:
        earned = seconds(max(0, now - self._as_of)) * self._rate_per_s
        self._tokens = min(self._capacity, self._tokens + earned)
        self._as_of = max(now, self._as_of)
