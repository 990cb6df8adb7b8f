"""cost/two-fleets: bills checked by hand, and the cheaper fleet misses the objective."""

import math
from dataclasses import asdict
from pathlib import Path

import pytest

import scenarios
from models.base.time import NS_PER_S
from models.planning.cost import CostSummary, summarise_run
from models.records.record import Alternative, RunRecord, Verdict
from reports.page import render
from reports.pages.cost import cost_view
from scenarios.load import LoadedScenario, load
from scenarios.runs.execute import RunOptions, execute

LIBRARY = Path(scenarios.__file__).parent / "library"
FILE = LIBRARY / "cost" / "two-fleets.yaml"
SHOP = LIBRARY / "online-boutique" / "zone-outage.yaml"
WHOLE_USD, HALF_USD = 0.048, 0.021
SHARED_SERVICES = 10
MEASURE_HOURS = 75 / 3600
OBJECTIVE_MS = 300


@pytest.fixture(scope="module")
def loaded() -> LoadedScenario:
    return load(FILE)


@pytest.fixture(scope="module")
def record(loaded: LoadedScenario) -> RunRecord:
    return execute(loaded)


@pytest.fixture(scope="module")
def summary(record: RunRecord) -> CostSummary:
    return summarise_run(record)


@pytest.fixture(scope="module")
def halves(record: RunRecord) -> Alternative:
    (only,) = record.alternatives
    return only


def violated(record: RunRecord) -> list[str]:
    return [result.expectation for result in record.expectations if not result.holds]


def machine_usd_per_hour(costs: Alternative | RunRecord) -> float:
    items, usd = costs.costs.text("item"), costs.costs["usd"].tolist()
    paid = (one for item, one in zip(items, usd, strict=True) if item.startswith("machine time"))
    return math.fsum(paid) / MEASURE_HOURS


def test_every_expectation_holds(record: RunRecord) -> None:
    assert violated(record) == []
    assert record.verdict is Verdict.PASSED


@pytest.mark.parametrize("seed", [1, 2])
def test_the_answer_does_not_hang_on_the_seed(loaded: LoadedScenario, seed: int) -> None:
    record = execute(loaded, RunOptions(seed=seed))
    assert violated(record) == []
    assert [choice.verdict for choice in record.alternatives] == [Verdict.FAILED]


def test_counts_of_both_fleets_add_up(record: RunRecord, halves: Alternative) -> None:
    for counts in (asdict(record.counts), asdict(halves.counts)):
        assert counts.pop("offered") == sum(counts.values())


def test_both_fleets_get_the_same_requests(record: RunRecord, halves: Alternative) -> None:
    assert halves.counts.offered == record.counts.offered == len(record.requests)


def test_it_is_a_question_of_cost(record: RunRecord) -> None:
    assert (record.manifest.scenario, record.manifest.section) == ("two-fleets", "cost")


def test_it_is_the_shop_of_the_zone_outage_without_the_outage(loaded: LoadedScenario) -> None:
    mine, shop = loaded.blueprint, load(SHOP).blueprint
    assert [one.endpoints for one in mine.services] == [one.endpoints for one in shop.services]
    assert mine.edges == shop.edges
    assert [source.mix for source in mine.sources] == [source.mix for source in shop.sources]
    assert mine.faults == ()
    assert mine.monitoring is None


def test_machine_time_is_instances_times_price(record: RunRecord, halves: Alternative) -> None:
    """Ten services of three wholes or six halves; the cart store is one whole in both fleets."""
    wholes_usd = (3 * SHARED_SERVICES + 1) * WHOLE_USD
    halves_usd = 6 * SHARED_SERVICES * HALF_USD + WHOLE_USD
    assert machine_usd_per_hour(record) == pytest.approx(wholes_usd)
    assert machine_usd_per_hour(halves) == pytest.approx(halves_usd)


def test_the_services_pay_the_whole_bill(summary: CostSummary) -> None:
    assert len(summary.services) == SHARED_SERVICES + 1
    assert math.fsum(one.usd_per_hour for one in summary.services) == pytest.approx(
        summary.usd_per_hour
    )
    assert all(one.traffic_usd > 0 for one in summary.services)


def test_a_thousand_requests_cost_what_an_hour_costs_over_its_requests(
    summary: CostSummary,
) -> None:
    assert summary.window_ns == 75 * NS_PER_S
    per_hour = summary.completed / MEASURE_HOURS
    assert summary.usd_per_thousand == pytest.approx(summary.usd_per_hour * 1000 / per_hour)


def test_a_fleet_of_halves_has_as_many_workers_as_one_of_wholes(loaded: LoadedScenario) -> None:
    ((_, variant),) = loaded.alternatives()
    pairs = zip(loaded.blueprint.services, variant.blueprint.services, strict=True)
    for whole, half in pairs:
        assert len(whole.instances) * whole.slots == len(half.instances) * half.slots


def test_the_cheaper_fleet_misses_the_objective(record: RunRecord, halves: Alternative) -> None:
    whole, half = cost_view(record).choices
    assert half.usd_per_hour < whole.usd_per_hour
    assert whole.p99_ns is not None
    assert whole.p99_ns < OBJECTIVE_MS * 1_000_000
    assert halves.p99_ms > OBJECTIVE_MS
    assert halves.verdict is Verdict.FAILED


def test_a_higher_price_breaks_the_budget() -> None:
    dear = execute(load(FILE, ["prices.machines.whole.on_demand=0.06 USD/h"]))
    assert violated(dear) == ["cost per hour < 1.7 USD during measure"]


def test_the_report_shows_both_fleets_side_by_side(record: RunRecord) -> None:
    page = render(record)
    chapter = page[page.index('id="chapter"') :]
    comparison = chapter[chapter.index("Comparison of choices") :]
    assert comparison.index("as written") < comparison.index("many-small")
    assert "Per 1,000 requests" in chapter
    assert len(page.encode()) < 1_000_000
