"""Families of dice and arrivals: what streams, samplers and the load source's clock must obey."""

import math
from dataclasses import replace

import numpy as np

from models.base.distributions import Deterministic, Pareto
from models.base.samplers import lognormal_from_moments, make_sampler
from models.base.streams import Stream
from models.base.time import NS_PER_S
from models.quality.batch_means import batch_means
from models.service.traffic import MixEntry, RateProfile, SourceSpec
from sim.blueprint import Phases
from sim.world import build
from tests.sim.worlds import blueprint, edge, service
from tests.theory.cases import Case
from tests.theory.registry import scores
from tests.theory.score import (
    Score,
    kolmogorov,
    of_mean,
    of_quantile,
    of_share,
    together,
)

SECOND = 1_000_000_000


def integers_below(stream: Stream, bound: int, count: int) -> np.ndarray:
    return np.array([stream.below(bound) for _ in range(count)])


@scores(r"ballsbins-100")
def empty_bins(case: Case, seed: int, scale: float) -> Score:
    stream, n = Stream(seed, "bins"), case["n"]
    throws = round(10_000 * scale)
    shares = [1 - len(set(integers_below(stream, n, n).tolist())) / n for _ in range(throws)]
    return of_mean(case.value, shares, throws, "throws")


@scores(r"ballsbins-max-10")
def fullest_bin(case: Case, seed: int, scale: float) -> Score:
    stream, n = Stream(seed, "bins"), case["n"]
    throws = round(50_000 * scale)
    loads = [int(np.bincount(integers_below(stream, n, n)).max()) for _ in range(throws)]
    return of_mean(case.value, loads, throws, "throws")


@scores(r"birthday-23")
def birthdays(case: Case, seed: int, scale: float) -> Score:
    stream, n = Stream(seed, "birthdays"), case["n"]
    parties = round(30_000 * scale)
    hits = sum(len(set(integers_below(stream, case["m"], n).tolist())) < n for _ in range(parties))
    return of_share(case.value, hits, parties, "parties")


@scores(r"birthday-32bit")
def colliding_ids(case: Case, seed: int, scale: float) -> Score:
    """With that many random 32-bit ids the chance of a collision is a half."""
    stream, count = Stream(seed, "ids"), round(case.value)
    sets = round(400 * scale)
    shift = np.uint64(64 - case["bits"])
    hits = sum(len(np.unique(stream.words(count) >> shift)) < count for _ in range(sets))
    return of_share(0.5, hits, sets, "sets of ids")


@scores(r"mod-move-50")
def moved_by_modulo(case: Case, seed: int, scale: float) -> Score:
    words = Stream(seed, "keys").words(round(1_000_000 * scale))
    n = np.uint64(case["n"])
    hits = int(np.count_nonzero(words % n != words % (n + np.uint64(1))))
    return of_share(case.value, hits, len(words), "keys")


@scores(r"lognormal-mean-cv")
def lognormal(case: Case, seed: int, scale: float) -> Score:
    sampler = make_sampler(
        lognormal_from_moments(case["mean"] * SECOND, case["cv"]), Stream(seed, "lognormal")
    )
    draws = np.array([sampler.draw() for _ in range(round(1_000_000 * scale))]) / SECOND
    median, p99 = case.value
    return together([of_quantile(median, [draws], 0.5, 20), of_quantile(p99, [draws], 0.99, 20)])


@scores(r"pareto-bounded")
def bounded_pareto(case: Case, seed: int, scale: float) -> Score:
    """The bounded law is the unbounded one given that it stays under the bound.

    A cap of ours puts what passes it on the cap, which is another law with a greater mean.
    """
    sampler = make_sampler(Pareto(case["k"] * SECOND, case["alpha"]), Stream(seed, "pareto"))
    draws = np.array([sampler.draw() for _ in range(round(2_000_000 * scale))]) / SECOND
    kept = draws[draws < case["p"]]
    return of_mean(case.value, batch_means(kept, 100), len(kept), "draws")


def arrivals_s(profile: RateProfile, seed: int, seconds: float) -> np.ndarray:
    """Instants at which the users of a world that follow ``profile`` sent their requests."""
    plan = blueprint(
        [service("shop", count=1, slots=100_000, work=Deterministic(1))],
        [edge("users", "shop", timeout_ns=0)],
        rate_per_s=0,
        latency=Deterministic(0),
    )
    source = SourceSpec("users", "shop", (MixEntry("do", 1.0),), profile)
    length = Phases(measure_ns=round(seconds * NS_PER_S))
    world = build(replace(plan, sources=(source,), phases=length), seed)
    return np.sort(world.run().tables[0]["arrival_ns"]) / NS_PER_S


@scores(r"poisson-ks")
def exponential_gaps(case: Case, seed: int, scale: float) -> Score:
    """Ten seeds, each refused with a chance of 1 in 10,000 if all is well."""
    profile = RateProfile((0,), (float(case["lam"]),))
    count = round(100_000 * min(scale, 1.0))
    seconds = count / case["lam"]
    gaps = [np.diff(arrivals_s(profile, seed * 10 + i, seconds)) for i in range(10)]
    fits = all(kolmogorov(one, "expon", (0, 1 / case["lam"]), 0.001 / 10) for one in gaps)
    whole = np.concatenate(gaps)
    found = of_mean(case.value, whole, len(whole), "gaps")
    return Score(
        found.estimate, found.half_width, found.holds and fits, found.size, "gaps", found.width
    )


@scores(r"nhpp-sine")
def sine_wave(case: Case, seed: int, scale: float) -> Score:
    """Rate 100 (1 + sin(2 pi t / 60) / 2) in pieces of a second with the right integral each."""
    edges = np.arange(17)
    integral = 100 * (edges - 0.5 * 60 / (2 * math.pi) * (np.cos(2 * math.pi * edges / 60) - 1))
    rates = tuple(float(rate) for rate in np.diff(integral))
    profile = RateProfile(tuple(i * NS_PER_S for i in range(16)), rates)
    counts = [len(arrivals_s(profile, seed * 100_000 + i, 15.0)) for i in range(round(400 * scale))]
    return of_mean(case.value, counts, len(counts), "runs")
