"""Every job is sent to d servers at once, and the copies that lose are called off."""

from dataclasses import replace

import numpy as np

from models.base.outcome import Outcome
from models.base.time import NS_PER_S
from models.service.spec import Cancel
from models.traffic.hedging import HedgeConfig
from models.traffic.proxy.config import ProxyConfig
from sim.world import build
from tests.theory.cases import Case
from tests.theory.registry import scores
from tests.theory.score import Score, of_means
from tests.theory.station import SERVICE_NS, Station, plan_of, seed_of

JOBS = 150_000
BATCHES = 20
WARM_UP_SHARE = 0.05


@scores(r"red-.*")
def sojourn(case: Case, seed: int, scale: float) -> Score:
    """A hedge that waits for nothing, at servers that stop at once when they are told."""
    station = Station(
        case["lam"] * case["k"], servers=case["k"], policy="random", jobs=round(JOBS * scale)
    )
    rate_per_s = station.lam * NS_PER_S / SERVICE_NS
    end_ns = round(station.jobs / rate_per_s * NS_PER_S)
    plan = plan_of(station, rate_per_s, end_ns)
    hedge = HedgeConfig(extra_max=case["d"] - 1, delay_ns=0, budget=None)
    edge = replace(plan.edges[0], proxy=ProxyConfig(hedge=hedge))
    service = replace(plan.services[0], cancel=Cancel.RUNNING)
    plan = replace(plan, edges=(edge,), services=(service,))
    requests = build(plan, seed_of((station, "redundancy"), seed)).run().tables[0]
    order = np.argsort(requests["arrival_ns"], kind="stable")
    is_done = requests["last_outcome"][order] == Outcome.OK
    last = int(np.argmin(is_done)) if not is_done.all() else len(order)
    kept = requests["duration_ns"][order][round(WARM_UP_SHARE * last) : last] / SERVICE_NS
    return of_means(case.value, [kept], BATCHES)
