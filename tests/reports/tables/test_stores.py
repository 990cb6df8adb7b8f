"""The tables of caches and queues, on samples written out by hand."""

from dataclasses import replace

from models.records.manifest import SeriesInfo
from reports.page import render
from reports.tables.stores import (
    CacheRow,
    DatabaseRow,
    QueueRow,
    cache_rows,
    database_rows,
    queue_rows,
)
from tests.reports.small_run import MANIFEST, MEASURE_END, WARM_UP_END, S, small_run

CACHE = (("endpoint", "GET /"), ("service", "web"))
ORDERS = (("queue", "orders"),)
CACHE_METRICS = ("hits", "misses", "fetches", "entries")
QUEUE_METRICS = (
    "published",
    "consumed",
    "redelivered",
    "late",
    "dead",
    "expired",
    "waiting",
    "oldest_age_s",
)


def run(labels, prefix, metrics, *moments):
    """Samples of all metrics at some instants: (instant, one value for each metric)."""
    series = tuple(SeriesInfo(f"world_{prefix}_{name}", labels) for name in metrics)
    rows = [
        (number, instant, value)
        for instant, values in moments
        for number, value in enumerate(values)
    ]
    record = small_run(samples=rows)
    return replace(record, manifest=replace(MANIFEST, series=series))


def cached(*moments):
    return run(CACHE, "cache", CACHE_METRICS, *moments)


def queued(*moments):
    return run(ORDERS, "messages", QUEUE_METRICS, *moments)


def test_a_run_without_stores_has_no_rows_and_no_section():
    assert cache_rows(small_run()) == queue_rows(small_run()) == database_rows(small_run()) == ()
    assert 'id="stores"' not in render(small_run())


def test_a_cache_is_counted_over_measure_alone():
    record = cached(
        (WARM_UP_END, (10, 10, 10, 5)),
        (MEASURE_END, (40, 20, 15, 7)),
        (MEASURE_END + S, (90, 90, 90, 9)),
    )
    assert cache_rows(record) == (CacheRow("web.GET /", 40, 0.75, 5, 7),)


def test_a_cache_that_nobody_asked_has_no_hit_ratio():
    record = cached((WARM_UP_END, (10, 10, 10, 5)), (MEASURE_END, (10, 10, 10, 5)))
    assert cache_rows(record)[0].hit_ratio is None


def test_a_queue_shows_its_counts_and_its_worst_moments_in_measure():
    record = queued(
        (WARM_UP_END - S, (0, 0, 0, 0, 0, 0, 99, 99.0)),
        (WARM_UP_END, (10, 8, 1, 0, 1, 0, 1, 0.5)),
        (WARM_UP_END + S, (50, 20, 5, 2, 3, 1, 26, 7.25)),
        (MEASURE_END, (90, 70, 9, 4, 5, 2, 99, 99.0)),
    )
    assert queue_rows(record) == (QueueRow("orders", 80, 62, 8, 4, 4, 2, 26, 7_250_000_000),)


def test_the_page_has_a_section_for_them_in_its_contents():
    text = render(queued((WARM_UP_END, (10, 8, 1, 0, 1, 0, 1, 0.5))))
    assert '<a href="#stores">Data stores</a>' in text
    assert "orders" in text[text.index('id="stores"') :]


def test_a_database_shows_what_was_stale_and_what_was_lost():
    metrics = ("writes", "reads", "stale_reads", "lost_writes", "failovers")
    record = run(
        (("service", "db"),),
        "database",
        metrics,
        (WARM_UP_END, (10, 20, 5, 0, 0)),
        (MEASURE_END, (50, 100, 25, 7, 1)),
    )
    assert database_rows(record) == (DatabaseRow("db", 40, 80, 0.25, 0, 1, 7),)


def test_a_database_is_as_far_behind_as_its_worst_node():
    labels = (("instance", "db-1"), ("service", "db"))
    metrics = ("lag_writes",)
    lag = run(labels, "database", metrics, (WARM_UP_END, (3,)), (WARM_UP_END + S, (9,)))
    counts = ("writes", "reads", "stale_reads", "lost_writes", "failovers")
    whole = run((("service", "db"),), "database", counts, (WARM_UP_END, (0,) * 5))
    series = (*whole.manifest.series, *lag.manifest.series)
    rows = [(number, WARM_UP_END, 0) for number in range(5)]
    rows += [(5, WARM_UP_END, 3), (5, WARM_UP_END + S, 9)]
    record = small_run(samples=rows)
    record = replace(record, manifest=replace(MANIFEST, series=series))
    (row,) = database_rows(record)
    assert row.lag_writes_max == 9
    assert row.stale_ratio is None
