"""failover/database-*: what a primary's death costs, and what it costs to lose nothing."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

import scenarios
from models.base.outcome import Outcome
from models.base.time import NS_PER_MS, NS_PER_S
from models.records.events import EventKind
from models.records.record import RunRecord, Verdict
from reports.page import render
from reports.tables.stores import database_rows
from scenarios.load import load
from scenarios.runs.execute import RunOptions, execute

LIBRARY = Path(scenarios.__file__).parent / "library"
LOSING, CONFIRMED = "failover/database-primary.yaml", "failover/database-primary-confirmed.yaml"
CRASH_S, SILENCE_S, PROMOTE_S = 30, 5, 2
WRITES_PER_S, LAG_S = 80, 0.5


@cache
def record(name: str) -> RunRecord:
    return execute(load(LIBRARY / name), RunOptions())


@pytest.mark.parametrize("name", [LOSING, CONFIRMED])
def test_each_variant_shows_what_it_claims(name: str) -> None:
    assert record(name).verdict is Verdict.PASSED


@pytest.mark.parametrize("name", [LOSING, CONFIRMED])
def test_a_replica_leads_after_silence_and_promotion(name: str) -> None:
    events = record(name).events
    (row,) = [
        row for row, kind in enumerate(events.text("kind")) if kind == EventKind.PRIMARY_PROMOTED
    ]
    led_from_s = events["time_ns"][row] / NS_PER_S
    earliest = CRASH_S + SILENCE_S + PROMOTE_S - 1
    assert earliest <= led_from_s <= earliest + 1.1


def test_lost_is_what_was_written_in_the_last_half_second() -> None:
    (row,) = database_rows(record(LOSING))
    assert row.lost == pytest.approx(WRITES_PER_S * LAG_S, rel=0.5)
    (row,) = database_rows(record(CONFIRMED))
    assert row.lost == 0


def write_latency_ms(run: RunRecord) -> float:
    nodes = [
        index for index, node in enumerate(run.manifest.call_nodes) if node.endpoint == "INSERT"
    ]
    attempts = run.attempts
    good = np.isin(attempts["node"], nodes) & (attempts["outcome"] == Outcome.OK)
    return float(np.median(attempts["duration_ns"][good])) / NS_PER_MS


def test_a_confirmation_by_a_replica_costs_its_lag_and_the_way_there_and_back() -> None:
    extra = write_latency_ms(record(CONFIRMED)) - write_latency_ms(record(LOSING))
    assert extra == pytest.approx(20 + 2, abs=1.5)


def test_the_report_has_a_table_of_the_database() -> None:
    text = render(record(LOSING))
    assert "orders-db" in text[text.index('id="stores"') :]
