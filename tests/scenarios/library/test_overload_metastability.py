"""metastability: overload that keeps itself alive, and what ends it; by the mechanism named."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

import scenarios
from models.base.outcome import Outcome, RequestOutcome
from models.base.time import NS_PER_S
from models.records.record import RunRecord, Verdict
from reports.series.sampled import sampled
from scenarios.load import load
from scenarios.runs.execute import RunOptions, execute

LIBRARY = Path(scenarios.__file__).parent / "library"
SPIRALS = (
    "metastability/gc-death-spiral.yaml",
    "metastability/gc-death-spiral-bounded.yaml",
    "metastability/gc-death-spiral-hopeless.yaml",
)
STALE = (
    "metastability/stale-queue.yaml",
    "metastability/stale-queue-lifo.yaml",
    "metastability/stale-queue-codel.yaml",
    "metastability/stale-queue-expired.yaml",
)
CASCADES = (
    "metastability/timeout-cascade.yaml",
    "metastability/timeout-cascade-ordered.yaml",
)
POOLS = (
    "metastability/pool-exhaustion.yaml",
    "metastability/pool-exhaustion-bounded.yaml",
    "metastability/pool-exhaustion-freed.yaml",
)


@cache
def record(name: str, seed: int | None = None) -> RunRecord:
    return execute(load(LIBRARY / name), RunOptions(seed=seed))


def ends(run: RunRecord, start_s: int, end_s: int, outcome: Outcome) -> int:
    """Attempts of the users that began between two instants and ended so."""
    attempts = run.attempts
    inside = (attempts["start_ns"] >= start_s * NS_PER_S) & (
        attempts["start_ns"] < end_s * NS_PER_S
    )
    return int(np.count_nonzero(attempts["outcome"][inside] == outcome))


def queue_length(run: RunRecord, service: str, at_s: int) -> float:
    for series in sampled(run, "world_queue_length"):
        if series.label("service") == service:
            return float(series.values[np.searchsorted(series.times_ns, at_s * NS_PER_S)])
    raise AssertionError(service)


@pytest.mark.parametrize("name", [*SPIRALS, *STALE, *CASCADES, *POOLS])
@pytest.mark.parametrize("seed", [None, 1])
def test_each_variant_shows_what_it_claims(name: str, seed: int | None) -> None:
    assert record(name, seed).verdict is Verdict.PASSED


def test_the_spiral_goes_on_long_after_the_surge_and_serves_who_has_left() -> None:
    run = record(SPIRALS[0])
    assert queue_length(run, "shop", 28) > 500
    assert queue_length(run, "shop", 49) > 500
    assert ends(run, 35, 50, Outcome.OK) == 0
    assert ends(run, 35, 48, Outcome.TIMEOUT) > 1000


def test_in_the_spiral_the_shop_can_no_longer_do_what_it_did_before() -> None:
    """Of 400 requests a second it lets in less than 60 %, because it serves no more than that."""
    run = record(SPIRALS[0])
    refused = ends(run, 40, 48, Outcome.QUEUE_FULL)
    assert 8 * 400 - refused < 0.6 * 8 * 400


@pytest.mark.parametrize("name", SPIRALS[1:])
def test_without_the_long_queue_the_surge_costs_what_is_refused_in_it(name: str) -> None:
    run = record(name)
    assert queue_length(run, "shop", 35) < 20
    shed = ends(run, 24, 30, Outcome.SHED) + ends(run, 24, 30, Outcome.QUEUE_FULL)
    assert shed > 500


def goodput_per_s(name: str) -> float:
    requests = record(name).requests
    late = requests["arrival_ns"] >= 25 * NS_PER_S
    late &= requests["arrival_ns"] < 60 * NS_PER_S
    completed = requests["outcome"][late] == RequestOutcome.COMPLETED
    return float(np.count_nonzero(completed)) / 35


def test_the_order_and_the_drops_decide_what_is_left_of_four_hundred_a_second() -> None:
    goodput = {name: goodput_per_s(name) for name in STALE}
    in_order, newest_first, codel, expired = (goodput[name] for name in STALE)
    assert in_order < 5
    assert newest_first > 370
    assert codel > 370
    assert 100 < expired < 320


def per_s(run: RunRecord, service: str, outcome: Outcome | None = None) -> float:
    """Tries of a service a second, of all or of those that ended so, once all should be well."""
    nodes = [i for i, node in enumerate(run.manifest.call_nodes) if node.service == service]
    attempts = run.attempts
    chosen = np.isin(attempts["node"], nodes)
    chosen &= (attempts["start_ns"] >= 40 * NS_PER_S) & (attempts["start_ns"] < 58 * NS_PER_S)
    if outcome is not None:
        chosen &= attempts["outcome"] == outcome
    return float(np.count_nonzero(chosen)) / 18


def test_long_after_the_fault_the_database_works_at_its_limit_for_nobody() -> None:
    run = record(CASCADES[0])
    assert per_s(run, "orders-db", Outcome.OK) > 350
    assert per_s(run, "web", Outcome.OK) == 0
    assert per_s(run, "web") == pytest.approx(3 * 240, rel=0.05)


def test_in_the_right_order_every_query_is_for_somebody_who_waits() -> None:
    run = record(CASCADES[1])
    assert per_s(run, "orders-db", Outcome.OK) == pytest.approx(240, rel=0.05)
    assert per_s(run, "web", Outcome.OK) == pytest.approx(240, rel=0.05)


def busy_slots_max(run: RunRecord, service: str) -> float:
    (series,) = (one for one in sampled(run, "world_busy_slots") if one.label("service") == service)
    return float(series.values.max())


def test_waiting_for_a_connection_takes_all_threads_of_the_shop_or_hardly_any() -> None:
    exhausted, bounded, _ = (record(name) for name in POOLS)
    assert busy_slots_max(exhausted, "shop") == 100
    assert busy_slots_max(bounded, "shop") < 60


def test_those_who_buy_are_refused_although_they_need_no_connection() -> None:
    attempts = record(POOLS[0]).attempts
    nodes = record(POOLS[0]).manifest.call_nodes
    basket = [index for index, node in enumerate(nodes) if node.endpoint == "GET /basket"]
    theirs = np.isin(attempts["node"], basket)
    assert np.count_nonzero(theirs & (attempts["outcome"] == Outcome.QUEUE_FULL)) > 500
    assert not np.count_nonzero(theirs & (attempts["outcome"] == Outcome.NO_CONNECTION))
