"""Load steps, the knee and the saturated resource, on runs written out by hand."""

import math

import pytest

from models.base.errors import ConfigError
from models.base.outcome import RequestOutcome
from models.base.time import NS_PER_MS, NS_PER_S
from models.planning.capacity import (
    LoadStep,
    Utilisation,
    assess_capacity,
    load_steps,
    saturated_resource,
)
from models.records.manifest import (
    EdgeInfo,
    LoadPiece,
    Manifest,
    Phase,
    SeriesInfo,
    ServiceInfo,
)
from models.records.record import Counts, Provenance, RunRecord, Verdict
from models.records.schema import ALERTS, ATTEMPTS, COSTS, EVENTS, JOBS, LOGS, REQUESTS, SAMPLES
from models.records.table import Schema, Table, table_from_rows

START, END = 10 * NS_PER_S, 40 * NS_PER_S
STEPS = (
    LoadPiece("shop", 0, 100.0),
    LoadPiece("shop", 20 * NS_PER_S, 200.0),
    LoadPiece("shop", 30 * NS_PER_S, 300.0),
)
EDGES = (
    EdgeInfo("shop", "web", "round_robin", 0, 0),
    EdgeInfo("web", "cart", "round_robin", 0, 0),
    EdgeInfo("cart", "db", "round_robin", 0, 0),
)
OBJECTIVE = 300 * NS_PER_MS

Arrival = tuple[int, int, RequestOutcome]
Sample = tuple[int, int, float]


def empty(schema: Schema) -> Table:
    return table_from_rows(schema, ())


def run(
    *arrivals: Arrival,
    load: tuple[LoadPiece, ...] = STEPS,
    samples: tuple[Sample, ...] = (),
    phases: tuple[Phase, ...] = (Phase("warm_up", 0, START), Phase("measure", START, END)),
) -> RunRecord:
    """A record of (arrival_ns, duration_ns, outcome) requests and (series, time, value) samples."""
    manifest = Manifest(
        schema_version=1,
        scenario="steps",
        question="",
        section="capacity",
        seed=1,
        shuffle_ties=False,
        spec_digest="",
        wall_start_ns=0,
        phases=phases,
        zones=("a",),
        services=(ServiceInfo("web", 4, 10, 2), ServiceInfo("db", 5, 10, 1)),
        instances=(),
        edges=EDGES,
        sources=("shop",),
        load=load,
        call_nodes=(),
        series=(
            SeriesInfo("world_busy_slots", (("service", "web"),)),
            SeriesInfo("world_busy_slots", (("service", "db"),)),
            SeriesInfo("world_queue_length", (("service", "db"),)),
        ),
    )
    rows = [(n, 0, 0, at, took, end, 0, 1) for n, (at, took, end) in enumerate(arrivals)]
    return RunRecord(
        manifest=manifest,
        requests=table_from_rows(REQUESTS, rows),
        attempts=empty(ATTEMPTS),
        samples=table_from_rows(SAMPLES, samples),
        events=empty(EVENTS),
        alerts=empty(ALERTS),
        logs=empty(LOGS),
        jobs=empty(JOBS),
        costs=empty(COSTS),
        counts=Counts(len(rows), 0, 0, 0, 0, 0),
        expectations=(),
        verdict=Verdict.PASSED,
        stop_reason="",
        digest="",
        replay="",
        provenance=Provenance((), 0, 0.0, ""),
        scenario_text="",
    )


def step(**changes: object) -> LoadStep:
    values = {
        "start_ns": 0,
        "end_ns": NS_PER_S,
        "rate_per_s": 100.0,
        "offered": 100,
        "completed": 100,
        "p99_ns": OBJECTIVE,
        "utilisation": (),
    }
    return LoadStep(**{**values, **changes})  # type: ignore[arg-type]


def done(at_s: float, took_ms: int = 10) -> Arrival:
    return (int(at_s * NS_PER_S), took_ms * NS_PER_MS, RequestOutcome.COMPLETED)


def lost(at_s: float) -> Arrival:
    return (int(at_s * NS_PER_S), NS_PER_MS, RequestOutcome.TIMED_OUT)


def test_the_measured_phase_is_cut_where_the_rate_changes() -> None:
    steps = load_steps(run())
    assert [(s.start_ns // NS_PER_S, s.end_ns // NS_PER_S, s.rate_per_s) for s in steps] == [
        (10, 20, 100.0),
        (20, 30, 200.0),
        (30, 40, 300.0),
    ]


def test_sources_add_up_and_pieces_of_equal_rate_are_one_step() -> None:
    load = (
        LoadPiece("shop", 0, 100.0),
        LoadPiece("bots", 0, 20.0),
        LoadPiece("shop", 20 * NS_PER_S, 100.0),
        LoadPiece("bots", 25 * NS_PER_S, 50.0),
    )
    steps = load_steps(run(load=load))
    assert [(s.start_ns // NS_PER_S, s.rate_per_s) for s in steps] == [(10, 120.0), (25, 150.0)]


def test_a_change_of_rate_at_the_edges_of_the_measured_phase_makes_no_empty_step() -> None:
    load = (LoadPiece("s", 0, 1.0), LoadPiece("s", START, 2.0), LoadPiece("s", END, 3.0))
    assert [(s.start_ns, s.end_ns, s.rate_per_s) for s in load_steps(run(load=load))] == [
        (START, END, 2.0)
    ]


def test_a_source_that_has_not_begun_offers_nothing() -> None:
    load = (LoadPiece("late", 15 * NS_PER_S, 5.0),)
    assert [s.rate_per_s for s in load_steps(run(load=load))] == [0.0, 5.0]


def test_requests_belong_to_the_step_in_which_they_arrived() -> None:
    steps = load_steps(run(done(9.9), done(10), done(19.999, 5_000), done(20), lost(29), done(40)))
    assert [(s.offered, s.completed) for s in steps] == [(2, 2), (2, 1), (0, 0)]


def test_rates_are_per_second_of_the_step() -> None:
    first = load_steps(run(done(10), done(11), done(12), lost(13)))[0]
    assert (first.offered_per_s, first.goodput_per_s, first.goodput_ratio) == (0.4, 0.3, 0.75)


@pytest.mark.parametrize(
    ("count", "slow", "p99_ms"),
    [(100, 1, 10), (100, 2, 500), (99, 1, 500), (101, 1, 10), (1, 1, 500)],
)
def test_p99_is_nearest_rank_over_completed_requests(count: int, slow: int, p99_ms: int) -> None:
    # Rank ceil(0.99 * count) of the sorted durations; failures are not in the ranking.
    arrivals = [done(11)] * (count - slow) + [done(11, 500)] * slow + [lost(11)] * 50
    assert load_steps(run(*arrivals))[0].p99_ns == p99_ms * NS_PER_MS


def test_a_step_in_which_nothing_completed_has_no_p99() -> None:
    assert load_steps(run(lost(11)))[0].p99_ns is None


def test_utilisation_is_the_mean_of_samples_over_all_slots() -> None:
    samples = ((0, START, 4.0), (0, START + NS_PER_S, 8.0), (1, START, 5.0), (2, START, 999.0))
    first = load_steps(run(samples=samples))[0]
    assert first.utilisation == (Utilisation("web", 0.75), Utilisation("db", 1.0))


def test_samples_count_in_a_half_open_step_and_stale_ones_not_at_all() -> None:
    samples = (
        (0, START - 1, 8.0),
        (0, START, 2.0),
        (0, START + 1, math.nan),
        (0, 20 * NS_PER_S, 8.0),
    )
    first, second, third = load_steps(run(samples=samples))
    assert first.utilisation == (Utilisation("web", 0.25),)
    assert second.utilisation == (Utilisation("web", 1.0),)
    assert third.utilisation == ()


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({"completed": 99}, True),
        ({"completed": 98}, False),
        ({"p99_ns": OBJECTIVE + 1}, False),
        ({"p99_ns": OBJECTIVE}, True),
        ({"completed": 0, "p99_ns": None}, False),
        ({"offered": 0, "completed": 0, "p99_ns": None}, None),
    ],
)
def test_a_step_holds_at_99_percent_goodput_and_at_the_objective(
    changes: dict[str, object], holds: bool | None
) -> None:
    assert step(**changes).holds(OBJECTIVE) is holds


def test_without_an_objective_only_goodput_decides() -> None:
    assert step(p99_ns=10 * OBJECTIVE).holds() is True


def test_the_knee_is_the_first_step_that_does_not_hold() -> None:
    samples = ((0, 25 * NS_PER_S, 1.0), (1, 25 * NS_PER_S, 5.0))
    found = assess_capacity(
        run(done(11), done(21, 400), done(31, 400), samples=samples), objective_ns=OBJECTIVE
    )
    assert found.knee == found.steps[1]
    assert found.highest_held == found.steps[0]
    assert found.saturated == Utilisation("db", 1.0)


def test_a_run_that_held_throughout_has_no_knee() -> None:
    found = assess_capacity(run(done(11), done(21), done(31)), objective_ns=OBJECTIVE)
    assert (found.knee, found.saturated) == (None, None)
    assert found.highest_held == found.steps[2]


def test_a_run_that_never_held_has_no_highest_load() -> None:
    found = assess_capacity(run(lost(11), lost(21), lost(31)))
    assert found.highest_held is None
    assert found.knee == found.steps[0]


def test_an_empty_step_is_neither_knee_nor_held() -> None:
    found = assess_capacity(run(done(21)))
    assert (found.knee, found.highest_held) == (None, found.steps[1])


def test_the_highest_load_that_held_is_by_rate_and_not_by_time() -> None:
    falling = (LoadPiece("shop", 0, 300.0), LoadPiece("shop", 20 * NS_PER_S, 100.0))
    found = assess_capacity(run(done(11), done(21), load=falling))
    assert found.highest_held == found.steps[0]


@pytest.mark.parametrize("objective_ns", [0, -1])
def test_an_objective_that_is_not_positive_is_refused(objective_ns: int) -> None:
    with pytest.raises(ConfigError, match="must be positive"):
        assess_capacity(run(), objective_ns=objective_ns)


def test_the_saturated_resource_is_the_busiest() -> None:
    full = (Utilisation("web", 0.3), Utilisation("db", 0.6), Utilisation("cart", 0.5))
    assert saturated_resource(full, EDGES) == Utilisation("db", 0.6)


def test_a_caller_that_waits_for_a_full_service_is_not_the_saturated_resource() -> None:
    full = (Utilisation("web", 1.0), Utilisation("cart", 0.4), Utilisation("db", 0.97))
    assert saturated_resource(full, EDGES) == Utilisation("db", 0.97)


@pytest.mark.parametrize(("db_ratio", "saturated"), [(0.75, "db"), (0.74, "web")])
def test_services_within_five_points_count_as_equally_full(db_ratio: float, saturated: str) -> None:
    found = saturated_resource((Utilisation("web", 0.8), Utilisation("db", db_ratio)), EDGES)
    assert found is not None
    assert found.service == saturated


def test_full_services_that_call_each_other_in_a_circle_yield_the_busiest() -> None:
    circle = (EdgeInfo("a", "b", "", 0, 0), EdgeInfo("b", "a", "", 0, 0))
    full = (Utilisation("a", 0.99), Utilisation("b", 1.0))
    assert saturated_resource(full, circle) == Utilisation("b", 1.0)


def test_without_samples_no_resource_is_named() -> None:
    assert saturated_resource((), EDGES) is None
