"""metastability/queue-*: orders that are lost to dead letters, and orders that are only late."""

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
LOST, PATIENT = "metastability/queue-backlog.yaml", "metastability/queue-backlog-patient.yaml"
FAULT_ENDS_S, RATE_PER_S = 80, 200


@cache
def record(name: str) -> RunRecord:
    return execute(load(LIBRARY / name), RunOptions())


def at_second(run: RunRecord, metric: str, second: int) -> float:
    (one,) = sampled(run, metric)
    return float(one.values[np.searchsorted(one.times_ns, second * NS_PER_S)])


@pytest.mark.parametrize("name", [LOST, PATIENT])
def test_each_variant_shows_what_it_claims(name: str) -> None:
    assert record(name).verdict is Verdict.PASSED


@pytest.mark.parametrize("name", [LOST, PATIENT])
def test_every_order_is_somewhere(name: str) -> None:
    run = record(name)
    published, *somewhere = (
        at_second(run, f"world_messages_{what}", 150)
        for what in ("published", "consumed", "dead", "expired", "waiting", "in_flight")
    )
    assert published == sum(somewhere) > 150 * RATE_PER_S * 0.95


def test_the_backlog_shrinks_by_what_the_workers_have_to_spare() -> None:
    """25 workers at 80 + 16 ms and the way there and back manage some 240 to 260 a second."""
    run = record(LOST)
    backlog = [at_second(run, "world_messages_waiting", second) for second in (90, 150)]
    handled = at_second(run, "world_messages_consumed", 150) - at_second(
        run, "world_messages_consumed", 90
    )
    assert handled / 60 == pytest.approx(25 / 0.1, rel=0.1)
    assert (backlog[0] - backlog[1]) / 60 == pytest.approx(handled / 60 - RATE_PER_S, abs=10)


def test_the_patient_queue_is_empty_within_a_minute_of_the_outage() -> None:
    assert at_second(record(PATIENT), "world_messages_waiting", FAULT_ENDS_S) > 10_000
    assert at_second(record(PATIENT), "world_messages_waiting", FAULT_ENDS_S + 60) < 100
