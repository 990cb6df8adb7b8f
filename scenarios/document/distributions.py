"""Laws of random durations as written in a file: ``{dist: lognormal, p50: 6ms, p99: 40ms}``."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from scenarios.document.quantities import Duration, PositiveDuration, mistake
from scenarios.document.shapes import TAG_PREFIX, Section, Several
from scenarios.source.problems import quoted, suggestion


class DeterministicDoc(Section):
    """Always the same; a bare duration such as ``5ms`` means this."""

    dist: Literal["deterministic"]
    value: Duration


class UniformDoc(Section):
    """Anywhere between two durations."""

    dist: Literal["uniform"]
    low: Duration = 0
    high: Duration

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high:
            raise mistake("must be less than high", field="low")
        return self


class ExponentialDoc(Section):
    """Memoryless."""

    dist: Literal["exponential"]
    mean: PositiveDuration


class NormalDoc(Section):
    """Bell-shaped, cut at zero."""

    dist: Literal["normal"]
    mean: PositiveDuration
    sd: Duration


class LognormalDoc(Section):
    """Skewed as most latencies are: by median and 99th percentile, or by mean and cv."""

    dist: Literal["lognormal"]
    p50: PositiveDuration | None = None
    p99: PositiveDuration | None = None
    mean: PositiveDuration | None = None
    cv: Annotated[float, Field(gt=0, le=100)] | None = None

    @model_validator(mode="after")
    def _one_pair(self) -> Self:
        given = [name for name in ("p50", "p99", "mean", "cv") if getattr(self, name) is not None]
        if given not in (["p50", "p99"], ["mean", "cv"]):
            raise mistake("lognormal needs either p50 and p99, or mean and cv")
        if self.p50 is not None and self.p99 is not None and self.p50 >= self.p99:
            raise mistake("must be less than p99", field="p50")
        return self


class ParetoDoc(Section):
    """Power tail: the larger the shape, the thinner; ``cap`` cuts it."""

    dist: Literal["pareto"]
    scale: PositiveDuration
    shape: Annotated[float, Field(ge=1e-6, le=1e6)]
    cap: Duration | None = None

    @model_validator(mode="after")
    def _cap_above_scale(self) -> Self:
        if self.cap is not None and self.cap <= self.scale:
            raise mistake("must be more than scale", field="cap")
        return self


class GammaDoc(Section):
    """Gamma by mean and shape."""

    dist: Literal["gamma"]
    mean: PositiveDuration
    shape: Annotated[float, Field(ge=1e-6, le=1e6)]


class ErlangDoc(Section):
    """Sum of that many equal exponential stages."""

    dist: Literal["erlang"]
    mean: PositiveDuration
    stages: Annotated[int, Field(ge=1, le=1000)]


class EmpiricalDoc(Section):
    """A measured table: values, drawn as they stand, equally often or by weight."""

    dist: Literal["empirical"]
    values: Annotated[Several[Duration], Field(min_length=1, max_length=10_000)]
    weights: Several[Annotated[float, Field(ge=0, le=1e12)]] | None = None

    @model_validator(mode="after")
    def _weights_fit(self) -> Self:
        if self.weights is not None:
            if len(self.weights) != len(self.values):
                raise mistake(
                    f"{len(self.values)} values but {len(self.weights)} weights", field="weights"
                )
            if not any(self.weights):
                raise mistake("all weights are 0", field="weights")
        return self


LAWS = (
    "deterministic",
    "uniform",
    "exponential",
    "normal",
    "lognormal",
    "pareto",
    "gamma",
    "erlang",
    "empirical",
)


def _law_of(value: Any) -> str:
    name = value["dist"] if isinstance(value, dict) else value.dist
    return TAG_PREFIX + str(name)


def _spell_out(value: object) -> object:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return {"dist": "deterministic", "value": value}
    if not isinstance(value, dict):
        raise mistake(f"expected a duration or a section with 'dist', got {quoted(value)}")
    law = value.get("dist")
    if "dist" not in value:
        raise mistake(f"required field 'dist' is missing; it is one of {', '.join(LAWS)}")
    if law not in LAWS:
        hint = suggestion(str(law), LAWS) or f" (there are {', '.join(LAWS)})"
        raise mistake(f"unknown law {quoted(law)}{hint}", field="dist")
    return value


_AnyLaw = (
    Annotated[DeterministicDoc, Tag(TAG_PREFIX + "deterministic")]
    | Annotated[UniformDoc, Tag(TAG_PREFIX + "uniform")]
    | Annotated[ExponentialDoc, Tag(TAG_PREFIX + "exponential")]
    | Annotated[NormalDoc, Tag(TAG_PREFIX + "normal")]
    | Annotated[LognormalDoc, Tag(TAG_PREFIX + "lognormal")]
    | Annotated[ParetoDoc, Tag(TAG_PREFIX + "pareto")]
    | Annotated[GammaDoc, Tag(TAG_PREFIX + "gamma")]
    | Annotated[ErlangDoc, Tag(TAG_PREFIX + "erlang")]
    | Annotated[EmpiricalDoc, Tag(TAG_PREFIX + "empirical")]
)
DistributionDoc = Annotated[
    _AnyLaw,
    Discriminator(_law_of),
    BeforeValidator(_spell_out, json_schema_input_type=Duration | _AnyLaw),
]
