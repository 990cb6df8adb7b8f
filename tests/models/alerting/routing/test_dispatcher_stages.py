"""Routes, integrations, inhibition, silences and times in a dispatcher (semantics 4.2 to 4.7)."""

import pytest

from models.alerting.alert import Alert
from models.alerting.routing.delivery import Send
from models.alerting.routing.dispatcher import Dispatcher
from models.alerting.routing.inhibition import InhibitRule
from models.alerting.routing.matcher_text import read_matchers
from models.alerting.routing.muting import Muted, MuteReason
from models.alerting.routing.route import RouteConfig
from models.alerting.routing.settings import (
    AlertmanagerConfig,
    Integration,
    NamedIntervals,
    ReceiverConfig,
    single_route,
)
from models.alerting.routing.silence import Silence, Silences
from models.alerting.routing.time_interval import TimeInterval
from models.base.errors import ConfigError
from models.base.time import NS_PER_MS, NS_PER_S
from models.telemetry.labels import label_set

WEBHOOK = Integration("webhook[0]")


def s(seconds):
    return round(seconds * NS_PER_S)


def alert(name, starts, ends=None, **labels):
    ends_at = None if ends is None else s(ends)
    return Alert(label_set({"alertname": name, **labels}), s(starts), ends_at)


def top(*routes, repeat_ns=3600 * NS_PER_S, interval=1.0):
    return RouteConfig(
        "top",
        group_wait_ns=s(1),
        group_interval_ns=s(interval),
        repeat_interval_ns=repeat_ns,
        routes=routes,
    )


def shown(alerts):
    return [dict(one.labels)["alertname"] + dict(one.labels).get("zone", "") for one in alerts]


def play(dispatcher, pushes, *, until, fails=lambda _send, _at: False):
    """Everything delivered, as seconds, receiver, integration, firing, resolved; and the muted."""
    waiting, received, muted, now = list(pushes), [], [], 0
    while True:
        deadline = dispatcher.next_deadline()
        push_at = s(waiting[0][0]) if waiting else None
        now = max(now, min(at for at in (deadline, push_at, s(until) + 1) if at is not None))
        if now > s(until):
            return received, muted
        if push_at == now:
            dispatcher.receive(waiting.pop(0)[1], now=now)
        for action in dispatcher.tick(now=now):
            at = now / NS_PER_S
            if isinstance(action, Muted):
                muted.append((at, shown([action])[0], action.reason))
            elif fails(action, at):
                dispatcher.failed(action.send_id, now=now)
            else:
                dispatcher.sent(action.send_id, now=now)
                told = shown(action.firing), shown(action.resolved)
                received.append((at, action.receiver, action.integration, *told))


def test_timeline_inhibition():
    """semantics 4.7: a target vanishes from the message while its source fires, and comes back."""
    rule = InhibitRule(
        read_matchers('alertname="JobDown"'), read_matchers('alertname="InstanceDown"'), ("zone",)
    )
    config = AlertmanagerConfig(
        top(repeat_ns=s(1) - 1), (ReceiverConfig("top", (WEBHOOK,)),), inhibit_rules=(rule,)
    )
    instances = [alert("InstanceDown", 1, zone="aa"), alert("InstanceDown", 1, zone="ab")]
    pushes = [
        (1, [alert("test1", 1), *instances]),
        (2.2, [alert("JobDown", 2.2, zone="aa")]),
        (3.6, [alert("JobDown", 2.2, 3.6, zone="aa")]),
    ]
    received, muted = play(Dispatcher(config), pushes, until=4.5)
    assert [(at, set(firing), resolved) for at, _, _, firing, resolved in received] == [
        (2, {"test1", "InstanceDownaa", "InstanceDownab"}, []),
        (3, {"test1", "InstanceDownab", "JobDownaa"}, []),
        (4, {"test1", "InstanceDownaa", "InstanceDownab"}, ["JobDownaa"]),
    ]
    assert muted == [(3, "InstanceDownaa", MuteReason.INHIBITED)]


def test_timeline_source_and_target_that_end_together_are_both_told():
    """semantics 4.7: source and target resolved together, the last message contains both."""
    rule = InhibitRule(read_matchers("alertname=Source"), read_matchers("alertname=Target"))
    config = AlertmanagerConfig(top(), (ReceiverConfig("top", (WEBHOOK,)),), inhibit_rules=(rule,))
    pushes = [
        (1, [alert("Target", 1)]),
        (2.5, [alert("Source", 2.5)]),
        (3.5, [alert("Source", 2.5, 3.5), alert("Target", 1, 3.5)]),
    ]
    received, _ = play(Dispatcher(config), pushes, until=6)
    assert received[-1][3:] == ([], ["Source", "Target"])


def test_timeline_retry_of_one_of_two_webhooks():
    """semantics 4.7: one fails until 4.5 s; the other is not told again for that."""
    hooks = (WEBHOOK, Integration("webhook[1]"))
    config = AlertmanagerConfig(top(repeat_ns=s(3), interval=2), (ReceiverConfig("top", hooks),))
    received, _ = play(
        Dispatcher(config),
        [(1, [alert("a", 1)])],
        until=7,
        fails=lambda send, at: send.integration == "webhook[1]" and at < 4.5,
    )
    assert [(at, name) for at, _, name, _, _ in received] == [
        (2, "webhook[0]"),
        (6.0625, "webhook[1]"),
        (6.0625, "webhook[0]"),
    ]


@pytest.mark.parametrize("late_ns", [0, 1])
def test_timeline_cold_start(late_ns):
    """semantics 4.7: alerts of before the start are told together at the start, not earlier."""
    dispatcher = Dispatcher(single_route(group_wait_ns=s(1), group_interval_ns=s(6)), start_ns=s(5))
    dispatcher.receive([alert("a", 1)], now=s(1))
    dispatcher.receive([alert("b", 2)], now=s(2))
    assert dispatcher.next_deadline() == s(5)
    assert dispatcher.tick(now=s(5) - 1) == ()
    (send,) = dispatcher.tick(now=s(5) + late_ns)
    assert shown(send.firing) == ["a", "b"]
    dispatcher.sent(send.send_id, now=s(5) + late_ns)
    assert dispatcher.next_deadline() == s(11) + late_ns


def test_each_route_an_alert_takes_tells_its_own_receiver():
    routes = (
        RouteConfig("first", read_matchers('test=~"[12]"'), continues=True),
        RouteConfig("second", read_matchers("test=2")),
    )
    receivers = tuple(ReceiverConfig(name, (WEBHOOK,)) for name in ("top", "first", "second"))
    pushes = [(1, [alert("a", 1, test="2"), alert("b", 1, test="1"), alert("c", 1)])]
    received, _ = play(Dispatcher(AlertmanagerConfig(top(*routes), receivers)), pushes, until=2)
    assert {(receiver, *firing) for _, receiver, _, firing, _ in received} == {
        ("first", "a", "b"),
        ("second", "a"),
        ("top", "c"),
    }


def test_a_receiver_without_integrations_is_told_nothing_and_forgets_what_has_ended():
    dispatcher = Dispatcher(AlertmanagerConfig(top(), (ReceiverConfig("top"),)))
    pushes = [(1, [alert("a", 1)]), (3, [alert("a", 1, 3)])]
    assert play(dispatcher, pushes, until=10) == ([], [])
    assert dispatcher.snapshot() == ()


def test_a_silenced_alert_is_told_at_the_first_flush_after_the_silence():
    """semantics 4.6: silenced alerts stay in the group and reappear."""
    silences = Silences()
    silences.add(Silence(read_matchers("alertname=a"), 0, s(4)), now=0)
    dispatcher = Dispatcher(
        single_route(group_wait_ns=s(1), group_interval_ns=s(1)), silences=silences
    )
    received, muted = play(dispatcher, [(1, [alert("a", 1)])], until=5)
    assert [at for at, *_ in received] == [4]
    assert muted == [(2, "a", MuteReason.SILENCED)]


MIDNIGHT_MINUTE = NamedIntervals("night", (TimeInterval(times=((0, 1),)),))


@pytest.mark.parametrize(
    ("field", "reason", "told_at"),
    [("mute_time_intervals", MuteReason.MUTED, 60), ("active_time_intervals", None, 59)],
)
def test_a_route_tells_nothing_in_its_mute_times_and_all_in_its_active_times(
    field, reason, told_at
):
    route = RouteConfig("top", **{field: ("night",)})
    config = AlertmanagerConfig(
        top(route), (ReceiverConfig("top", (WEBHOOK,)),), time_intervals=(MIDNIGHT_MINUTE,)
    )
    received, muted = play(Dispatcher(config), [(58, [alert("a", 58)])], until=told_at)
    assert [at for at, *_ in received] == [told_at]
    assert [why for *_, why in muted] == ([] if reason is None else [reason])


def test_outside_its_active_times_a_route_tells_nothing():
    route = RouteConfig("top", active_time_intervals=("night",))
    config = AlertmanagerConfig(
        top(route), (ReceiverConfig("top", (WEBHOOK,)),), time_intervals=(MIDNIGHT_MINUTE,)
    )
    received, muted = play(Dispatcher(config), [(59, [alert("a", 59)])], until=70)
    assert (received, muted) == ([], [(60, "a", MuteReason.INACTIVE)])


def test_integrations_of_one_receiver_differ_in_whether_they_tell_of_resolutions():
    hooks = (WEBHOOK, Integration("slack[0]", send_resolved=False))
    config = AlertmanagerConfig(top(), (ReceiverConfig("top", hooks),))
    pushes = [(1, [alert("a", 1)]), (3.5, [alert("a", 1, 3.5)])]
    received, _ = play(Dispatcher(config), pushes, until=9)
    assert [(at, name) for at, _, name, _, _ in received] == [
        (2, "webhook[0]"),
        (2, "slack[0]"),
        (4, "webhook[0]"),
    ]


@pytest.mark.parametrize(
    "config",
    [
        AlertmanagerConfig(top(), ()),
        AlertmanagerConfig(top(), (ReceiverConfig("top"), ReceiverConfig("top"))),
        AlertmanagerConfig(
            top(RouteConfig(mute_time_intervals=("gone",))), (ReceiverConfig("top"),)
        ),
        AlertmanagerConfig(top(), (ReceiverConfig("top"),), resolve_timeout_ns=0),
    ],
    ids=["no receiver", "a name twice", "unknown times", "no resolve timeout"],
)
def test_settings_that_cannot_be_decided_by_are_refused(config):
    with pytest.raises(ConfigError):
        Dispatcher(config)


def test_an_answer_may_come_later_than_the_next_flush_is_due():
    dispatcher = Dispatcher(single_route(group_wait_ns=s(1), group_interval_ns=s(1)))
    dispatcher.receive([alert("a", 1)], now=s(1))
    (send,) = dispatcher.tick(now=s(2))
    assert isinstance(send, Send)
    assert dispatcher.sent(send.send_id, now=s(9))
    assert dispatcher.tick(now=s(9) + NS_PER_MS) == ()
