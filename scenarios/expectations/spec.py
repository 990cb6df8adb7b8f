"""What a scenario expects of a run, as values; names are resolved, nothing is judged here."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from models.base.time import DurationNs
from models.telemetry.promql import Expression


class TargetKind(Enum):
    """Whether an expectation is about a source's users, a service, or one endpoint of it."""

    SOURCE = "source"
    SERVICE = "service"
    ENDPOINT = "endpoint"


@dataclass(frozen=True, slots=True)
class Target:
    """Whose requests count. ``endpoint`` is empty unless the kind is ENDPOINT.

    For a source the whole requests of its users count; for a service or endpoint the attempts
    that were made at it.
    """

    kind: TargetKind
    name: str
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class FaultRef:
    """One fault of the plan: its index and its label."""

    index: int
    label: str


@dataclass(frozen=True, slots=True)
class LatencyBelow:
    """``statistic`` (p50 p90 p95 p99 max mean) over completed requests is below ``below_ns``.

    ``during`` names a phase, or ``run``. ``text`` is the expectation in one line.
    """

    text: str
    during: str
    statistic: str
    of: Target
    below_ns: DurationNs


@dataclass(frozen=True, slots=True)
class ErrorRatioBelow:
    """The share of arrivals that did not complete is below ``below_ratio``."""

    text: str
    during: str
    of: Target
    below_ratio: float


@dataclass(frozen=True, slots=True)
class ErrorRatioAbove:
    """The share of arrivals that did not complete is above ``above_ratio``."""

    text: str
    during: str
    of: Target
    above_ratio: float


@dataclass(frozen=True, slots=True)
class CompletedRatioAbove:
    """The share of arrivals that completed is above ``above_ratio``."""

    text: str
    during: str
    of: Target
    above_ratio: float


@dataclass(frozen=True, slots=True)
class ThroughputAbove:
    """Completed requests per second of the window are above ``above_per_s``."""

    text: str
    during: str
    of: Target
    above_per_s: float


@dataclass(frozen=True, slots=True)
class AlertFiresWithin:
    """The alert fires no later than ``within_ns`` after the fault, or the start of measure."""

    text: str
    alert: str
    within_ns: DurationNs
    fault: FaultRef | None


@dataclass(frozen=True, slots=True)
class AlertNeverFires:
    """The alert is never firing during the phase, or the ``run``."""

    text: str
    during: str
    alert: str


@dataclass(frozen=True, slots=True)
class FailoverWithin:
    """The last caller has dropped the fault's targets from its view within that time."""

    text: str
    fault: FaultRef
    within_ns: DurationNs


@dataclass(frozen=True, slots=True)
class RecoveryWithin:
    """Users are served as before the fault within that time after it struck."""

    text: str
    fault: FaultRef
    within_ns: DurationNs


@dataclass(frozen=True, slots=True)
class PagedWithin:
    """``receiver`` (None: anybody) got a page for a firing alert within that time."""

    text: str
    fault: FaultRef
    receiver: str | None
    within_ns: DurationNs


class Runs(Enum):
    """How often a job may take effect for each tick of its schedule."""

    EXACTLY_ONCE = "exactly_once"
    AT_LEAST_ONCE = "at_least_once"
    AT_MOST_ONCE = "at_most_once"


@dataclass(frozen=True, slots=True)
class JobRuns:
    """The job took effect so often for every tick that was due in the run."""

    text: str
    job: str
    runs: Runs


class CostMeasure(Enum):
    """What of the bill is bounded."""

    PER_HOUR = "per_hour"
    PER_1000_REQUESTS = "per_1000_requests"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class CostBelow:
    """The bill over the window is below ``below_usd``."""

    text: str
    during: str
    measure: CostMeasure
    below_usd: float


@dataclass(frozen=True, slots=True)
class PromqlHolds:
    """The expression gives at least one series at every evaluation of the window.

    ``expression`` is as written; ``compiled`` is what it was read as.
    """

    text: str
    during: str
    expression: str
    compiled: Expression


class ExperimentPart(Enum):
    """What is judged of an experiment."""

    STEADY_BEFORE = "before"
    ABORT = "abort"
    GOAL = "goal"
    STEADY_AFTER = "after"


@dataclass(frozen=True, slots=True)
class ExperimentHolds:
    """One part of the experiment went as hoped.

    ``goal`` names a success criterion and ``wanted`` the share of samples in which it must hold;
    for ``ABORT`` it is 1 if the experiment is meant to be aborted and 0 if not.
    """

    text: str
    part: ExperimentPart
    goal: str = ""
    wanted: float = 0.0


Expectation: TypeAlias = (
    LatencyBelow
    | ErrorRatioBelow
    | ErrorRatioAbove
    | CompletedRatioAbove
    | ThroughputAbove
    | AlertFiresWithin
    | AlertNeverFires
    | FailoverWithin
    | RecoveryWithin
    | PagedWithin
    | JobRuns
    | CostBelow
    | PromqlHolds
    | ExperimentHolds
)
