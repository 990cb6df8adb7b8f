"""metastability/cache-*: each variant shows what its file claims, and by the mechanism it names."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

import scenarios
from models.base.time import NS_PER_S
from models.records.record import RunRecord, Verdict
from reports.series.sampled import sampled
from scenarios.load import load
from scenarios.runs.execute import RunOptions, execute

LIBRARY = Path(scenarios.__file__).parent / "library"
FLUSHED = (
    "metastability/cache-flush.yaml",
    "metastability/cache-flush-shed.yaml",
    "metastability/cache-flush-low-load.yaml",
)
STAMPEDES = (
    "metastability/cache-stampede.yaml",
    "metastability/cache-stampede-coalesced.yaml",
    "metastability/cache-stampede-stale.yaml",
)
CAPACITY_PER_S, FLUSH_S, SETTLE_S, END_S = 200, 15, 80, 100


@cache
def record(name: str) -> RunRecord:
    return execute(load(LIBRARY / name), RunOptions())


def hit_ratio(run: RunRecord, start_s: int, end_s: int) -> float:
    """Share of look-ups that hit between two instants, from the sampled counts."""

    def grown(metric: str) -> float:
        (one,) = sampled(run, metric)
        low, high = np.searchsorted(one.times_ns, [start_s * NS_PER_S, end_s * NS_PER_S])
        return float(one.values[min(high, len(one.values) - 1)] - one.values[low])

    hits, misses = grown("world_cache_hits"), grown("world_cache_misses")
    return hits / (hits + misses)


def queries_per_s(run: RunRecord, start_s: int, end_s: int) -> float:
    """Queries sent to the database per second between two instants."""
    nodes = [
        index for index, node in enumerate(run.manifest.call_nodes) if node.service == "products-db"
    ]
    starts = run.attempts["start_ns"][np.isin(run.attempts["node"], nodes)]
    inside = (starts >= start_s * NS_PER_S) & (starts < end_s * NS_PER_S)
    return float(inside.sum()) / (end_s - start_s)


@pytest.mark.parametrize("name", [*FLUSHED, *STAMPEDES])
def test_each_variant_shows_what_it_claims(name: str) -> None:
    assert record(name).verdict is Verdict.PASSED


@pytest.mark.parametrize("name", FLUSHED)
def test_before_the_flush_nine_look_ups_in_ten_hit(name: str) -> None:
    assert hit_ratio(record(name), 0, FLUSH_S - 1) == pytest.approx(0.9, abs=0.02)


def test_the_load_on_the_database_with_and_without_content_is_that_of_the_theory() -> None:
    """cache-meta-0.9: 150 queries a second healthy, 1,500 cold, of which it answers 200."""
    run = record("metastability/cache-flush.yaml")
    assert queries_per_s(run, 2, FLUSH_S) == pytest.approx(150, rel=0.1)
    assert queries_per_s(run, FLUSH_S + 5, END_S) == pytest.approx(1500, rel=0.02)


def test_a_flushed_cache_stays_empty_although_the_database_never_rests() -> None:
    run = record("metastability/cache-flush.yaml")
    assert hit_ratio(run, SETTLE_S, END_S) < 0.05
    (busy,) = [
        one for one in sampled(run, "world_busy_slots") if one.label("service") == "products-db"
    ]
    assert busy.values[busy.times_ns > 20 * NS_PER_S].min() == 4


def test_a_database_that_sheds_lets_the_cache_fill_again() -> None:
    run = record("metastability/cache-flush-shed.yaml")
    assert hit_ratio(run, SETTLE_S, END_S) > 1 - CAPACITY_PER_S / 1500


def test_an_end_of_the_popular_key_sends_a_hundred_requests_to_build_the_page() -> None:
    (stampede,) = sampled(record("metastability/cache-stampede.yaml"), "world_cache_fetches")
    (coalesced,) = sampled(
        record("metastability/cache-stampede-coalesced.yaml"), "world_cache_fetches"
    )
    assert stampede.values[-1] > 60 * coalesced.values[-1]
    assert coalesced.values[-1] == pytest.approx(6, abs=1)
