"""The family of closed loops: users who think, and two stations in a row (mean value analysis)."""

import numpy as np

from models.base.distributions import Deterministic, Exponential
from models.base.outcome import RequestOutcome
from models.base.time import NS_PER_S
from models.quality.batch_means import batch_means
from models.quality.interval import t_interval
from models.service.spec import CallSpec, EndpointSpec, InstanceSpec, ServiceSpec
from models.service.traffic import MixEntry, RateProfile, SourceSpec, UserSpec
from models.traffic.config import BalancerConfig, EdgeConfig
from sim.blueprint import Blueprint, LinksSpec, Phases
from sim.world import build
from tests.theory.cases import Case
from tests.theory.registry import scores
from tests.theory.score import CONFIDENCE, Score, of_interval, of_means
from tests.theory.station import NEVER_NS, seed_of

REQUESTS = 150_000
ROOM = 10_000_000
BATCHES = 20
WARM_UP_SHARE = 0.05


def _service(name: str, slots: int, endpoint: EndpointSpec) -> ServiceSpec:
    return ServiceSpec(name, (InstanceSpec(f"{name}-0", "a", "m"),), slots, ROOM, (endpoint,))


def plan_of(case: Case, requests: float) -> Blueprint:
    """Each request passes one station of one server for each demand, one after the other."""
    demands = case["D"]
    length_s = requests / (case["N"] / (case["Z"] + sum(demands)))
    stations = [
        _service(f"station-{k}", 1, EndpointSpec("do", Exponential(round(demand * NS_PER_S))))
        for k, demand in enumerate(demands)
    ]
    route = tuple((CallSpec(station.name, "do"),) for station in stations)
    front = _service("front", ROOM, EndpointSpec("do", Deterministic(0), route))
    return Blueprint(
        name="closed",
        phases=Phases(measure_ns=round(length_s * NS_PER_S)),
        zones=("a",),
        services=(front, *stations),
        edges=tuple(
            EdgeConfig(caller, callee, timeout_ns=0, balancer=BalancerConfig("round_robin"))
            for caller, callee in (("users", "front"), *(("front", s.name) for s in stations))
        ),
        sources=(
            SourceSpec(
                "users",
                "front",
                (MixEntry("do", 1.0),),
                RateProfile((0,), (0.0,)),
                users=UserSpec(case["N"], Exponential(round(case["Z"] * NS_PER_S))),
            ),
        ),
        links=LinksSpec(Deterministic(0), Deterministic(0), Deterministic(0)),
        sample_interval_ns=NEVER_NS,
    )


def finished(case: Case, seed: int, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Arrivals and durations (s) of finished requests, in order of arrival, without warm-up."""
    plan = plan_of(case, REQUESTS * scale)
    table = build(plan, seed_of(case, seed)).run().tables[0]
    is_done = table["outcome"] == RequestOutcome.COMPLETED
    order = np.argsort(table["arrival_ns"][is_done], kind="stable")
    arrivals = table["arrival_ns"][is_done][order] / NS_PER_S
    durations = table["duration_ns"][is_done][order] / NS_PER_S
    first = round(WARM_UP_SHARE * len(order))
    return arrivals[first:], durations[first:]


@scores(r"mva-R-.*")
def response(case: Case, seed: int, scale: float) -> Score:
    return of_means(case.value, [finished(case, seed, scale)[1]], BATCHES, "requests")


@scores(r"mva-X-.*")
def throughput(case: Case, seed: int, scale: float) -> Score:
    """Requests a second, from the mean time between requests in long batches."""
    gaps = np.diff(finished(case, seed, scale)[0])
    found = t_interval(list(1.0 / batch_means(gaps, BATCHES)), CONFIDENCE)
    return of_interval(case.value, found, len(gaps), "requests")
