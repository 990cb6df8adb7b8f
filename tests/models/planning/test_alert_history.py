"""Episodes of alerts, and the pages that told of them."""

import json

from models.planning.alert_history import FLAP_NS, episodes_of, held_back, pages_of
from tests.reports.small_run import S, event, small_run


def move(time_ns, state, alert="Down", **labels):
    return (time_ns, alert, state, json.dumps({"alertname": alert, **labels}, sort_keys=True), 1.0)


def page(time_ns, status="firing", alerts=("Down",), group='{alertname="Down"}', to="on-call"):
    return event(time_ns, "page_sent", to, alerts=list(alerts), status=status, group=group)


def episodes(*moves, events=()):
    return episodes_of(small_run(alerts=moves, events=events))


def test_an_episode_runs_from_pending_to_resolved():
    (one,) = episodes(move(S, "pending"), move(5 * S, "firing"), move(9 * S, "resolved"))
    assert (one.began_ns, one.fired_ns, one.over_ns) == (S, 5 * S, 9 * S)
    assert one.told_ns is None


def test_an_alert_that_fires_at_once_begins_when_it_fires():
    (one,) = episodes(move(5 * S, "firing"))
    assert (one.began_ns, one.fired_ns, one.over_ns) == (5 * S, 5 * S, None)


def test_a_doubt_that_passes_never_fires():
    (one,) = episodes(move(S, "pending"), move(2 * S, "inactive"))
    assert (one.fired_ns, one.over_ns) == (None, 2 * S)


def test_label_sets_are_told_apart():
    found = episodes(
        move(S, "firing", instance="a"), move(2 * S, "firing", instance="b"),
        move(3 * S, "resolved", instance="a"),
    )  # fmt: skip
    assert [one.over_ns for one in found] == [3 * S, None]


def test_the_first_page_while_it_fires_tells_of_it_and_the_receivers_are_named():
    (one,) = episodes(
        move(5 * S, "firing"), move(20 * S, "resolved"),
        events=[page(4 * S), page(7 * S), page(8 * S, to="boss"), page(25 * S, "resolved")],
    )  # fmt: skip
    assert (one.told_ns, one.told_over_ns) == (7 * S, 25 * S)
    assert one.receivers == ("on-call", "boss")


def test_a_page_at_the_instant_of_firing_tells_and_one_at_the_end_does_not():
    moves = move(5 * S, "firing"), move(20 * S, "resolved")
    assert episodes(*moves, events=[page(5 * S)])[0].told_ns == 5 * S
    assert episodes(*moves, events=[page(20 * S)])[0].told_ns is None


def test_a_page_of_another_group_tells_nothing():
    (one,) = episodes(
        move(5 * S, "firing", instance="a"),
        events=[page(6 * S, group='{alertname="Down",instance="b"}')],
    )
    assert one.told_ns is None


def test_a_page_of_another_alert_tells_nothing():
    (one,) = episodes(move(5 * S, "firing"), events=[page(6 * S, alerts=["Slow"], group="{}")])
    assert one.told_ns is None


def test_firing_again_just_before_the_time_is_up_is_a_flap_and_at_that_time_is_not():
    def again(after_ns):
        first = move(S, "firing"), move(2 * S, "resolved")
        return episodes(*first, move(2 * S + after_ns, "firing"))[1].has_flapped

    assert again(FLAP_NS - 1)
    assert not again(FLAP_NS)


def test_pages_that_failed_are_kept_apart():
    run = small_run(events=[event(S, "page_failed", "on-call", alerts=["Down"], status="firing")])
    assert [one.failed for one in pages_of(run.events)] == [True]


def test_what_was_held_back_is_counted_by_alert_and_reason():
    run = small_run(
        events=[
            event(S, "page_muted", "on-call", reason="inhibited", alerts=["Slow"]),
            event(2 * S, "page_muted", "on-call", reason="inhibited", alerts=["Slow"]),
            event(3 * S, "page_muted", "on-call", reason="silenced", alerts=["Down"]),
        ]
    )
    assert [(one.alert, one.reason, one.times) for one in held_back(run.events)] == [
        ("Down", "silenced", 1),
        ("Slow", "inhibited", 2),
    ]
