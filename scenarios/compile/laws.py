"""Laws of random durations from their written form."""

from typing import assert_never

from models.base.distributions import (
    Deterministic,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    Lognormal,
    Normal,
    Pareto,
    Uniform,
)
from models.base.samplers import lognormal_from_moments, lognormal_from_quantiles
from scenarios.document.distributions import (
    DeterministicDoc,
    DistributionDoc,
    EmpiricalDoc,
    ErlangDoc,
    ExponentialDoc,
    GammaDoc,
    LognormalDoc,
    NormalDoc,
    ParetoDoc,
    UniformDoc,
)


def distribution_of(doc: DistributionDoc) -> Distribution:
    """The law that the section describes."""
    law: Distribution
    match doc:
        case DeterministicDoc():
            law = Deterministic(doc.value)
        case UniformDoc():
            law = Uniform(doc.low, doc.high)
        case ExponentialDoc():
            law = Exponential(doc.mean)
        case NormalDoc():
            law = Normal(doc.mean, doc.sd)
        case LognormalDoc():
            law = _lognormal(doc)
        case ParetoDoc():
            law = Pareto(doc.scale, doc.shape, doc.cap)
        case GammaDoc():
            law = Gamma(doc.mean, doc.shape)
        case ErlangDoc():
            law = Gamma(doc.mean, float(doc.stages))
        case EmpiricalDoc():
            law = Empirical(doc.values, doc.weights or (1.0,) * len(doc.values))
        case _:
            assert_never(doc)
    return law


def _lognormal(doc: LognormalDoc) -> Lognormal:
    if doc.p50 is not None and doc.p99 is not None:
        return lognormal_from_quantiles(doc.p50, doc.p99)
    assert doc.mean is not None
    assert doc.cv is not None
    return lognormal_from_moments(doc.mean, doc.cv)
