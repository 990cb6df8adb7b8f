"""Fallback: what to answer when the call has failed and an answer is better than none.

An old value is usually nearer to the truth than a constant, up to an age; then the constant,
if there is one; then the failure itself.
"""

from dataclasses import dataclass
from enum import Enum

from models.base.errors import ConfigError
from models.base.outcome import Outcome
from models.base.time import DurationNs, TimeNs


class FallbackSource(Enum):
    """Where the answer comes from; ``FAILURE`` is no answer, the failure is passed on."""

    FAILURE = "failure"
    STALE = "stale"
    STATIC = "static"


@dataclass(frozen=True, slots=True)
class FallbackConfig:
    """Answers for failures in ``covers``.

    A value kept from before serves while it is at most ``stale_ns_max`` old (0: never), a
    constant if ``has_static``.
    """

    stale_ns_max: DurationNs = 0
    has_static: bool = False
    covers: frozenset[Outcome] = frozenset(
        {
            Outcome.ERROR,
            Outcome.TIMEOUT,
            Outcome.QUEUE_FULL,
            Outcome.REFUSED,
            Outcome.RESET,
            Outcome.BREAKER_OPEN,
            Outcome.NO_ENDPOINT,
        }
    )


class Fallback:
    """Chooses the answer to a call that has failed after all its tries.

    Whatever it chooses, the failure must still be counted as one by breakers and objectives: a
    fallback hides it from the user, not from the operator.

    Raises:
        ConfigError: a negative age, or a success among the failures.
    """

    __slots__ = ("_config",)

    def __init__(self, config: FallbackConfig) -> None:
        if config.stale_ns_max < 0:
            raise ConfigError("fallback: stale_ns_max must not be negative")
        if Outcome.OK in config.covers:
            raise ConfigError("fallback: a success needs none")
        self._config = config

    def choose(self, outcome: Outcome, kept_at: TimeNs | None, *, now: TimeNs) -> FallbackSource:
        """Answer a failure. ``kept_at`` is when the kept value was fetched, None without one."""
        config = self._config
        if outcome not in config.covers:
            return FallbackSource.FAILURE
        if config.stale_ns_max and kept_at is not None and now - kept_at <= config.stale_ns_max:
            return FallbackSource.STALE
        return FallbackSource.STATIC if config.has_static else FallbackSource.FAILURE
