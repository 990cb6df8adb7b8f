"""Families of caches: how often what is asked for is there. What is missing comes at once."""

import numpy as np

from models.base.distributions import Exponential
from models.base.samplers import make_sampler
from models.base.streams import Stream
from models.base.time import NS_PER_DAY, NS_PER_S
from models.traffic.response_cache import CacheConfig, Lookup, ResponseCache
from tests.theory.cases import Case
from tests.theory.registry import scores
from tests.theory.score import Score, of_shares, within

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
