"""The deduplication decision against its table (semantics 4.4)."""

import pytest

from models.alerting.routing.notification_log import (
    RETENTION_NS,
    SWEEP_NS,
    LogEntry,
    NotificationLog,
    needs_notification,
)
from models.base.time import NS_PER_MINUTE

NOW = 1000 * NS_PER_MINUTE


def alerts(*numbers):
    return frozenset((("index", str(number)),) for number in numbers)


def entry(firing=(), resolved=(), age_m=0):
    return LogEntry(alerts(*firing), alerts(*resolved), NOW - age_m * NS_PER_MINUTE)


def decide(last, firing=(), resolved=(), *, send_resolved=True, repeat_m=10):
    return needs_notification(
        last,
        firing=alerts(*firing),
        resolved=alerts(*resolved),
        send_resolved=send_resolved,
        repeat_interval_ns=repeat_m * NS_PER_MINUTE,
        now=NOW,
    )


@pytest.mark.parametrize(
    ("last", "firing", "resolved", "send_resolved", "expected"),
    [
        (None, (2, 3, 4), (), True, True),
        (None, (), (2, 3), True, False),
        (entry((1, 2, 3)), (2, 3, 4), (), True, True),
        (entry((1, 2, 3), age_m=1000), (1, 2, 3), (), True, True),
        (entry((1, 2, 3), age_m=9), (1, 2, 3), (), True, False),
        (entry((1, 2, 3), age_m=11), (1, 2, 3), (), True, True),
        (entry((), (1, 2, 3), age_m=11), (), (3, 4, 5), True, False),
        (entry((1, 2), (3,), age_m=9), (1,), (2, 3), False, False),
        (entry((1, 2), (3,), age_m=9), (1,), (2, 3), True, True),
        (entry((1, 2), (3,), age_m=9), (), (1, 2, 3), False, True),
        (entry((1, 2), (3,), age_m=9), (), (1, 2, 3), True, True),
    ],
)
def test_decision_vectors_of_the_reference(last, firing, resolved, send_resolved, expected):
    """semantics 4.4: notify/notify_test.go TestDedupStageNeedsUpdate."""
    assert decide(last, firing, resolved, send_resolved=send_resolved) is expected


def test_the_repeat_interval_must_be_exceeded():
    assert not decide(entry((1,), age_m=10), (1,))
    last = LogEntry(alerts(1), alerts(), NOW - 10 * NS_PER_MINUTE - 1)
    assert decide(last, (1,))


def test_fewer_firing_alerts_are_no_news_without_send_resolved():
    assert not decide(entry((1, 2)), (1,), (2,), send_resolved=False)


def test_a_resolution_told_already_is_no_news():
    assert not decide(entry((1,), (2,)), (1,), (2,))


def test_after_everything_was_resolved_a_new_alert_is_news():
    assert decide(entry((), (1,)), (1,))


KEY = ((0,), (), "on-call", "webhook[0]")
OTHER = ((0,), (), "on-call", "slack[0]")


def entry_at(time_ns):
    return LogEntry(alerts(1), alerts(), time_ns)


def test_an_entry_replaces_the_one_before():
    log = NotificationLog()
    for last in (entry((1,)), entry((2,))):
        log.record(KEY, last, repeat_interval_ns=NS_PER_MINUTE)
    assert log.entry(KEY) == entry((2,))
    assert len(log) == 1


def test_integrations_of_one_receiver_have_entries_of_their_own():
    log = NotificationLog()
    log.record(KEY, entry((1,)), repeat_interval_ns=NS_PER_MINUTE)
    assert log.entry(OTHER) is None


@pytest.mark.parametrize(("repeat_ns", "kept"), [(SWEEP_NS // 2, 2), (SWEEP_NS // 2 - 1, 1)])
def test_a_sweep_drops_what_is_older_than_twice_its_repeat_interval(repeat_ns, kept):
    log = NotificationLog()
    log.record(KEY, entry_at(0), repeat_interval_ns=repeat_ns)
    log.record(OTHER, entry_at(SWEEP_NS), repeat_interval_ns=repeat_ns)
    assert len(log) == kept


def test_nothing_is_swept_before_a_quarter_of_an_hour_has_passed():
    log = NotificationLog()
    log.record(KEY, entry_at(0), repeat_interval_ns=1)
    log.record(OTHER, entry_at(SWEEP_NS - 1), repeat_interval_ns=1)
    assert len(log) == 2


@pytest.mark.parametrize(("later_ns", "kept"), [(RETENTION_NS, 2), (RETENTION_NS + 1, 1)])
def test_no_entry_outlives_the_retention(later_ns, kept):
    log = NotificationLog()
    log.record(KEY, entry_at(0), repeat_interval_ns=RETENTION_NS)
    log.record(OTHER, entry_at(later_ns), repeat_interval_ns=RETENTION_NS)
    assert len(log) == kept
