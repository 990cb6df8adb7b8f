"""A finished run: manifest, tables, verdicts, and who computed it where."""

from dataclasses import dataclass
from enum import StrEnum

from models.base.time import TimeNs
from models.records.dashboard import Dashboard
from models.records.manifest import Manifest
from models.records.objective import RequestObjective
from models.records.table import Table


class Verdict(StrEnum):
    """Judgement of a whole run."""

    PASSED = "passed"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """One judged expectation, every figure in words as the report prints it.

    ``margin`` is how far the observation is on the good side (negative when violated), as a
    share of the target, or None where that has no meaning. ``first_violation_ns`` is the first
    instant at which it did not hold.
    """

    expectation: str
    holds: bool
    target: str
    observed: str
    margin: float | None
    first_violation_ns: TimeNs | None
    during: str


@dataclass(frozen=True, slots=True)
class Counts:
    """Every request offered, by how it ended over the whole run."""

    offered: int
    completed: int
    failed: int
    rejected: int
    timed_out: int
    in_flight: int


@dataclass(frozen=True, slots=True)
class Provenance:
    """Facts outside the digest: versions, and how long the computation took."""

    versions: tuple[tuple[str, str], ...]
    events: int
    wall_seconds: float
    created: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """A second run of the same scenario with some values replaced, for comparison."""

    name: str
    overrides: tuple[str, ...]
    digest: str
    verdict: Verdict
    counts: Counts
    p99_ms: float
    costs: Table


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What a run leaves behind, in memory; the same object is read back from a directory."""

    manifest: Manifest
    requests: Table
    attempts: Table
    samples: Table
    events: Table
    alerts: Table
    logs: Table
    jobs: Table
    costs: Table
    counts: Counts
    expectations: tuple[ExpectationResult, ...]
    verdict: Verdict
    stop_reason: str
    digest: str
    replay: str
    provenance: Provenance
    scenario_text: str
    overrides: tuple[str, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    dashboards: tuple[Dashboard, ...] = ()
    objective: RequestObjective = RequestObjective()

    def tables(self) -> tuple[Table, ...]:
        """All tables in canonical order."""
        return (
            self.requests,
            self.attempts,
            self.samples,
            self.events,
            self.alerts,
            self.logs,
            self.jobs,
            self.costs,
        )
