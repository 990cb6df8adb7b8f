"""Families of several stations: one after the other, in circles, side by side, many at once.

A front service with room for everyone does no work of its own and calls the stations; its
requests last as long as the journey does.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from models.base.distributions import Deterministic, Exponential
from models.base.outcome import RequestOutcome
from models.base.time import NS_PER_S
from models.service.spec import CallSpec, EndpointSpec, InstanceSpec, ServiceSpec
from models.service.traffic import MixEntry, RateProfile, SourceSpec
from models.traffic.config import BalancerConfig, EdgeConfig
from sim.blueprint import Blueprint, LinksSpec, Phases
from sim.world import build
from tests.theory.cases import Case
from tests.theory.registry import scores
from tests.theory.score import Score, of_means, of_quantile, of_share, within
from tests.theory.station import NEVER_NS, SERVICE_NS, seed_of

Route = tuple[tuple[str, ...], ...]
"""Steps in order; the stations named in one step are called at the same time."""
ROOM = 10_000_000
CALLS = 350_000
BATCHES = 10


@dataclass(frozen=True)
class Network:
    """``stations`` are (name, rate, slots); ``routes`` are (share, route)."""

    lam: float
    stations: tuple[tuple[str, float, int], ...]
    routes: tuple[tuple[float, Route], ...]

    @property
    def calls_per_request(self) -> float:
        return sum(share * (1 + sum(map(len, route))) for share, route in self.routes)


def journeys(network: Network, seed: int, scale: float) -> list[np.ndarray]:
    """Durations of whole requests in order of arrival, in mean service times, run by run."""
    requests = round(CALLS * min(scale, 1.0) / network.calls_per_request)
    first = seed_of(network, seed)
    return [_journeys(network, first + index, requests) for index in range(max(1, round(scale)))]


@lru_cache(maxsize=8)
def _journeys(network: Network, seed: int, count: int) -> np.ndarray:
    rate_per_s = network.lam * NS_PER_S / SERVICE_NS
    end_ns = round(count / rate_per_s * NS_PER_S)
    front = ServiceSpec(
        "front",
        (InstanceSpec("front-0", "a", "m"),),
        ROOM,
        0,
        tuple(
            EndpointSpec(
                f"route-{number}",
                Deterministic(0),
                tuple(tuple(CallSpec(name, "do") for name in step) for step in route),
            )
            for number, (_, route) in enumerate(network.routes)
        ),
    )
    others = tuple(
        ServiceSpec(
            name,
            (InstanceSpec(f"{name}-0", "a", "m"),),
            slots,
            ROOM,
            (EndpointSpec("do", Exponential(round(SERVICE_NS / rate))),),
        )
        for name, rate, slots in network.stations
    )
    plan = Blueprint(
        name="network",
        phases=Phases(measure_ns=end_ns),
        zones=("a",),
        services=(front, *others),
        edges=tuple(
            EdgeConfig(caller, callee, timeout_ns=0, balancer=BalancerConfig("round_robin"))
            for caller, callee in (("users", "front"), *(("front", one.name) for one in others))
        ),
        sources=(
            SourceSpec(
                "users",
                "front",
                tuple(
                    MixEntry(f"route-{number}", share)
                    for number, (share, _) in enumerate(network.routes)
                ),
                RateProfile((0,), (rate_per_s,)),
            ),
        ),
        links=LinksSpec(Deterministic(0), Deterministic(0), Deterministic(0)),
        sample_interval_ns=NEVER_NS,
    )
    requests = build(plan, seed).run().tables[0]
    order = np.argsort(requests["id"])
    is_open = requests["outcome"][order] == RequestOutcome.IN_FLIGHT
    last = int(np.argmax(is_open)) if is_open.any() else len(order)
    kept: np.ndarray = requests["duration_ns"][order][len(order) // 10 : last] / SERVICE_NS
    return kept


def tandem(case: Case) -> Network:
    stations = tuple((f"s{i}", rate, 1) for i, rate in enumerate(case["mu"]))
    return Network(case["lam"], stations, ((1.0, tuple((name,) for name, _, _ in stations)),))


@scores(r"tandem3-T")
def tandem_mean(case: Case, seed: int, scale: float) -> Score:
    return of_means(case.value, journeys(tandem(case), seed, scale), BATCHES, "requests")


@scores(r"tandem3-q0\.99")
def tandem_quantile(case: Case, seed: int, scale: float) -> Score:
    return of_quantile(case.value, journeys(tandem(case), seed, scale), 0.99, BATCHES)


@scores(r"jackson-feedback-T")
def feedback(case: Case, seed: int, scale: float) -> Score:
    """Routing by chance as a mix of whole routes.

    From the second station a job goes round through the first (0.1) or the third (0.3), or
    leaves. Routes with equal visits in another order load the stations alike, and the mean
    number at each depends on nothing else (Kelly 1979), so one order stands for all. More than
    16 rounds, a share under 2e-7 of the jobs, are left out.
    """
    back, aside = case["P"][1][0], case["P"][1][2]
    routes = []
    for rounds in range(17):
        for through_first in range(rounds + 1):
            share = (
                (1 - back - aside)
                * math.comb(rounds, through_first)
                * back**through_first
                * aside ** (rounds - through_first)
            )
            loops = [("s0",), ("s1",)] * through_first + [("s2",), ("s1",)] * (
                rounds - through_first
            )
            routes.append((share, (("s0",), ("s1",), *loops)))
    stations = tuple((f"s{i}", rate, 1) for i, rate in enumerate(case["mu"]))
    network = Network(case["gamma"][0], stations, tuple(routes))
    return of_means(case.value, journeys(network, seed, scale), BATCHES, "requests")


def fork_join(case: Case) -> Network:
    stations = tuple((f"s{i}", 1.0, 1) for i in range(case["n"]))
    return Network(case["lam"], stations, ((1.0, (tuple(name for name, _, _ in stations),)),))


@scores(r"fj2-.*")
def fork_join_two(case: Case, seed: int, scale: float) -> Score:
    return of_means(case.value, journeys(fork_join(case), seed, scale), BATCHES, "requests")


@scores(r"fjn-.*")
def fork_join_many(case: Case, seed: int, scale: float) -> Score:
    found = of_means(case.value, journeys(fork_join(case), seed, scale), BATCHES, "requests")
    return within(found, case.value, relative=0.05)


def fan_out(width: int) -> Network:
    """One request calls ``width`` leaves at once, and none of them ever waits."""
    return Network(0.01, (("leaf", 1.0, ROOM),), ((1.0, (("leaf",) * width,)),))


@scores(r"max-exp-mean-.*")
def slowest_of_many(case: Case, seed: int, scale: float) -> Score:
    return of_means(case.value, journeys(fan_out(case["n"]), seed, scale), BATCHES, "requests")


@scores(r"max-exp-q99-.*")
def quantile_of_the_slowest(case: Case, seed: int, scale: float) -> Score:
    return of_quantile(case.value, journeys(fan_out(case["n"]), seed, scale), 0.99, BATCHES)


@scores(r"fanout-slow-.*")
def one_slow_leaf(case: Case, seed: int, scale: float) -> Score:
    times = np.concatenate(journeys(fan_out(case["n"]), seed, scale))
    slow = int(np.count_nonzero(times > math.log(100)))
    return of_share(case.value, slow, len(times), "requests")
