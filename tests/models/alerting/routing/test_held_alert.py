"""What an Alertmanager holds of an alert: overlapping activities become one (4.3)."""

import pytest

from models.alerting.alert import Alert
from models.alerting.routing.held_alert import HeldAlert, held, merged

LABELS = (("alertname", "Down"),)


def activity(start: int, end: int, *, by_timeout: bool = False) -> HeldAlert:
    return HeldAlert(LABELS, start, end, by_timeout=by_timeout)


@pytest.mark.parametrize(
    ("new", "span"),
    [
        ((5, 10), (5, 10)),
        ((5, 11), (5, 20)),
        ((20, 30), (20, 30)),
        ((19, 30), (10, 30)),
        ((12, 15), (10, 20)),
    ],
)
def test_only_activities_that_overlap_become_one(
    new: tuple[int, int], span: tuple[int, int]
) -> None:
    """The old one is [10, 20); one that ends or begins where it does only touches it."""
    found = merged(activity(10, 20), activity(*new), now=100)
    assert (found.starts_at_ns, found.ends_at_ns) == span


def test_a_resolution_ends_an_alert_that_was_firing() -> None:
    found = merged(activity(10, 200), activity(10, 50), now=60)
    assert (found.ends_at_ns, found.is_resolved(now=60)) == (50, True)


def test_an_end_by_timeout_never_outlasts_what_a_sender_says() -> None:
    found = merged(activity(10, 200, by_timeout=True), activity(20, 150), now=60)
    assert found.ends_at_ns == 150
    assert merged(activity(10, 200), activity(20, 150), now=60).ends_at_ns == 200


@pytest.mark.parametrize(("now", "is_over"), [(49, False), (50, True)])
def test_an_alert_is_over_at_its_end(now: int, is_over: bool) -> None:
    assert activity(10, 50).is_resolved(now=now) is is_over


def test_an_alert_without_an_end_gets_one_by_timeout() -> None:
    found = held(Alert(LABELS, 10), resolve_timeout_ns=300, now=50)
    assert (found.ends_at_ns, found.by_timeout) == (350, True)
