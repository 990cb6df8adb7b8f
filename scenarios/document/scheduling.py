"""Scheduler nodes, their lock and executors, and cron jobs, as written."""

from typing import Annotated, Literal

from pydantic import Field

from scenarios.document.distributions import DistributionDoc
from scenarios.document.quantities import Duration, PositiveDuration, Ratio
from scenarios.document.shapes import Name, Section


class NodeDoc(Section):
    """One scheduler node."""

    zone: Name


class LockDoc(Section):
    """The leader lock; ``drift`` is how wrong a clock may run without two holders."""

    zone: Name
    ttl: PositiveDuration = 15_000_000_000
    renew: PositiveDuration = 5_000_000_000
    retry: PositiveDuration = 2_000_000_000
    drift: Annotated[Ratio, Field(lt=1)] = 0.001


class ExecutorDoc(Section):
    """One executor and how many tasks it runs at once."""

    zone: Name
    capacity: Annotated[int, Field(ge=1, le=10_000)] = 1


class SchedulerDoc(Section):
    """Nodes that share one leader lock, and the executors that run their jobs."""

    nodes: Annotated[dict[Name, NodeDoc], Field(min_length=1)]
    lock: LockDoc
    executors: Annotated[dict[Name, ExecutorDoc], Field(min_length=1)]


class JobDoc(Section):
    """A cron job: five fields in ``schedule``, read in ``timezone``; ``work`` is one run's time."""

    schedule: str
    timezone: str = "UTC"
    work: DistributionDoc
    task: Annotated[str, Field(min_length=1)] = "sleep"
    payload: dict[str, str] = Field(default_factory=dict)
    timeout: PositiveDuration = 600_000_000_000
    retries: Annotated[int, Field(ge=0, le=100)] = 0
    backoff: Duration = 1_000_000_000
    misfire: Literal["fire_once", "skip", "fire_all"] = "fire_once"
    overlap: Literal["allow", "forbid", "replace"] = "forbid"
    starting_deadline: PositiveDuration | None = None
