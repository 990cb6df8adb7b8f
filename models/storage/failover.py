"""Who leads: a monitor that misses the primary and promotes the replica that has most.

It hears of every node by heartbeats. When the primary has been silent for too long, and enough
nodes are heard to be sure that it is not the monitor that is cut off, it promotes the replica
with the highest position. A write that was confirmed and is on no node that was heard is lost;
how many, is only known when the old primary is back.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from models.base.errors import ConfigError
from models.base.time import NS_PER_S, DurationNs, TimeNs


@dataclass(frozen=True, slots=True)
class FailoverConfig:
    """The primary is given up iff it was last heard more than ``silence_ns`` ago.

    ``heard_min`` nodes, the future primary among them, must have been heard within that time.
    After a promotion the next one has to wait for ``rest_ns``, so that a flapping node does not
    pass the lead around.
    """

    silence_ns: DurationNs = 10 * NS_PER_S
    heard_min: int = 1
    rest_ns: DurationNs = 30 * NS_PER_S


@dataclass(frozen=True, slots=True)
class Promotion:
    """``node`` is to lead under ``term``, with the writes up to ``position``."""

    node: str
    term: int
    position: int


@dataclass(slots=True)
class _Heard:
    at: TimeNs
    position: int


class FailoverMonitor:
    """Decides when the lead changes, and to whom. All instants are on the monitor's clock.

    Source: Orchestrator's and Patroni's rules: the most advanced replica, a quorum of witnesses,
    a pause between recoveries.

    Raises:
        ConfigError: a duration that is negative, no nodes, a quorum larger than the replicas, or
            a primary that is not among the nodes.
    """

    def __init__(
        self, config: FailoverConfig, nodes: Sequence[str], *, primary: str, now: TimeNs
    ) -> None:
        if config.silence_ns < 0 or config.rest_ns < 0:
            raise ConfigError("failover: durations must not be negative")
        if primary not in nodes:
            raise ConfigError(f"failover: the primary {primary!r} is not among the nodes")
        if not 1 <= config.heard_min < max(len(nodes), 2):
            raise ConfigError("failover: heard_min must be at least 1 and less than the nodes")
        self._config = config
        self._order = {node: place for place, node in enumerate(nodes)}
        self._heard = {node: _Heard(now, 0) for node in nodes}
        self._rests_until = now
        self.primary = primary
        self.term = 1

    def heard(self, node: str, position: int, *, now: TimeNs) -> None:
        """A heartbeat of a node, and how far its log is."""
        kept = self._heard[node]
        kept.at, kept.position = now, position

    def is_silent(self, node: str, *, now: TimeNs) -> bool:
        """True iff the node was last heard more than ``silence_ns`` ago."""
        return now - self._heard[node].at > self._config.silence_ns

    def next_deadline(self) -> TimeNs:
        """The first instant at which the primary could be given up, as things stand."""
        silent_from = self._heard[self.primary].at + self._config.silence_ns + 1
        return max(silent_from, self._rests_until)

    def tick(self, *, now: TimeNs) -> Promotion | None:
        """Promote somebody if it is time; otherwise the primary stays."""
        if now < self._rests_until or not self.is_silent(self.primary, now=now):
            return None
        candidates = [
            node
            for node in self._order
            if node != self.primary and not self.is_silent(node, now=now)
        ]
        if len(candidates) < self._config.heard_min:
            self._rests_until = now + max(self._config.silence_ns, 1)
            return None
        chosen = max(candidates, key=lambda node: (self._heard[node].position, -self._order[node]))
        self.primary = chosen
        self.term += 1
        self._rests_until = now + self._config.rest_ns
        return Promotion(chosen, self.term, self._heard[chosen].position)
