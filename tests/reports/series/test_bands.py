"""Stretches of faults and alerts, and the notifications beside them."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from reports.series.bands import (
    alert_bands,
    alert_label,
    fault_bands,
    page_marks,
    union,
    without,
)
from tests.reports.small_run import END, S, event, fault, small_run

LABELS = '{"alertname":"Errors","service":"web","severity":"page"}'


def alerts(*moves, labels=LABELS):
    return [(time_ns, "Errors", state, labels, 1.0) for time_ns, state in moves]


def stretches(record):
    return [(b.kind, b.start_ns, b.end_ns) for b in alert_bands(record)]


def test_a_fault_without_end_lasts_to_the_end_of_the_run():
    (band,) = fault_bands(small_run(events=fault(S, None)))
    assert (band.start_ns, band.end_ns) == (S, END)


def test_pending_turns_into_firing_and_ends_resolved():
    moves = alerts((S, "pending"), (3 * S, "firing"), (9 * S, "resolved"))
    assert stretches(small_run(alerts=moves)) == [
        ("pending", S, 3 * S),
        ("firing", 3 * S, 9 * S),
    ]


def test_pending_that_goes_away_ends_inactive():
    moves = alerts((S, "pending"), (3 * S, "inactive"))
    assert stretches(small_run(alerts=moves)) == [("pending", S, 3 * S)]


def test_what_still_fires_lasts_to_the_end_of_the_run():
    assert stretches(small_run(alerts=alerts((S, "firing")))) == [("firing", S, END)]


def test_label_sets_of_one_alert_are_taken_together():
    other = LABELS.replace("web", "cart")
    moves = [
        *alerts((S, "pending"), (5 * S, "firing"), (9 * S, "resolved")),
        *alerts((2 * S, "firing"), (3 * S, "resolved"), labels=other),
    ]
    record = small_run(alerts=moves)
    assert stretches(record) == [
        ("pending", S, 2 * S),
        ("firing", 2 * S, 3 * S),
        ("pending", 3 * S, 5 * S),
        ("firing", 5 * S, 9 * S),
    ]
    assert {band.label for band in alert_bands(record)} == {"Errors ×2"}  # noqa: RUF001


def test_an_alert_that_comes_back_fires_twice():
    moves = alerts((S, "firing"), (2 * S, "resolved"), (5 * S, "firing"), (6 * S, "resolved"))
    assert stretches(small_run(alerts=moves)) == [("firing", S, 2 * S), ("firing", 5 * S, 6 * S)]


STRETCHES = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)).map(sorted).map(tuple))


@settings(derandomize=True, deadline=None, max_examples=60)
@given(STRETCHES, STRETCHES)
def test_unions_and_differences_cover_what_sets_would(some, holes):
    def instants(stretches):
        return {t for low, high in stretches for t in range(low, high)}

    merged = union(some)
    assert instants(merged) == instants(some)
    assert all(a[1] < b[0] for a, b in pairwise(merged))
    assert instants(without(merged, union(holes))) == instants(some) - instants(holes)


def test_labels_that_every_alert_has_are_not_repeated():
    assert alert_label("Errors", LABELS) == "Errors{service=web}"
    assert alert_label("Errors", "{}") == "Errors"


def test_every_notification_is_a_mark():
    sent = event(S, "page_sent", "on-call", alerts=["Errors"], status="resolved")
    (mark,) = page_marks(small_run(events=[sent]))
    assert (mark.label, mark.status, mark.time_ns) == ("on-call", "resolved", S)
