"""What every rate limiter answers to, and how a rate is written down.

A rate is two integers, so many permits per so many nanoseconds, and every limiter scales its
state so that nothing is ever divided before it is compared. No call is let through a nanosecond
early, and a limiter asked a million times is as exact as one asked once.
"""

from dataclasses import dataclass
from typing import Protocol

from models.base.errors import ConfigError
from models.base.time import NS_PER_S, DurationNs, TimeNs

ADMITTED = 0
"""The answer that lets a call through."""
NEVER = 2**63
"""The answer to a cost that no waiting could make room for."""


@dataclass(frozen=True, slots=True)
class Rate:
    """``permits`` in every ``per_ns``, both at least 1.

    Raises:
        ConfigError: either is below 1.
    """

    permits: int
    per_ns: DurationNs = NS_PER_S

    def __post_init__(self) -> None:
        if self.permits < 1 or self.per_ns < 1:
            raise ConfigError(f"no rate: {self.permits} per {self.per_ns} ns")


class RateLimiter(Protocol):
    """Lets calls through at no more than a rate.

    ``try_acquire`` is on the path of every call: positional, O(1) unless its class says
    otherwise. ``now`` is nanoseconds on the caller's monotonic clock and never goes back.
    """

    def try_acquire(self, now: TimeNs, cost: int = 1, /) -> DurationNs:
        """Ask for ``cost`` (>= 1) permits.

        ``ADMITTED`` (0) if they were taken. Otherwise nothing was, and the answer is after how
        many nanoseconds the same call would be let through if no other came before: ``NEVER``
        if no wait helps.
        """
        ...


def refuse_below_one(what: str, value: int) -> None:
    """Refuse a size that lets nothing through.

    Raises:
        ConfigError: the value is below 1.
    """
    if value < 1:
        raise ConfigError(f"rate limit: {what} must be at least 1, not {value}")
