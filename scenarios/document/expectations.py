"""What the scenario hopes for, as written: one kind of expectation per leading key."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from scenarios.document.quantities import Amount, PositiveDuration, Rate, Ratio
from scenarios.document.shapes import Name, Section, exactly_one_of, first_key_of

During = Literal["warm_up", "measure", "heal", "settle", "run"]


class _Windowed(Section):
    """An expectation about the requests that arrive in one phase, or in the whole run."""

    during: During = "measure"


class LatencyExpectation(_Windowed):
    """A statistic of the latency of completed requests stays below a bound."""

    latency: Literal["p50", "p90", "p95", "p99", "max", "mean"]
    of: str
    below: PositiveDuration


class ErrorRatioExpectation(_Windowed):
    """The share of requests that did not complete stays below a bound."""

    error_ratio: str
    below: Annotated[Ratio, Field(gt=0, le=1)]


class ErrorRatioAboveExpectation(_Windowed):
    """The share of requests that did not complete is above a bound: the collapse is shown."""

    error_ratio: str
    above: Annotated[Ratio, Field(ge=0, lt=1)]


class CompletedRatioExpectation(_Windowed):
    """The share of requests that completed stays above a bound."""

    completed_ratio: str
    above: Annotated[Ratio, Field(ge=0, lt=1)]


class ThroughputExpectation(_Windowed):
    """Requests completed per second stay above a bound."""

    throughput: str
    above: Rate


class AlertFiresExpectation(Section):
    """An alert fires soon after a fault; without ``of`` after the start of measure."""

    alert: str
    fires_within: PositiveDuration
    of: str | None = None


class AlertNeverExpectation(Section):
    """An alert never fires in the phase, or in the whole run."""

    alert: str
    fires: Literal["never"]
    during: During = "run"


class FailoverExpectation(Section):
    """Every caller has dropped what the fault broke from its view soon after it struck."""

    failover: str
    within: PositiveDuration


class RecoveryExpectation(Section):
    """Users are served as before the fault, soon after it struck."""

    recovery: str
    within: PositiveDuration


class PagedExpectation(Section):
    """Somebody is paged soon after a fault; ``paged`` may name the receiver."""

    paged: str | None
    within: PositiveDuration
    of: str


class JobExpectation(Section):
    """How often a job takes effect per tick of its schedule."""

    job: Name
    runs: Literal["exactly_once", "at_least_once", "at_most_once"]


class CostExpectation(_Windowed):
    """The bill stays below a bound."""

    cost: Literal["per_hour", "per_1000_requests", "total"]
    below: Annotated[Amount, Field(gt=0)]


class PromqlExpectation(_Windowed):
    """A PromQL comparison holds at every evaluation of the phase."""

    promql: str


EXPECTATION_KINDS = (
    "latency",
    "error_ratio",
    "completed_ratio",
    "throughput",
    "alert",
    "failover",
    "recovery",
    "paged",
    "job",
    "cost",
    "promql",
)


def _kind_of(value: Any) -> str | None:
    tag = first_key_of(EXPECTATION_KINDS)(value)
    if tag == "<alert":
        is_never = "fires" in value if isinstance(value, dict) else hasattr(value, "fires")
        return "<alert_never" if is_never else "<alert_fires"
    if tag == "<error_ratio":
        is_above = "above" in value if isinstance(value, dict) else hasattr(value, "above")
        return "<error_ratio_above" if is_above else tag
    return tag


ExpectationDoc = Annotated[
    Annotated[LatencyExpectation, Tag("<latency")]
    | Annotated[ErrorRatioExpectation, Tag("<error_ratio")]
    | Annotated[ErrorRatioAboveExpectation, Tag("<error_ratio_above")]
    | Annotated[CompletedRatioExpectation, Tag("<completed_ratio")]
    | Annotated[ThroughputExpectation, Tag("<throughput")]
    | Annotated[AlertFiresExpectation, Tag("<alert_fires")]
    | Annotated[AlertNeverExpectation, Tag("<alert_never")]
    | Annotated[FailoverExpectation, Tag("<failover")]
    | Annotated[RecoveryExpectation, Tag("<recovery")]
    | Annotated[PagedExpectation, Tag("<paged")]
    | Annotated[JobExpectation, Tag("<job")]
    | Annotated[CostExpectation, Tag("<cost")]
    | Annotated[PromqlExpectation, Tag("<promql")],
    Discriminator(_kind_of),
    exactly_one_of("an expectation", EXPECTATION_KINDS),
]
