"""A server that breaks down in the middle of its work and goes on with it when it is repaired."""

from dataclasses import replace

import numpy as np

from models.base.outcome import Outcome
from models.base.samplers import UnitExponentials
from models.base.streams import Stream
from models.base.time import NS_PER_S, TimeNs
from models.faults.ailments import Pause
from models.faults.plan import Fault
from models.faults.selector import Selector
from sim.world import build
from tests.theory.cases import Case
from tests.theory.registry import scores
from tests.theory.score import Score, of_means
from tests.theory.station import SERVICE_NS, Station, plan_of, seed_of

JOBS = 250_000
BATCHES = 20
WARM_UP_SHARE = 0.05


def breakdowns(case: Case, seed: int, end_ns: TimeNs) -> tuple[Fault, ...]:
    """Up for an exponential time, down for an exponential time, and so on."""
    draws = UnitExponentials(Stream(seed, "breakdowns")).draws
    kind = Pause(Selector(instance="station-0"))
    faults, now = [], 0
    while True:
        now += round(next(draws) / case["fail"] * SERVICE_NS)
        length = max(1, round(next(draws) / case["repair"] * SERVICE_NS))
        if now + length >= end_ns:
            return tuple(faults)
        faults.append(Fault(f"breakdown {len(faults)}", now, length, kind))
        now += length


@scores(r"mm1-breakdown-.*")
def sojourn(case: Case, seed: int, scale: float) -> Score:
    station = Station(case["lam"], jobs=round(JOBS * scale))
    rate_per_s = station.lam * NS_PER_S / SERVICE_NS
    end_ns = round(station.jobs / rate_per_s * NS_PER_S)
    first = seed_of((station, "breakdown"), seed)
    plan = replace(plan_of(station, rate_per_s, end_ns), faults=breakdowns(case, first, end_ns))
    attempts = build(plan, first).run().tables[1]
    order = np.argsort(attempts["start_ns"], kind="stable")
    is_done = attempts["outcome"][order] == Outcome.OK
    last = int(np.argmin(is_done)) if not is_done.all() else len(order)
    kept = attempts["duration_ns"][order][round(WARM_UP_SHARE * last) : last] / SERVICE_NS
    return of_means(case.value, [kept], BATCHES)
