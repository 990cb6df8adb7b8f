"""The service table, on attempts written out by hand."""

from dataclasses import replace

import pytest

from models.base.outcome import TRY_BITS, Decision, Outcome
from models.records.manifest import Phase
from reports.tables.services import measured, service_rows
from tests.reports.small_run import (
    END,
    MANIFEST,
    MEASURE_END,
    MS,
    WARM_UP_END,
    S,
    attempt,
    small_run,
)

T = WARM_UP_END
QUEUE_WEB, BUSY_WEB = 0, 1


def row_of(service, **given):
    return next(row for row in service_rows(small_run(**given)) if row.service == service)


def test_attempts_are_counted_by_the_service_called():
    rows = [attempt(0, T), attempt(1, T, node=1), attempt(2, T, node=1)]
    assert row_of("web", attempts=rows).attempts == 1
    assert row_of("cart", attempts=rows).attempts == 2


def test_only_attempts_begun_in_measure_count():
    rows = [attempt(i, t) for i, t in enumerate((T - 1, T, MEASURE_END - 1, MEASURE_END))]
    assert row_of("web", attempts=rows).attempts == 2


@pytest.mark.parametrize(
    "outcome", [o for o in Outcome if o not in (Outcome.OK, Outcome.IN_FLIGHT)]
)
def test_every_bad_end_is_an_error(outcome):
    rows = [attempt(0, T), attempt(1, T, outcome=outcome)]
    assert row_of("web", attempts=rows).error_ratio == 0.5


def test_attempts_in_flight_are_neither_good_nor_bad():
    rows = [attempt(0, T), attempt(1, T, outcome=Outcome.IN_FLIGHT)]
    assert row_of("web", attempts=rows).error_ratio == 0.0


def test_an_idle_service_has_no_figures_rather_than_zeros():
    row = row_of("cart")
    assert (row.attempts, row.error_ratio, row.p50_ns, row.p99_ns) == (0, None, None, None)
    assert (row.utilisation_ratio, row.queue_max) == (None, None)


def test_latency_is_that_of_good_answers():
    rows = [
        attempt(0, T, duration_ns=10 * MS),
        attempt(1, T, duration_ns=30 * MS),
        attempt(2, T, duration_ns=900 * MS, outcome=Outcome.TIMEOUT),
    ]
    row = row_of("web", attempts=rows)
    assert (row.p50_ns, row.p99_ns) == (10 * MS, 30 * MS)


def test_retries_are_attempts_after_which_another_was_made():
    retried = int(Decision.RETRIED) << TRY_BITS
    exhausted = (int(Decision.EXHAUSTED) << TRY_BITS) | 1
    rows = [attempt(0, T, try_decision=retried), attempt(1, T, try_decision=exhausted)]
    assert row_of("web", attempts=rows).retries == 1


def test_utilisation_is_busy_slots_over_all_slots():
    samples = [(BUSY_WEB, T + i * S, busy) for i, busy in enumerate((2.0, 6.0))]
    assert row_of("web", samples=samples).utilisation_ratio == 0.5


def test_the_longest_queue_is_that_of_measure():
    samples = [(QUEUE_WEB, T - S, 90.0), (QUEUE_WEB, T, 3.0), (QUEUE_WEB, T + S, 7.0)]
    assert row_of("web", samples=samples).queue_max == 7


def test_without_a_phase_measure_the_whole_run_counts():
    bare = replace(MANIFEST, phases=(Phase("settle", 0, END),))
    assert measured(small_run(manifest=bare)) == (0, END)
