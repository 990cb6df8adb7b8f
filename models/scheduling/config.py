"""Cron jobs, the nodes that schedule them, and the executors that run them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from models.base.distributions import Distribution
from models.base.time import NS_PER_MINUTE, NS_PER_S, DurationNs


class Misfire(Enum):
    """What to do with ticks missed while no scheduler led: the latest once, none, or all."""

    FIRE_ONCE = "fire_once"
    SKIP = "skip"
    FIRE_ALL = "fire_all"


class Overlap(Enum):
    """What to do when a tick is due while an earlier run of the job is active."""

    ALLOW = "allow"
    FORBID = "forbid"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class JobConfig:
    """A cron job. ``schedule`` has five fields, read in ``timezone`` (IANA).

    ``task`` names the handler, ``payload`` is passed to it. ``work`` is how long a run takes in
    the simulator. ``timeout_ns`` bounds one try; ``retries`` are extra tries after a failure,
    ``retry_backoff_ns`` apart.
    """

    name: str
    schedule: str
    work: Distribution
    timezone: str = "UTC"
    task: str = "sleep"
    payload: Mapping[str, str] = field(default_factory=dict)
    timeout_ns: DurationNs = 10 * NS_PER_MINUTE
    retries: int = 0
    retry_backoff_ns: DurationNs = NS_PER_S
    misfire: Misfire = Misfire.FIRE_ONCE
    overlap: Overlap = Overlap.FORBID
    starting_deadline_ns: DurationNs | None = None


@dataclass(frozen=True, slots=True)
class LockConfig:
    """Leader lock: time to live, and how often a holder renews and a rival tries."""

    zone: str
    ttl_ns: DurationNs = 15 * NS_PER_S
    renew_ns: DurationNs = 5 * NS_PER_S
    retry_ns: DurationNs = 2 * NS_PER_S
    drift_ratio: float = 0.001


@dataclass(frozen=True, slots=True)
class ExecutorConfig:
    """An executor: where it runs and how many tasks at once."""

    name: str
    zone: str
    capacity: int = 1


@dataclass(frozen=True, slots=True)
class SchedulerConfig:
    """Scheduler nodes (name, zone) sharing one leader lock, and their executors.

    Executors give a sign of life every ``executor_beat_ns``; one not heard from for longer than
    ``executor_lease_ns`` is lost. Orders and results are repeated every ``resend_ns`` until they
    are answered.
    """

    nodes: tuple[tuple[str, str], ...]
    lock: LockConfig
    executors: tuple[ExecutorConfig, ...]
    executor_beat_ns: DurationNs = 2 * NS_PER_S
    executor_lease_ns: DurationNs = 10 * NS_PER_S
    resend_ns: DurationNs = 2 * NS_PER_S
