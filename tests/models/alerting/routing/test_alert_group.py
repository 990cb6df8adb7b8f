"""Group timing and the merging of alerts (semantics 4.3)."""

import pytest

from models.alerting.alert import Alert
from models.alerting.routing.alert_group import AlertGroup
from models.alerting.routing.held_alert import HeldAlert, held, merged
from models.alerting.routing.route import RouteConfig, route_tree

ROUTE = route_tree(RouteConfig("on-call", group_wait_ns=30, group_interval_ns=300))
LABELS = (("alertname", "A"),)


def alert(starts, ends, *, by_timeout=False, labels=LABELS, annotations=()):
    return HeldAlert(labels, starts, ends, annotations, by_timeout)


def span(one):
    return one.starts_at_ns, one.ends_at_ns


def test_an_alert_without_an_end_ends_after_the_resolve_timeout():
    one = held(Alert(LABELS, 5), resolve_timeout_ns=1000, now=10)
    assert (one.ends_at_ns, one.by_timeout) == (1010, True)


def test_an_end_that_is_given_is_kept():
    one = held(Alert(LABELS, 5, 7), resolve_timeout_ns=1000, now=10)
    assert (one.ends_at_ns, one.by_timeout) == (7, False)


def test_an_alert_is_resolved_from_the_instant_of_its_end():
    assert not alert(0, 10).is_resolved(now=9)
    assert alert(0, 10).is_resolved(now=10)
    assert not Alert(LABELS, 0, 10).is_resolved(now=9)
    assert Alert(LABELS, 0, 10).is_resolved(now=10)
    assert not Alert(LABELS, 0).is_resolved(now=10)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (alert(0, 100), alert(0, 50), (0, 50)),
        (alert(0, 100), alert(20, 300), (0, 300)),
        (alert(0, 100), alert(0, 90), (0, 100)),
        (alert(0, 100, by_timeout=True), alert(0, 90), (0, 90)),
        (alert(0, 40), alert(0, 30), (0, 40)),
        (alert(0, 40), alert(40, 300), (40, 300)),
        (alert(0, 40), alert(60, 300), (60, 300)),
        (alert(50, 100), alert(20, 80), (20, 100)),
        (alert(0, 100), alert(0, 200), (0, 200)),
    ],
    ids=[
        "an explicit resolution ends it",
        "overlap keeps the earliest start",
        "an explicit later end stands",
        "a timeout yields to what a sender says",
        "of two resolutions the later stands",
        "touching activities do not overlap",
        "a later activity replaces a finished one",
        "an earlier start that is learnt late counts",
        "a refresh moves the end",
    ],
)
def test_merging_follows_the_reference(old, new, expected):
    """semantics 4.3, alert merge on ingest; seen at instant 60."""
    assert span(merged(old, new, now=60)) == expected


def test_the_newest_annotations_win():
    old = alert(0, 100, annotations=(("a", "old"),))
    new = alert(10, 200, annotations=(("a", "new"),))
    assert merged(old, new, now=60).annotations == (("a", "new"),)


def test_a_new_group_waits_for_company():
    group = AlertGroup(ROUTE, (), now=100)
    group.insert(alert(100, 900), now=100)
    assert group.flush_at_ns == 130


@pytest.mark.parametrize(("starts", "flush_at"), [(70, 130), (69, 100)])
def test_an_alert_older_than_the_group_wait_is_flushed_at_once(starts, flush_at):
    group = AlertGroup(ROUTE, (), now=100)
    group.insert(alert(starts, 900), now=100)
    assert group.flush_at_ns == flush_at


def test_after_the_first_flush_an_old_alert_waits_for_the_interval():
    group = AlertGroup(ROUTE, (), now=0)
    group.insert(alert(0, 900), now=0)
    group.flush(now=30)
    group.insert(alert(0, 900, labels=(("a", "b"),)), now=100)
    assert group.flush_at_ns == 330


def test_a_flush_has_firing_and_resolved_alerts_sorted_by_labels():
    group = AlertGroup(ROUTE, (), now=0)
    for index, ends in ((3, 10), (1, 10), (2, 900), (0, 900)):
        group.insert(alert(0, ends, labels=(("index", str(index)),)), now=0)
    assert [one.labels[0][1] for one in group.flush(now=30)] == ["0", "1", "2", "3"]


def test_resolved_alerts_leave_after_their_flush():
    group = AlertGroup(ROUTE, (), now=0)
    group.insert(alert(0, 10), now=0)
    group.discard(group.flush(now=30))
    assert len(group) == 0


def test_an_alert_that_fired_again_during_the_flush_stays():
    group = AlertGroup(ROUTE, (), now=0)
    group.insert(alert(0, 10), now=0)
    flush = group.flush(now=30)
    group.insert(alert(35, 900), now=35)
    group.discard(flush)
    assert LABELS in group
