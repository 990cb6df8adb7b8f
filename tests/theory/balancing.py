"""Families of many queues: the power of a few choices, and the join of the shortest queue.

The limits are for infinitely many servers; 500, or 1,000 in heavy traffic, come within the
stated tolerance of them.
"""

import math

import numpy as np

from tests.theory.cases import Case
from tests.theory.queues import sojourns
from tests.theory.registry import scores
from tests.theory.score import Score, of_mean, within
from tests.theory.station import Station, paths, share_of_servers


def supermarket(lam: float, choices: int) -> Station:
    servers = 1000 if lam > 0.97 else 500
    return Station(
        lam * servers,
        servers=servers,
        policy="least_request",
        choices=choices,
        jobs=800_000 if lam > 0.97 else 400_000,
        batches=10,
    )


@scores(r"jsq1-T-.*")
def one_choice(case: Case, seed: int, scale: float) -> Score:
    """Random splitting makes each of any number of servers an M/M/1."""
    station = Station(4 * case["lam"], servers=4, policy="least_request", choices=1)
    return sojourns(station, case.value, seed, scale)


@scores(r"jsq-full-.*")
def shortest_of_all(case: Case, seed: int, scale: float) -> Score:
    servers = case["N"]
    station = Station(
        case["rho"] * servers, servers=servers, policy="least_request", scans_all=True
    )
    return sojourns(station, case.value, seed, scale)


@scores(r"jsq[235]-T-.*")
def few_choices(case: Case, seed: int, scale: float) -> Score:
    lam = case["lam"]
    found = sojourns(supermarket(lam, case["d"]), case.value, seed, scale)
    tolerance = 0.01 if lam <= 0.9 else 0.02 if lam <= 0.95 else 0.05
    return within(found, case.value, relative=tolerance)


@scores(r"jsq[235]-s.*")
def share_of_long_queues(case: Case, seed: int, scale: float) -> Score:
    station = supermarket(case["lam"], case["d"])
    runs = paths(station, seed, scale)
    shares = [share_of_servers(run, case["k"], station.servers) for run in runs]
    size = sum(run.last - run.first for run in runs)
    found = of_mean(case.value, np.concatenate(shares), size, "jobs")
    if 0.02 * case.value > 3e-4:
        return within(found, case.value, relative=0.02)
    return within(found, case.value, absolute=3e-4)


@scores(r"jsq-gain-.*")
def gain_of_the_second_choice(case: Case, seed: int, scale: float) -> Score:
    """A ratio of two means, whose relative errors are independent and small."""
    lam = case["lam"]
    one = Station(4 * lam, servers=4, policy="least_request", choices=1)
    above = sojourns(one, 1 / (1 - lam), seed, scale)
    below = sojourns(supermarket(lam, 2), case.value, seed, scale)
    ratio = above.estimate / below.estimate
    spread = ratio * math.hypot(above.relative, below.relative)
    size = above.size + below.size
    return within(Score(ratio, spread, False, size, "jobs"), case.value, relative=0.02)
