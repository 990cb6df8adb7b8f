"""Families of caches: how often what is asked for is there. What is missing comes at once."""

import numpy as np

from models.base.distributions import Deterministic, Exponential
from models.base.keys import KeyLaw
from models.base.samplers import make_sampler
from models.base.streams import Stream
from models.base.time import NS_PER_DAY, NS_PER_MS, NS_PER_S
from models.faults.plan import CacheFlush, Fault
from models.faults.selector import Selector
from models.service.cache import CacheSpec
from models.service.spec import CallSpec, EndpointSpec, InstanceSpec, ServiceSpec
from models.service.traffic import MixEntry, RateProfile, SourceSpec
from models.traffic.config import EdgeConfig
from models.traffic.response_cache import CacheConfig, Lookup, ResponseCache
from sim.blueprint import Blueprint, LinksSpec, Phases
from sim.kernel.ties import OBSERVER
from sim.world import build
from tests.theory.cases import Case
from tests.theory.registry import scores
from tests.theory.score import Score, of_mean, of_shares, together, within

WARM_UP_SHARE = 0.2
BATCHES = 20
ME = 0


def is_hit(cache: ResponseCache[int, int], key: int, now: int) -> bool:
    """Ask for a key, and fetch it in the same instant if it is not there."""
    if cache.ask(key, ME, now=now).lookup is Lookup.HIT:
        return True
    cache.fetched(key, ME, key, now=now)
    return False


@scores(r"ttl-cache")
def time_to_live(case: Case, seed: int, scale: float) -> Score:
    cache: ResponseCache[int, int] = ResponseCache(CacheConfig(ttl_ns=case["T"] * NS_PER_S))
    gaps = make_sampler(Exponential(round(NS_PER_S / case["l"])), Stream(seed, "asks"))
    now, hits = 0, []
    for _ in range(round(1_000_000 * scale)):
        now += gaps.draw()
        hits.append(is_hit(cache, 1, now))
    return of_shares(case.value, [np.array(hits)], BATCHES)


@scores(r"lru-che-.*")
def least_recently_used(case: Case, seed: int, scale: float) -> Score:
    """Keys asked for independently by Zipf's law; Che's approximation is good to a hundredth."""
    weights = np.arange(1, case["N"] + 1, dtype=np.float64) ** -case["alpha"]
    cumulative = np.cumsum(weights) / weights.sum()
    uniforms = Stream(seed, "keys").uniforms(round(1_000_000 * scale))
    keys = np.searchsorted(cumulative, uniforms, side="right").tolist()
    cache: ResponseCache[int, int] = ResponseCache(
        CacheConfig(capacity=case["C"], ttl_ns=NS_PER_DAY)
    )
    hits = np.array([is_hit(cache, key, 0) for key in keys])
    settled = hits[round(WARM_UP_SHARE * len(hits)) :]
    return within(of_shares(case.value, [settled], BATCHES), case.value, absolute=0.01)


KEYS, DATABASE = 10_000, 1
SETTLED_S = 5


def flushed(
    case: Case, seed: int, healthy_s: int, cold_s: int
) -> tuple[np.ndarray, tuple[int, int]]:
    """Seconds at which the database was asked, in a run flushed after ``healthy_s``.

    And how much it had answered when the flush was felt in full, and at the end.

    Equal keys of which the hit share fits, so that share of the look-ups hits. The database has
    a queue in which fills time out, and late answers are not kept.
    """
    slots = 4
    work_ns = slots * NS_PER_S // case["db_cap"]
    cache = CacheSpec(
        KeyLaw(KEYS), capacity=round(case["hit"] * KEYS), ttl_ns=NS_PER_DAY, coalesces=False,
        is_shared=True, is_warm=True,
    )  # fmt: skip
    step = ((CallSpec("database", "do"),),)
    shop = EndpointSpec("do", Deterministic(0), step, cache=cache)
    plan = Blueprint(
        name="flush",
        phases=Phases(measure_ns=(healthy_s + cold_s) * NS_PER_S),
        zones=("a",),
        services=(
            ServiceSpec("shop", (InstanceSpec("shop-0", "a", "m"),), 10**6, 0, (shop,)),
            ServiceSpec(
                "database",
                (InstanceSpec("database-0", "a", "m"),),
                slots,
                2 * case["db_cap"],
                (EndpointSpec("do", Deterministic(work_ns)),),
            ),
        ),
        edges=(
            EdgeConfig("users", "shop", timeout_ns=0),
            EdgeConfig("shop", "database", timeout_ns=500 * NS_PER_MS),
        ),
        sources=(
            SourceSpec("users", "shop", (MixEntry("do", 1.0),), RateProfile((0,), (case["lam"],))),
        ),
        links=LinksSpec(Deterministic(0), Deterministic(0), Deterministic(0)),
        faults=(Fault("flush", healthy_s * NS_PER_S, None, CacheFlush(Selector(service="shop"))),),
    )
    world = build(plan, seed)
    database = world.instances_of["database"][0]
    answered: list[int] = []
    for second in (healthy_s + SETTLED_S, healthy_s + cold_s):
        world.kernel.post(
            second * NS_PER_S, OBSERVER, lambda _: answered.append(database.answered), None
        )
    attempts = world.run().tables[1]
    asked = attempts["start_ns"][attempts["node"] == DATABASE] / NS_PER_S
    return asked, (answered[0], answered[1])


@scores(r"cache-meta-.*")
def content_lost(case: Case, seed: int, scale: float) -> Score:
    """Load on the database with its cache and after a flush, and what it answers when cold.

    Cold it is never idle, so what it answers is the highest load that it recovers from by itself.
    """
    healthy_s, cold_s = round(60 * scale) + SETTLED_S, round(30 * scale) + SETTLED_S
    asked, (begun, ended) = flushed(case, seed, healthy_s, cold_s)
    healthy, cold, capacity = case.value
    before, _ = np.histogram(asked, np.linspace(0, healthy_s, 31))
    after, _ = np.histogram(asked, np.linspace(healthy_s + SETTLED_S, healthy_s + cold_s, 31))
    saturated = (ended - begun) / (cold_s - SETTLED_S)
    loads = (
        of_mean(healthy, before * 30 / healthy_s, len(asked), "queries"),
        of_mean(cold, after * 30 / (cold_s - SETTLED_S), len(asked), "queries"),
    )
    exact = of_mean(capacity, [saturated] * 2, ended - begun, "queries")
    return together([*loads, within(exact, capacity, relative=0.01)])
