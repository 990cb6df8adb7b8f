"""Limits of a connection pool: connections, requests, requests that wait for one, and retries.

They fail a request at once when something is used up. No error is counted and nothing opens or
closes: what they break is a queue that would grow without end.
"""

from dataclasses import dataclass
from enum import Enum

from models.base.errors import ConfigError, SimulationError


class Admission(Enum):
    """What becomes of a request: sent, made to wait for a connection, or failed at once."""

    SEND = "send"
    WAIT = "wait"
    OVERFLOW = "overflow"


@dataclass(frozen=True, slots=True)
class PoolLimitsConfig:
    """Limits of one pool and one priority. ``streams_max`` requests share a connection."""

    connections_max: int = 1024
    pending_max: int = 1024
    requests_max: int = 1024
    retries_max: int = 3
    streams_max: int = 1


@dataclass(frozen=True, slots=True)
class PoolSnapshot:
    """What is in use, and how many requests and retries were failed at once so far."""

    active: int
    pending: int
    retries: int
    overflowed: int
    retries_overflowed: int


class PoolLimits:
    """Counts what one pool has in use. Keep one for each priority (default, high).

    A request whose turn comes while ``requests_max`` are active overflows; otherwise it is sent
    if a connection has room, waits if fewer than ``pending_max`` do, and overflows else.

    Source: Envoy ``circuit_breaker.proto`` and ``conn_pool_base.cc``; semantics 7.3.

    Raises:
        ConfigError: a negative limit, or a connection that carries nothing.
    """

    __slots__ = ("_active", "_active_max", "_config", "_overflowed", "_pending", "_retries",
                 "_retries_overflowed")  # fmt: skip

    def __init__(self, config: PoolLimitsConfig) -> None:
        limits = (config.connections_max, config.pending_max, config.requests_max)
        if min(*limits, config.retries_max) < 0 or config.streams_max < 1:
            raise ConfigError("pool limits: must not be negative, and a connection carries some")
        self._config = config
        self._active_max = min(config.requests_max, config.connections_max * config.streams_max)
        self._active = 0
        self._pending = 0
        self._retries = 0
        self._overflowed = 0
        self._retries_overflowed = 0

    def arrive(self) -> Admission:
        """A request wants to be sent. Hot path."""
        if self._active < self._active_max:
            self._active += 1
            return Admission.SEND
        config = self._config
        if self._active < config.requests_max and self._pending < config.pending_max:
            self._pending += 1
            return Admission.WAIT
        self._overflowed += 1
        return Admission.OVERFLOW

    def finish(self) -> bool:
        """A request that was sent has ended. True if one that waits is sent in its place.

        Raises:
            SimulationError: none was active.
        """
        if not self._active:
            raise SimulationError("pool limits: a request ended that was never sent")
        if self._pending and self._active <= self._active_max:
            self._pending -= 1
            return True
        self._active -= 1
        return False

    def resize(self, connections_max: int) -> int:
        """From now on so many connections may be open; returns how many that wait are sent.

        Requests under way keep theirs: who ends while there are too many makes room for nobody.

        Raises:
            ConfigError: a negative number.
        """
        if connections_max < 0:
            raise ConfigError("pool limits: connections_max must not be negative")
        config = self._config
        self._active_max = min(config.requests_max, connections_max * config.streams_max)
        sent = min(self._pending, max(0, self._active_max - self._active))
        self._pending -= sent
        self._active += sent
        return sent

    def give_up(self) -> None:
        """A request that waited has gone away.

        Raises:
            SimulationError: none was waiting.
        """
        if not self._pending:
            raise SimulationError("pool limits: a request gave up that was not waiting")
        self._pending -= 1

    def try_retry(self) -> bool:
        """May one more retry be under way? Each that may is ended with :meth:`finish_retry`."""
        if self._retries >= self._config.retries_max:
            self._retries_overflowed += 1
            return False
        self._retries += 1
        return True

    def finish_retry(self) -> None:
        """A retry has ended.

        Raises:
            SimulationError: none was under way.
        """
        if not self._retries:
            raise SimulationError("pool limits: a retry ended that never began")
        self._retries -= 1

    def snapshot(self) -> PoolSnapshot:
        """What is in use. Changes nothing."""
        return PoolSnapshot(
            active=self._active,
            pending=self._pending,
            retries=self._retries,
            overflowed=self._overflowed,
            retries_overflowed=self._retries_overflowed,
        )
