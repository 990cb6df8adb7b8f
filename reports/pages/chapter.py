"""Which chapter a report opens with: the one that answers the scenario's own question."""

from collections.abc import Callable
from dataclasses import dataclass

from models.records.record import RunRecord
from reports.pages.capacity import CapacityView, capacity_view
from reports.pages.cost import CostView, cost_view
from reports.pages.failover import FaultStory, fault_stories
from reports.pages.jobs import JobsView, jobs_view


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter: its title, the template that shows it, and what the template is given."""

    title: str
    template: str
    view: tuple[FaultStory, ...] | CapacityView | CostView | JobsView | None


_CHAPTERS: dict[str, Callable[[RunRecord], Chapter]] = {
    "failover": lambda record: Chapter("Failover", "failover.html", fault_stories(record)),
    "capacity": lambda record: Chapter("Capacity", "capacity.html", capacity_view(record)),
    "cost": lambda record: Chapter("Cost", "cost.html", cost_view(record)),
    "jobs": lambda record: Chapter("Jobs", "jobs.html", jobs_view(record)),
    "traffic": lambda _: Chapter("Traffic", "traffic.html", None),
}


def chapter_of(record: RunRecord) -> Chapter | None:
    """The chapter named by the manifest's section; None for a section without one."""
    build = _CHAPTERS.get(record.manifest.section)
    return build(record) if build else None
