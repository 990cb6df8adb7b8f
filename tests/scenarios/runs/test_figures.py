"""Key numbers of a run against figures worked out from its tables, row by row."""

import math
from dataclasses import replace

import pytest

from models.base.outcome import Outcome, RequestOutcome
from models.base.time import NS_PER_S as S
from models.records.record import RunRecord
from models.records.schema import REQUESTS
from models.records.table import table_from_rows
from scenarios.load import load
from scenarios.runs.execute import execute
from scenarios.runs.figures import Figure, Unit, comparison_of, figures_of
from tests.scenarios.shell import ROOT, SMALL

PRICED = ROOT / "scenarios" / "library" / "cost" / "two-fleets.yaml"


@pytest.fixture(scope="module")
def record() -> RunRecord:
    return execute(load(SMALL, ["services.shop.slots=1", "traffic.users.arrivals.rate=220/s"]))


@pytest.fixture(scope="module")
def figures(record: RunRecord) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures_of(record)}


def measured(record: RunRecord) -> list[tuple[int, int]]:
    """Outcome and duration of what arrived in [5 s, 25 s)."""
    rows = zip(
        record.requests["arrival_ns"].tolist(),
        record.requests["outcome"].tolist(),
        record.requests["duration_ns"].tolist(),
        strict=True,
    )
    return [(outcome, took) for at, outcome, took in rows if 5e9 <= at < 25e9]


def test_latency_is_nearest_rank_over_what_completed(
    record: RunRecord, figures: dict[str, Figure]
) -> None:
    took = sorted(ns for outcome, ns in measured(record) if outcome == RequestOutcome.COMPLETED)
    assert figures["p50"].value == took[math.ceil(0.5 * len(took)) - 1] / 1e9
    assert figures["p99"].value == took[math.ceil(0.99 * len(took)) - 1] / 1e9
    assert figures["p99"].unit is Unit.SECONDS


def test_errors_are_a_share_of_what_ended_and_goodput_counts_what_completed(
    record: RunRecord, figures: dict[str, Figure]
) -> None:
    ends = [outcome for outcome, _ in measured(record) if outcome != RequestOutcome.IN_FLIGHT]
    completed = ends.count(RequestOutcome.COMPLETED)
    assert 0 < completed < len(ends)
    assert figures["error ratio"].value == (len(ends) - completed) / len(ends)
    assert figures["goodput"].value == completed / 20


@pytest.mark.parametrize(
    ("arrival_ns", "goodput"), [(5 * S - 1, 0.0), (5 * S, 0.05), (25 * S - 1, 0.05), (25 * S, 0.0)]
)
def test_measure_includes_its_first_instant_and_not_its_last(
    record: RunRecord, arrival_ns: int, goodput: float
) -> None:
    row = (0, 0, 0, arrival_ns, 1000, RequestOutcome.COMPLETED, Outcome.OK, 1)
    alone = replace(record, requests=table_from_rows(REQUESTS, [row]))
    values = {figure.name: figure.value for figure in figures_of(alone)}
    assert values["goodput"] == goodput


def test_a_fault_has_its_times_and_what_never_happened_has_none(
    figures: dict[str, Figure],
) -> None:
    assert figures["failover after faults[0]"].value == pytest.approx(3.5, abs=2)
    assert figures["page after faults[0]"].value is None


def test_a_run_without_traffic_has_no_latency_and_no_error_ratio() -> None:
    record = execute(load(SMALL, ["traffic.users.arrivals.rate=0/s"]))
    values = {figure.name: figure.value for figure in figures_of(record)}
    assert (values["p50"], values["p99"], values["error ratio"]) == (None, None, None)
    assert values["goodput"] == 0.0
    assert [figure.value for figure in comparison_of(record)] == [None, None, None]


def test_only_a_priced_run_has_a_bill_and_its_alternatives_the_same_figures() -> None:
    record = execute(load(PRICED))
    assert figures_of(record)[-1].name == "cost"
    assert figures_of(record)[-1].unit is Unit.USD_PER_HOUR
    own = comparison_of(record)
    other = comparison_of(record.alternatives[0])
    assert [figure.name for figure in own] == [figure.name for figure in other]
    assert own[2].value == pytest.approx(sum(record.costs["usd"].tolist()))
    assert other[0].value == pytest.approx(record.alternatives[0].p99_ms / 1000)
    assert own[1].value == record.counts.completed / record.counts.offered


def test_an_unpriced_run_has_no_bill(figures: dict[str, Figure]) -> None:
    assert "cost" not in figures
