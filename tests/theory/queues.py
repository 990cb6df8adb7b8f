"""Families of one station: M/M/c and its kin, losses, other gaps and other work."""

import math
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.special import ndtri

from models.base.distributions import Deterministic, Distribution
from models.base.samplers import lognormal_from_moments
from tests.theory.cases import Case
from tests.theory.registry import scores
from tests.theory.score import (
    CONFIDENCE,
    Score,
    at_most,
    of_controlled,
    of_exact,
    of_mean,
    of_means,
    of_quantile,
    of_share,
    of_shares,
    together,
    within,
)
from tests.theory.station import BATCHES_MAX, SERVICE_NS, WORK, Path, Station, occupancy, paths

NORMAL = float(ndtri((1 + CONFIDENCE) / 2))
"""Of the normal law, 99.9 % lies within so many standard deviations."""


def mmc(case: Case) -> Station:
    return Station(case["lam"], slots=case.parameters.get("c", 1))


def planned_time(load: float) -> float:
    """Mean service times that M/M/1 must run for a 99.9 % half-width of 1 % of the mean number."""
    return 2 * (1 + load) / (load * (1 - load) ** 2) * (NORMAL / 0.01) ** 2


@scores(r"mm1-avar-.*")
def run_length(case: Case, seed: int, scale: float) -> Score:
    """The planning figure by which short runs in heavy traffic are judged; known to four digits."""
    del seed, scale
    return of_exact(case.value, planned_time(case["lam"]), relative=1e-4)


def as_planned(found: Score, value: float, station: Station, *, batches: int) -> Score:
    """Where a run is too short for batches that are independent, theory gives the half-width.

    In heavy traffic an affordable run lasts a few relaxation times, its batches resemble each
    other, and a run that stayed low also looks calm. Then the interval is at least as wide as
    the one that a run of that length is planned with: relative variance 2 (1 + rho) /
    (rho (1 - rho)^2) per unit of time for M/M/1, less by the number of slots.

    Source: Whitt 1989, "Planning queueing simulations", Management Science 35.
    """
    if batches >= BATCHES_MAX or station.batches is not None:
        return found
    slots = station.servers * station.slots
    load = station.lam / slots
    if load >= 1:
        return found
    time = found.size / station.lam * slots
    width = 0.01 * math.sqrt(planned_time(load) * (1 + station.variability) / 2 / time)
    planned = width * abs(value)
    if planned <= found.half_width:
        return found
    holds = abs(found.estimate - value) <= planned
    return replace(found, half_width=planned, holds=holds, note="half-width by theory")


def sojourns(station: Station, value: float, seed: int, scale: float) -> Score:
    runs = paths(station, seed, scale)
    found = of_means(value, [run.served(run.sojourn) for run in runs], runs[0].batches)
    return as_planned(found, value, station, batches=runs[0].batches)


def quantiles(
    station: Station, value: float, q: float, seed: int, scale: float, *, of: str = "sojourn"
) -> Score:
    runs = paths(station, seed, scale)
    found = of_quantile(value, [run.served(getattr(run, of)) for run in runs], q, runs[0].batches)
    return as_planned(found, value, station, batches=runs[0].batches)


@scores(r"mm[1c]-T-.*")
def mean_sojourn(case: Case, seed: int, scale: float) -> Score:
    return sojourns(mmc(case), case.value, seed, scale)


@scores(r"mm[1c]-Wq-.*")
def mean_wait(case: Case, seed: int, scale: float) -> Score:
    """Where no job of the run had to wait, the mean wait is judged by the share of waits.

    Those who wait at all wait 1 / (c mu - lambda) on average, so the one follows from the other.
    """
    runs = paths(mmc(case), seed, scale)
    waits = [run.served(run.wait) for run in runs]
    if any(wait.any() for wait in waits):
        found = of_means(case.value, waits, runs[0].batches)
        return as_planned(found, case.value, mmc(case), batches=runs[0].batches)
    share = case.value * (case["c"] - case["lam"])
    return of_share(share, 0, sum(map(len, waits)), "jobs")


@scores(r"mmc-C-.*")
def probability_of_wait(case: Case, seed: int, scale: float) -> Score:
    runs = paths(mmc(case), seed, scale)
    return of_shares(case.value, [run.served(run.wait) > 0 for run in runs], runs[0].batches)


@scores(r"mm1-Tq.*", r"mmc-T0.*")
def sojourn_quantile(case: Case, seed: int, scale: float) -> Score:
    found = re.match(r"(?:mm1-Tq|mmc-T)(0\.\d+)-", case.id)
    assert found
    return quantiles(mmc(case), case.value, float(found[1]), seed, scale)


@scores(r"mm1-Wq99-.*", r"mmc-W99-.*")
def wait_quantile(case: Case, seed: int, scale: float) -> Score:
    return quantiles(mmc(case), case.value, 0.99, seed, scale, of="wait")


def level_means(
    case: Case, seed: int, scale: float, of: Callable[[np.ndarray], np.ndarray]
) -> Score:
    runs = paths(mmc(case), seed, scale)
    means = []
    for run in runs:
        steps = occupancy(run)
        means.append(steps.means(of(steps.level), run.batches))
    return of_mean(
        case.value, np.concatenate(means), sum(run.last - run.first for run in runs), "jobs"
    )


@scores(r"mm1-L-.*")
def mean_number(case: Case, seed: int, scale: float) -> Score:
    found = level_means(case, seed, scale, lambda level: level)
    batches = paths(mmc(case), seed, scale)[0].batches
    return as_planned(found, case.value, mmc(case), batches=batches)


@scores(r"mm1-pge5-.*")
def five_or_more(case: Case, seed: int, scale: float) -> Score:
    return level_means(case, seed, scale, lambda level: (level >= 5).astype(np.float64))


@scores(r"mm1-busy-.*")
def busy_period(case: Case, seed: int, scale: float) -> Score:
    periods = []
    for run in paths(mmc(case), seed, scale):
        steps = occupancy(run)
        begins = steps.time[1:][(steps.level[1:] == 1) & (steps.level[:-1] == 0)]
        ends = steps.time[steps.level == 0]
        ends = ends[ends > begins[0]]
        periods.append(ends[: len(begins)] - begins[: len(ends)])
    whole = np.concatenate(periods)
    return of_mean(case.value, whole, len(whole), "busy periods")


@scores(r"mmck-B-.*")
def blocking(case: Case, seed: int, scale: float) -> Score:
    station = Station(case["lam"], slots=case["c"], room=case["K"] - case["c"])
    return refusals(station, case.value, seed, scale)


def refusals(station: Station, value: float, seed: int, scale: float) -> Score:
    runs = paths(station, seed, scale)
    return of_shares(value, [~run.kept(run.is_admitted) for run in runs], runs[0].batches)


@scores(r"mmck-T-.*")
def bounded_sojourn(case: Case, seed: int, scale: float) -> Score:
    station = Station(case["lam"], slots=case["c"], room=case["K"] - case["c"])
    return sojourns(station, case.value, seed, scale)


@scores(r"erlB-.*")
def erlang_b(case: Case, seed: int, scale: float) -> Score:
    """The same whatever the law of the work: exponential, constant, lognormal."""
    return together(
        [
            refusals(
                Station(case["offered"], slots=case["c"], room=0, work=work),
                case.value,
                seed,
                scale / 3 if scale <= 1 else scale,
            )
            for work in (WORK, law_of_cv(0), law_of_cv(2))
        ]
    )


def law_of_cv(cv: float) -> Distribution:
    if cv == 0:
        return Deterministic(SERVICE_NS)
    return lognormal_from_moments(SERVICE_NS, cv)


def mg1(case: Case) -> Station:
    cv = case["cv"]
    return Station(case["lam"], work=law_of_cv(cv), variability=cv * cv)


@scores(r"mg1-Wq-.*", r"mg1-T-.*")
def pollaczek_khinchine(case: Case, seed: int, scale: float) -> Score:
    """With the work and its square as controls: both have known means."""
    station = mg1(case)
    runs = paths(station, seed, scale)
    of = "wait" if "Wq" in case.id else "sojourn"
    answers = []
    for run in runs:
        work = run.served(run.sojourn) - run.served(run.wait)
        controls = []
        if case["cv"]:
            controls = [(work, 1.0), (work**2, 1 + case["cv"] ** 2)]
        answers.append((run.served(getattr(run, of)), controls))
    return of_controlled(case.value, answers, runs[0].batches)


@scores(r"mg1-varW-.*")
def variance_of_wait(case: Case, seed: int, scale: float) -> Score:
    runs = paths(mg1(case), seed, scale)
    waits = [run.served(run.wait) for run in runs]
    mean = np.concatenate(waits).mean()
    return of_means(case.value, [(wait - mean) ** 2 for wait in waits], runs[0].batches)


@scores(r"md1-W99-.*")
def constant_work(case: Case, seed: int, scale: float) -> Score:
    station = Station(case["lam"], work=law_of_cv(0), variability=0.0)
    return quantiles(station, case.value, 0.99, seed, scale, of="wait")


def dm1(case: Case) -> Station:
    return Station(case["lam"], gaps="fixed", variability=0.0)


@scores(r"dm1-T-.*")
def even_arrivals(case: Case, seed: int, scale: float) -> Score:
    return sojourns(dm1(case), case.value, seed, scale)


@scores(r"dm1-Pw-.*")
def even_arrivals_wait(case: Case, seed: int, scale: float) -> Score:
    runs = paths(dm1(case), seed, scale)
    return of_shares(case.value, [run.served(run.wait) > 0 for run in runs], runs[0].batches)


@scores(r"dm1-T99-.*")
def even_arrivals_quantile(case: Case, seed: int, scale: float) -> Score:
    return quantiles(dm1(case), case.value, 0.99, seed, scale)


def kingman(case: Case, seed: int, scale: float) -> Score:
    gaps = "fixed" if case["ca2"] == 0 else "h2"
    runs = paths(Station(case["rho"], gaps=gaps, variability=case["ca2"]), seed, scale)
    return of_means(case.value, [run.served(run.wait) for run in runs], runs[0].batches)


@scores(r"kingman-ub-.*")
def kingman_bound(case: Case, seed: int, scale: float) -> Score:
    return at_most(kingman(case, seed, scale), case.value)


@scores(r"kingman-vut-.*")
def kingman_approximation(case: Case, seed: int, scale: float) -> Score:
    return within(kingman(case, seed, scale), case.value, relative=0.25)


@scores(r"mminf-var")
def nobody_waits(case: Case, seed: int, scale: float) -> Score:
    """Mean and variance of the number in service, for two laws of work."""
    found = []
    for work in (WORK, law_of_cv(2)):
        station = Station(case["lam"], slots=100_000, work=work)
        runs = paths(station, seed, scale / 2 if scale <= 1 else scale)
        steps = [occupancy(run) for run in runs]
        size = sum(run.last - run.first for run in runs)
        mean, variance = case.value
        numbers = np.concatenate([one.means(one.level, 20) for one in steps])
        apart = np.concatenate([one.means((one.level - mean) ** 2, 20) for one in steps])
        found += [of_mean(mean, numbers, size, "jobs"), of_mean(variance, apart, size, "jobs")]
    return together(found)


@scores(r"rr-ekm1-\d.*")
def round_robin(case: Case, seed: int, scale: float) -> Score:
    return sojourns(turns(case), case.value, seed, scale)


@scores(r"rr-ekmc-\d.*")
def round_robin_slots(case: Case, seed: int, scale: float) -> Score:
    return sojourns(turns(case), case.value, seed, scale)


@scores(r"rr-ekm[1c]-q.*")
def round_robin_quantile(case: Case, seed: int, scale: float) -> Score:
    found = re.match(r"rr-ekm[1c]-q(?:0\.)?(\d+)-", case.id)
    assert found
    return quantiles(turns(case), case.value, float(f"0.{found[1]}"), seed, scale)


@scores(r"rr-ekmc-Pw-.*")
def round_robin_wait(case: Case, seed: int, scale: float) -> Score:
    runs = paths(turns(case), seed, scale)
    return of_shares(case.value, [run.served(run.wait) > 0 for run in runs], runs[0].batches)


def turns(case: Case) -> Station:
    slots = case.parameters.get("c", 1)
    lam = case.parameters.get("lam_total")
    if lam is None:
        lam = case["rho"] * case["N"] * slots
    return Station(lam, servers=case["N"], slots=slots, policy="round_robin")


@scores(r"little")
def little(case: Case, seed: int, scale: float) -> Score:
    """Number in system from the callers' side, time in system from the servers'.

    Over a whole run the area under the one is the sum of the other, path by path.
    """
    (run,) = paths(Station(0.9, slots=2), seed, min(scale, 0.2))
    steps = occupancy(run)
    level_area = float((steps.level[:-1] * np.diff(steps.time)).sum())
    inside = run.is_admitted
    spent = float(run.sojourn[inside].sum())
    return of_exact(case.value, level_area / spent - 1.0)


def pooled_sojourn(runs: list[Path]) -> np.ndarray:
    return np.concatenate([run.served(run.sojourn) for run in runs])
