"""A token bucket in exact fractions, as simple as can be."""

from fractions import Fraction

from models.traffic.gateway.limits import RateLimit


class NaiveBucket:
    def __init__(self, limit: RateLimit) -> None:
        self.limit = limit
        self.tokens = Fraction(limit.burst)
        self.last = 0

    def try_acquire(self, now: int, cost: int, /) -> int:
        rate = Fraction(self.limit.requests, self.limit.per_ns)
        self.tokens = min(Fraction(self.limit.burst), self.tokens + (now - self.last) * rate)
        self.last = now
        if self.tokens >= cost:
            self.tokens -= cost
            return 0
        return -(-(cost - self.tokens) // rate)
