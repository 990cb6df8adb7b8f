"""capacity/stepped-load: the knee is where theory puts it, and the report's chapter shows it."""

from dataclasses import asdict
from pathlib import Path

import pytest

import scenarios
from models.base.time import NS_PER_MS, NS_PER_S
from models.planning.capacity import CapacityAssessment, assess_capacity
from models.records.record import RunRecord, Verdict
from reports.page import render
from reports.pages.capacity import capacity_view
from scenarios.load import LoadedScenario, load
from scenarios.runs.execute import RunOptions, execute

FILE = Path(scenarios.__file__).parent / "library" / "capacity" / "stepped-load.yaml"
OBJECTIVE_NS = 200 * NS_PER_MS
BOTTLENECK = "stock-db"
SERVERS, MEAN_S = 6, 0.016
SATURATION_PER_S = SERVERS / MEAN_S
"""A database with six connections, each busy 16 ms per query, answers 375 queries a second."""
STEPS = [100, 175, 250, 325, 400, 475, 100]


@pytest.fixture(scope="module")
def loaded() -> LoadedScenario:
    return load(FILE)


@pytest.fixture(scope="module")
def record(loaded: LoadedScenario) -> RunRecord:
    return execute(loaded)


@pytest.fixture(scope="module")
def capacity(record: RunRecord) -> CapacityAssessment:
    return assess_capacity(record, objective_ns=OBJECTIVE_NS)


def violated(record: RunRecord) -> list[str]:
    return [result.expectation for result in record.expectations if not result.holds]


def test_every_expectation_holds(record: RunRecord) -> None:
    assert violated(record) == []
    assert record.verdict is Verdict.PASSED


@pytest.mark.parametrize("seed", [1, 2])
def test_it_holds_for_other_seeds_too(loaded: LoadedScenario, seed: int) -> None:
    assert violated(execute(loaded, RunOptions(seed=seed))) == []


def test_counts_add_up(record: RunRecord) -> None:
    counts = asdict(record.counts)
    assert counts.pop("offered") == sum(counts.values()) == len(record.requests)


def test_it_is_a_question_of_capacity(record: RunRecord) -> None:
    assert (record.manifest.scenario, record.manifest.section) == ("stepped-load", "capacity")


def test_the_database_is_as_the_theory_of_this_test_takes_it(loaded: LoadedScenario) -> None:
    found = next(one for one in loaded.blueprint.services if one.name == BOTTLENECK)
    (endpoint,) = found.endpoints
    assert found.slots * len(found.instances) == SERVERS
    assert endpoint.work.mean_ns == pytest.approx(MEAN_S * NS_PER_S)


def test_the_load_climbs_past_saturation_and_returns(capacity: CapacityAssessment) -> None:
    assert [step.rate_per_s for step in capacity.steps] == STEPS
    assert STEPS[3] < SATURATION_PER_S < STEPS[4]


def test_the_knee_is_the_first_step_beyond_what_the_database_can_answer(
    capacity: CapacityAssessment,
) -> None:
    assert capacity.knee is not None
    assert capacity.highest_held is not None
    assert capacity.knee.rate_per_s == min(r for r in STEPS if r > SATURATION_PER_S)
    assert capacity.highest_held.rate_per_s == max(r for r in STEPS if r < SATURATION_PER_S)


def test_the_database_is_what_is_full_and_not_those_who_wait_for_it(
    capacity: CapacityAssessment,
) -> None:
    assert capacity.knee is not None
    assert capacity.saturated is not None
    assert capacity.saturated.service == BOTTLENECK
    assert capacity.saturated.busy_ratio > 0.99
    waiting = {entry.service: entry.busy_ratio for entry in capacity.knee.utilisation}
    assert waiting["storefront"] > 0.8


@pytest.mark.parametrize("number", range(4))
def test_below_the_knee_the_database_is_busy_as_rate_times_service_time_says(
    capacity: CapacityAssessment, number: int
) -> None:
    """Utilisation law: busy servers = completions per second * service time, in the mean.

    Samples are a second apart, twenty in a step, so one step's mean has an error of some points.
    """
    step = capacity.steps[number]
    (busy,) = (entry for entry in step.utilisation if entry.service == BOTTLENECK)
    assert busy.busy_ratio == pytest.approx(step.goodput_per_s / SATURATION_PER_S, abs=0.15)


def test_overload_does_not_cost_goodput(capacity: CapacityAssessment) -> None:
    overloaded = capacity.steps[5]
    assert overloaded.rate_per_s == max(STEPS)
    assert overloaded.goodput_per_s == pytest.approx(SATURATION_PER_S, rel=0.02)


def test_it_comes_back_by_itself(capacity: CapacityAssessment) -> None:
    assert capacity.steps[-1].holds(OBJECTIVE_NS)


def test_more_connections_move_the_knee_away() -> None:
    record = execute(load(FILE, ["services.stock-db.slots=12"]))
    found = assess_capacity(record, objective_ns=OBJECTIVE_NS)
    assert found.knee is None
    assert found.highest_held is not None
    assert found.highest_held.rate_per_s == max(STEPS)


def test_a_platform_without_room_at_its_usual_load_does_not_pass() -> None:
    broken = violated(execute(load(FILE, ["services.stock-db.slots=1"])))
    assert "error ratio of shoppers < 0.1% during warm_up" in broken
    assert "p99 of shoppers < 200ms during settle" in broken


def test_the_report_judges_by_the_objective_of_the_scenario(record: RunRecord) -> None:
    view = capacity_view(record)
    assert view.assessment.objective_ns == OBJECTIVE_NS
    assert [row.is_knee for row in view.rows] == [rate == 400 for rate in STEPS]


def test_the_report_names_knee_resource_and_highest_load(record: RunRecord) -> None:
    page = render(record)
    chapter = page[page.index('id="chapter"') : page.index("Load steps")]
    for figure in ("325 /s", "400 /s", BOTTLENECK):
        assert f"<strong>{figure}</strong>" in chapter
    assert len(page.encode()) < 1_000_000
