"""A chaos experiment around the fault plan, as written."""

from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from scenarios.document.quantities import Duration, PositiveDuration, Rate, Ratio, mistake
from scenarios.document.shapes import Section, Several, exactly_one_of, first_key_of

PROBE_KINDS = ("error_ratio", "latency", "throughput", "instances_up")


class _ProbeDoc(Section):
    """``for`` is how long a safety condition must hold; ``in`` a share of samples, for success."""

    for_: Duration | None = Field(default=None, alias="for")
    in_: Annotated[Ratio, Field(gt=0, le=1)] | None = Field(default=None, alias="in")

    @model_validator(mode="after")
    def _some_bound(self) -> Self:
        below, above = getattr(self, "below", None), getattr(self, "above", None)
        if below is None and above is None:
            raise mistake("give a bound: below, above, or both")
        if below is not None and above is not None and below <= above:
            raise mistake("nothing lies between these bounds", field="above")
        return self


class ErrorRatioProbe(_ProbeDoc):
    """The share of a source's requests that ended in the window without success."""

    error_ratio: str
    below: Annotated[Ratio, Field(gt=0, le=1)] | None = None
    above: Annotated[Ratio, Field(ge=0, lt=1)] | None = None


class LatencyProbe(_ProbeDoc):
    """A percentile of the latency of a source's requests that completed in the window."""

    latency: Literal["p50", "p90", "p95", "p99"]
    of: str
    below: PositiveDuration | None = None
    above: Duration | None = None


class ThroughputProbe(_ProbeDoc):
    """Requests of a source completed per second of the window."""

    throughput: str
    below: Rate | None = None
    above: Rate | None = None


class InstancesUpProbe(_ProbeDoc):
    """Running instances of a service, at the instant of the sample."""

    instances_up: str
    below: Annotated[int, Field(ge=1)] | None = None
    above: Annotated[int, Field(ge=0)] | None = None


ProbeDoc = Annotated[
    Annotated[ErrorRatioProbe, Tag("<error_ratio")]
    | Annotated[LatencyProbe, Tag("<latency")]
    | Annotated[ThroughputProbe, Tag("<throughput")]
    | Annotated[InstancesUpProbe, Tag("<instances_up")],
    Discriminator(first_key_of(PROBE_KINDS)),
    exactly_one_of("a probe", PROBE_KINDS),
]


class ExperimentDoc(Section):
    """The fault plan as an experiment: it begins only if the steady state holds.

    It is looked at just before the first fault, and again at the end of the run. A condition
    under ``abort`` ends all faults at once; ``aborts`` says that this is what is expected.
    Samples are taken ``every`` so often from the first fault on, over the last ``window``.
    """

    steady_state: Annotated[Several[ProbeDoc], Field(min_length=1, max_length=20)]
    abort: Annotated[Several[ProbeDoc], Field(max_length=20)] = ()
    success: Annotated[Several[ProbeDoc], Field(max_length=20)] = ()
    every: PositiveDuration = 1_000_000_000
    window: PositiveDuration = 10_000_000_000
    aborts: bool = False
