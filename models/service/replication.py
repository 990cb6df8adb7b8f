"""A service whose instances keep copies of one log: a database with a primary and replicas."""

from dataclasses import dataclass
from enum import Enum

from models.base.distributions import Deterministic, Distribution
from models.base.time import NS_PER_S, DurationNs


class ReadsFrom(Enum):
    """Where clients send reads: to the primary, to replicas, or to whom the balancer picks."""

    PRIMARY = "primary"
    REPLICAS = "replicas"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class ReplicationSpec:
    """The first instance begins as primary; writes go to the primary.

    A write is answered when ``acks_needed`` replicas have it (0: at once). The primary sends it
    on ``lag`` after it was made; until then it is nowhere else. Every ``heartbeat_ns`` each
    instance reports to the failover monitor in ``monitor_zone``; a primary silent for more than
    ``silence_ns`` is succeeded by the replica that has most, which takes ``promote_ns``.
    """

    monitor_zone: str
    acks_needed: int = 0
    reads_from: ReadsFrom = ReadsFrom.PRIMARY
    lag: Distribution = Deterministic(0)
    heartbeat_ns: DurationNs = NS_PER_S
    silence_ns: DurationNs = 5 * NS_PER_S
    promote_ns: DurationNs = 2 * NS_PER_S
