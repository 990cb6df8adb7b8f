"""Laws of arrivals from their written form."""

from typing import TypeAlias, assert_never

from models.base.distributions import Deterministic, Distribution
from models.base.time import DURATION_NS_MAX, NS_PER_US
from models.service.arrivals import BurstArrivals, BurstState, RenewalArrivals
from models.service.traffic import Arrivals, RateProfile
from scenarios.compile.findings import Findings
from scenarios.compile.instants import compile_instants
from scenarios.compile.laws import distribution_of
from scenarios.compile.profile import compile_profile
from scenarios.compile.rates import slope, spike, stairs, wave
from scenarios.document.traffic import (
    ArrivalsDoc,
    BurstyArrivals,
    ConstantArrivals,
    DiurnalArrivals,
    EvenArrivals,
    InstantsArrivals,
    ProfileArrivals,
    RampArrivals,
    RandomArrivals,
    SpikeArrivals,
    SteppedArrivals,
)
from scenarios.source.marks import KeyPath
from sim.blueprint import Phases

_Rates: TypeAlias = (
    ConstantArrivals
    | SteppedArrivals
    | RampArrivals
    | SpikeArrivals
    | DiurnalArrivals
    | ProfileArrivals
)


def compile_arrivals(
    doc: ArrivalsDoc, path: KeyPath, phases: Phases, findings: Findings
) -> Arrivals | None:
    """The law of a source; None, and problems, when it is none."""
    match doc:
        case InstantsArrivals():
            return compile_instants(doc, path, phases.end_ns, findings)
        case EvenArrivals():
            return _renewal(Deterministic(doc.every), (*path, "every"), findings)
        case RandomArrivals():
            return _renewal(distribution_of(doc.gaps), (*path, "gaps"), findings)
        case BurstyArrivals():
            return BurstArrivals(tuple(BurstState(one.rate, one.for_) for one in doc.bursts))
        case _:
            return _profile(doc, path, phases, findings)


def _profile(doc: _Rates, path: KeyPath, phases: Phases, findings: Findings) -> RateProfile | None:
    """Independent users whose rate varies over time."""
    match doc:
        case ConstantArrivals():
            return RateProfile((0,), (doc.rate,))
        case SteppedArrivals():
            return stairs(doc, (*path, "steps"), phases, findings)
        case RampArrivals():
            return slope(doc.ramp, (*path, "ramp"), phases, findings)
        case SpikeArrivals():
            return spike(doc.spike, (*path, "spike"), phases, findings)
        case DiurnalArrivals():
            return wave(doc.diurnal, phases)
        case ProfileArrivals():
            return compile_profile(doc, path, phases.end_ns, findings)
        case _:
            assert_never(doc)


def _renewal(gap: Distribution, path: KeyPath, findings: Findings) -> RenewalArrivals | None:
    from models.base.samplers import mean_ns  # noqa: PLC0415 - needs numpy, validating does not

    if not NS_PER_US <= mean_ns(gap) <= DURATION_NS_MAX:
        findings.at_value(path, "the mean gap must be at least 1us, and finite")
        return None
    return RenewalArrivals(gap)
