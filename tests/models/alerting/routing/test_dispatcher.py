"""The dispatcher against the time lines of semantics 4.7, and under a sink that fails."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from models.alerting.alert import Alert
from models.alerting.routing.dispatcher import Dispatcher
from models.alerting.routing.notification_log import NotificationLog
from models.alerting.routing.settings import single_route
from models.base.errors import ConfigError
from models.base.time import NS_PER_S
from models.telemetry.labels import label_set


def s(seconds):
    return round(seconds * NS_PER_S)


def config(wait=1.0, interval=1.0, repeat=3600.0, timeout=300.0, **options):
    return single_route(
        group_wait_ns=s(wait),
        group_interval_ns=s(interval),
        repeat_interval_ns=s(repeat),
        resolve_timeout_ns=s(timeout),
        **options,
    )


def alert(name, starts, ends=None, **labels):
    ends_at = None if ends is None else s(ends)
    return Alert(label_set({"alertname": name, **labels}), s(starts), ends_at)


def names(alerts):
    return [dict(one.labels)["alertname"] for one in alerts]


class Timeline:
    """Plays pushes to a dispatcher and notes what its sink receives, in seconds."""

    def __init__(
        self, settings_of_dispatcher, *, fails: Callable[[float], bool] = lambda _t: False
    ):
        self.dispatcher = Dispatcher(settings_of_dispatcher)
        self.fails = fails
        self.received = []
        self.attempts = []

    def run(self, pushes, *, until):
        waiting = sorted(pushes, key=lambda push: push[0])
        while True:
            deadline = self.dispatcher.next_deadline()
            push_at = s(waiting[0][0]) if waiting else None
            now = min(t for t in (deadline, push_at, s(until) + 1) if t is not None)
            if now > s(until):
                return self.received
            if push_at == now:
                self.dispatcher.receive(waiting.pop(0)[1], now=now)
            self.deliver(now)

    def deliver(self, now):
        for send in self.dispatcher.tick(now=now):
            at = now / NS_PER_S
            self.attempts.append((at, send.attempt))
            if self.fails(at):
                self.dispatcher.failed(send.send_id, now=now)
            else:
                self.dispatcher.sent(send.send_id, now=now)
                self.received.append((at, names(send.firing), names(send.resolved)))


def test_timeline_batching():
    """semantics 4.7: company within the wait, then the interval, then the repeat."""
    timeline = Timeline(config(wait=1, interval=1, repeat=4.9))
    received = timeline.run(
        [
            (1.1, [alert("test1", 1)]),
            (1.7, [alert("test5", 1)]),
            (3.3, [alert(f"test{index}", 3) for index in (2, 3, 4)]),
        ],
        until=9.5,
    )
    everyone = ["test1", "test2", "test3", "test4", "test5"]
    assert received == [(2.1, ["test1", "test5"], []), (4.1, everyone, []), (9.1, everyone, [])]


def test_timeline_repeat():
    """semantics 4.7: a repeat interval of 1 ms repeats at every flush until it resolves."""
    timeline = Timeline(config(wait=1, interval=1, repeat=0.001))
    received = timeline.run([(1, [alert("test", 1)]), (3.5, [alert("test", 1, 3)])], until=9)
    assert received == [(2, ["test"], []), (3, ["test"], []), (4, [], ["test"])]


def test_timeline_retry():
    """semantics 4.7: a sink that fails until 4.5 s has the alert between 6 and 6.5 s."""
    timeline = Timeline(config(wait=1, interval=2, repeat=3), fails=lambda at: at < 4.5)
    received = timeline.run([(1, [alert("test", 1)])], until=7)
    assert received == [(6.0625, ["test"], [])]
    assert timeline.attempts == [(2, 1), (2.5, 2), (3.25, 3), (4.375, 4), (6.0625, 5)]


def test_timeline_retry_of_the_hook_that_works():
    """semantics 4.7: flushes at 2, 4 and 6; only the third is later than the repeat interval."""
    timeline = Timeline(config(wait=1, interval=2, repeat=3))
    received = timeline.run([(1, [alert("test", 1)])], until=7)
    assert [at for at, _, _ in received] == [2, 6]


def test_timeline_resolved_by_timeout():
    """semantics 4.7: alerts nobody refreshes resolve after the resolve timeout."""
    timeline = Timeline(config(wait=1, interval=5, timeout=10))
    tests = [alert(name, 1) for name in ("a", "b", "c")]
    received = timeline.run([(1, tests)], until=30)
    assert received == [(2, ["a", "b", "c"], []), (12, [], ["a", "b", "c"])]


def test_an_alert_resolved_by_timeout_carries_the_instant_of_the_timeout():
    dispatcher = Dispatcher(config(wait=1, interval=5, timeout=10))
    dispatcher.receive([alert("a", 1)], now=s(1))
    dispatcher.sent(dispatcher.tick(now=s(2))[0].send_id, now=s(2))
    dispatcher.tick(now=s(7))
    (send,) = dispatcher.tick(now=s(12))
    assert [one.ends_at_ns for one in send.resolved] == [s(11)]


RESOLVED_FILTER = [
    (1, [alert("v1", 1), alert("v2", 1)]),
    (3, [alert("v1", 1, 3), alert("v3", 3)]),
    (8, [alert("v3", 3)]),
]


def test_timeline_resolved_filter_with_resolutions():
    """semantics 4.7, hook 1."""
    timeline = Timeline(config(wait=1, interval=5, timeout=10))
    assert timeline.run(RESOLVED_FILTER, until=12.5) == [
        (2, ["v1", "v2"], []),
        (7, ["v2", "v3"], ["v1"]),
        (12, ["v3"], ["v2"]),
    ]


def test_timeline_resolved_filter_without_resolutions():
    """semantics 4.7, hook 2."""
    timeline = Timeline(config(wait=1, interval=5, timeout=10, send_resolved=False))
    assert timeline.run(RESOLVED_FILTER, until=12.5) == [
        (2, ["v1", "v2"], []),
        (7, ["v2", "v3"], []),
    ]


def test_without_resolutions_the_end_of_the_last_alert_is_not_sent_but_remembered():
    timeline = Timeline(config(send_resolved=False))
    pushes = [(1, [alert("a", 1)]), (3.5, [alert("a", 1, 3.5)]), (10, [alert("a", 10)])]
    assert timeline.run(pushes, until=12) == [(2, ["a"], []), (11, ["a"], [])]


def test_an_alert_older_than_the_wait_is_sent_at_once():
    timeline = Timeline(config(wait=30, interval=300))
    assert timeline.run([(100, [alert("a", 60)])], until=101) == [(100, ["a"], [])]


def test_a_failed_page_is_not_mistaken_for_old_news():
    """naive defect: an alert stored before it is sent is deduplicated away."""
    timeline = Timeline(config(wait=1, interval=20), fails=lambda at: at < 20)
    timeline.run([(1, [alert("a", 1)])], until=60)
    assert timeline.received[0][1] == ["a"]


def test_every_alert_belongs_to_some_group():
    """naive defect: no matching group means no page."""
    timeline = Timeline(config(group_by=("team",)))
    assert timeline.run([(1, [alert("a", 1)])], until=3) == [(2, ["a"], [])]


def test_alerts_of_one_rule_are_told_apart_by_their_labels():
    """PB17: deduplication is by full label set and not by rule name."""
    timeline = Timeline(config())
    pushes = [(1, [alert("Down", 1, zone="a")]), (5, [alert("Down", 5, zone="b")])]
    assert timeline.run(pushes, until=7) == [(2, ["Down"], []), (5, ["Down", "Down"], [])]


def test_a_long_alert_is_repeated_after_the_repeat_interval_within_one_flush():
    """PB18: never sooner than the repeat interval, at most one group interval later."""
    timeline = Timeline(config(wait=1, interval=7, repeat=30, timeout=10_000))
    times = [at for at, _, _ in timeline.run([(1, [alert("a", 1)])], until=300)]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(gaps) >= 5
    assert all(30 < gap <= 37 for gap in gaps)


def test_a_restarted_dispatcher_with_its_log_does_not_repeat_itself():
    """PB18: restart of the manager."""
    log = NotificationLog()
    first = Dispatcher(config(), log=log)
    first.receive([alert("a", 1)], now=s(1))
    first.sent(first.tick(now=s(2))[0].send_id, now=s(2))
    second = Dispatcher(config(), log=log)
    second.receive([alert("a", 1)], now=s(10))
    assert second.tick(now=s(10)) == ()


def test_a_restarted_dispatcher_resolves_what_its_predecessor_told():
    log = NotificationLog()
    first = Dispatcher(config(), log=log)
    first.receive([alert("a", 1)], now=s(1))
    first.sent(first.tick(now=s(2))[0].send_id, now=s(2))
    second = Dispatcher(config(), log=log)
    second.receive([alert("a", 1, 9)], now=s(10))
    (send,) = second.tick(now=s(10))
    assert (names(send.firing), names(send.resolved)) == ([], ["a"])


def test_an_alert_that_clears_within_the_wait_is_never_told():
    """PB19: no firing, so no resolution either."""
    timeline = Timeline(config(wait=10))
    assert timeline.run([(1, [alert("a", 1)]), (3, [alert("a", 1, 3)])], until=60) == []
    assert timeline.dispatcher.next_deadline() is None


def test_an_alert_that_clears_within_the_wait_is_not_mentioned_beside_others():
    timeline = Timeline(config(wait=10))
    pushes = [(1, [alert("a", 1), alert("b", 1)]), (3, [alert("a", 1, 3)])]
    assert timeline.run(pushes, until=12) == [(11, ["b"], [])]


def test_a_resolution_waits_for_a_sink_that_is_down():
    """PB19: the alert clears while the sink is down."""
    timeline = Timeline(config(interval=20), fails=lambda at: 3 < at < 100)
    timeline.run([(1, [alert("a", 1)]), (4, [alert("a", 1, 4)])], until=200)
    assert [(firing, resolved) for _, firing, resolved in timeline.received] == [
        (["a"], []),
        ([], ["a"]),
    ]
    assert timeline.dispatcher.next_deadline() is None


def test_a_resolution_that_is_reported_again_is_told_once():
    timeline = Timeline(config())
    again = [(at, [alert("a", 1, 3)]) for at in (3, 10, 20)]
    received = timeline.run([(1, [alert("a", 1)]), *again, (15, [alert("b", 15)])], until=30)
    assert [resolved for _, _, resolved in received if resolved] == [["a"]]


def test_an_alert_that_fires_again_while_its_resolution_is_sent_is_told_again():
    dispatcher = Dispatcher(config())
    dispatcher.receive([alert("a", 1)], now=s(1))
    dispatcher.sent(dispatcher.tick(now=s(2))[0].send_id, now=s(2))
    dispatcher.receive([alert("a", 1, 2.5)], now=s(2.5))
    (resolution,) = dispatcher.tick(now=s(3))
    dispatcher.receive([alert("a", 3.1, 1000)], now=s(3.1))
    dispatcher.sent(resolution.send_id, now=s(3.2))
    (send,) = dispatcher.tick(now=s(4))
    assert names(send.firing) == ["a"]


def test_a_flush_waits_for_the_one_under_way():
    dispatcher = Dispatcher(config(wait=1, interval=1))
    dispatcher.receive([alert("a", 1)], now=s(1))
    (first,) = dispatcher.tick(now=s(2))
    dispatcher.receive([alert("b", 2)], now=s(2))
    assert dispatcher.tick(now=s(5)) == ()
    dispatcher.sent(first.send_id, now=s(5))
    assert dispatcher.next_deadline() == s(3)
    (second,) = dispatcher.tick(now=s(5))
    assert names(second.firing) == ["a", "b"]


def test_a_receiver_that_never_answers_holds_up_its_group_until_the_deadline():
    """naive defect: one lagging reader ends alerting for good."""
    dispatcher = Dispatcher(config(wait=1, interval=1))
    dispatcher.receive([alert("a", 1)], now=s(1))
    (first,) = dispatcher.tick(now=s(2))
    assert dispatcher.next_deadline() == s(12)
    assert dispatcher.tick(now=s(12) - 1) == ()
    (second,) = dispatcher.tick(now=s(12))
    assert (second.attempt, names(second.firing)) == (1, ["a"])
    assert second.send_id != first.send_id


def test_a_receiver_that_never_answers_does_not_hold_up_other_groups():
    dispatcher = Dispatcher(config(group_by=("alertname",)))
    dispatcher.receive([alert("a", 1)], now=s(1))
    dispatcher.tick(now=s(2))
    dispatcher.receive([alert("b", 5)], now=s(5))
    (send,) = dispatcher.tick(now=s(6))
    assert names(send.firing) == ["b"]


def test_the_deadline_of_a_flush_is_the_group_interval_when_that_is_longer():
    dispatcher = Dispatcher(config(wait=1, interval=40))
    dispatcher.receive([alert("a", 1)], now=s(1))
    dispatcher.tick(now=s(2))
    assert dispatcher.next_deadline() == s(42)


def test_a_late_answer_has_no_effect():
    dispatcher = Dispatcher(config(wait=1, interval=1))
    dispatcher.receive([alert("a", 1)], now=s(1))
    (first,) = dispatcher.tick(now=s(2))
    dispatcher.failed(first.send_id, now=s(2))
    (second,) = dispatcher.tick(now=s(2.5))
    assert not dispatcher.sent(first.send_id, now=s(2.6))
    assert not dispatcher.failed(first.send_id, now=s(2.6))
    assert dispatcher.sent(second.send_id, now=s(2.7))


def test_an_answer_counts_once():
    dispatcher = Dispatcher(config())
    dispatcher.receive([alert("a", 1)], now=s(1))
    (send,) = dispatcher.tick(now=s(2))
    assert dispatcher.failed(send.send_id, now=s(2))
    assert not dispatcher.failed(send.send_id, now=s(2.1))
    assert not dispatcher.sent(send.send_id, now=s(2.1))
    assert dispatcher.next_deadline() == s(2.5)


def test_the_pause_between_tries_is_capped_at_a_minute():
    timeline = Timeline(config(wait=1, interval=3600), fails=lambda _at: True)
    timeline.run([(1, [alert("a", 1)])], until=900)
    times = [at for at, _ in timeline.attempts]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert pauses[:3] == [0.5, 0.75, 1.125]
    assert max(pauses) == pauses[-1] == 60


def test_no_try_begins_at_or_after_the_deadline():
    timeline = Timeline(config(wait=1, interval=20), fails=lambda _at: True)
    timeline.run([(1, [alert("a", 1)])], until=100)
    starts = [at for at, attempt in timeline.attempts if attempt == 1]
    assert starts == [2, 22, 42, 62, 82]


@pytest.mark.parametrize(
    ("group_by", "groups"),
    [((), 1), (("team",), 2), (("alertname", "team"), 3), (("...",), 4), (("missing",), 1)],
)
def test_alerts_are_grouped_by_the_labels_of_group_by(group_by, groups):
    dispatcher = Dispatcher(config(group_by=group_by))
    batch = [
        alert("a", 1, team="x", zone="1"),
        alert("a", 1, team="y", zone="1"),
        alert("b", 1, team="x", zone="1"),
        alert("b", 1, team="x", zone="2"),
    ]
    dispatcher.receive(batch, now=s(1))
    sends = dispatcher.tick(now=s(2))
    assert len(sends) == groups
    assert sum(len(send.firing) for send in sends) == 4


def test_a_message_names_its_receiver_and_group():
    dispatcher = Dispatcher(config(group_by=("team",), receiver="shop-team"))
    dispatcher.receive([alert("a", 1, team="x")], now=s(1))
    (send,) = dispatcher.tick(now=s(2))
    assert (send.receiver, send.group) == ("shop-team", (("team", "x"),))


def test_a_firing_alert_in_a_message_has_no_end():
    dispatcher = Dispatcher(config())
    dispatcher.receive([alert("a", 1, 500)], now=s(1))
    (send,) = dispatcher.tick(now=s(2))
    assert send.firing == (alert("a", 1),)


def test_a_group_without_alerts_is_gone():
    timeline = Timeline(config())
    timeline.run([(1, [alert("a", 1)]), (3.5, [alert("a", 1, 3.5)])], until=10)
    assert timeline.dispatcher.snapshot() == ()
    assert timeline.dispatcher.next_deadline() is None


def test_an_alert_that_ends_before_it_starts_is_refused_and_the_others_taken():
    dispatcher = Dispatcher(config())
    complaints = dispatcher.receive([alert("a", 5, 4), alert("b", 1)], now=s(1))
    assert complaints == ('alert {alertname="a"} ends before it starts',)
    assert len(dispatcher.snapshot()) == 1


def test_an_alert_without_labels_is_refused():
    assert Dispatcher(config()).receive([Alert((), 0)], now=0) == ("an alert has no labels",)


def test_a_resolution_of_an_unknown_alert_forms_no_group():
    dispatcher = Dispatcher(config())
    assert dispatcher.receive([alert("a", 1, 2)], now=s(3)) == ()
    assert dispatcher.next_deadline() is None


def test_reading_changes_nothing():
    dispatcher = Dispatcher(config())
    dispatcher.receive([alert("a", 1)], now=s(1))
    first = (dispatcher.snapshot(), dispatcher.next_deadline())
    assert (dispatcher.snapshot(), dispatcher.next_deadline()) == first


@pytest.mark.parametrize("options", [{"wait": -1}, {"interval": 0}, {"repeat": 0}, {"timeout": 0}])
def test_a_senseless_timing_is_refused(options):
    with pytest.raises(ConfigError):
        Dispatcher(config(**options))


class DispatcherWithFlakySink(RuleBasedStateMachine):
    """Goal: with a sink that fails at will, each alert is told firing and resolved in turn.

    Method: alerts fire and clear at random, tries succeed, fail or stay unanswered at random.
    At the end the sink works, every alert clears, and whoever was told of a firing must have
    been told of its resolution.
    """

    REPEAT_S = 40

    def __init__(self):
        super().__init__()
        timing = config(wait=2, interval=5, repeat=self.REPEAT_S, timeout=10_000)
        self.dispatcher = Dispatcher(timing)
        self.now = 0
        self.active = {}
        self.told = {}
        self.last = ([], 0)
        self.is_quiet = False

    @rule(name=st.sampled_from("abc"))
    def fire(self, name):
        self.active.setdefault(name, self.now)
        self.push(name, self.active[name], None)

    @rule(name=st.sampled_from("abc"))
    def clear(self, name):
        if name in self.active:
            self.push(name, self.active.pop(name), self.now)

    @rule(step=st.sampled_from([0, 1, 3, 7, 60]), answers=st.lists(st.booleans() | st.none()))
    def wait(self, step, answers):
        self.advance(self.now + s(step), answers)

    def teardown(self):
        for name in list(self.active):
            self.clear(name)
        self.is_quiet = True
        self.advance(self.now + s(60), [])
        assert all(state == "resolved" for state in self.told.values())
        assert self.dispatcher.next_deadline() is None

    def push(self, name, starts, ends):
        labels = label_set({"alertname": name})
        self.dispatcher.receive([Alert(labels, starts, ends)], now=self.now)
        self.deliver([])

    def advance(self, end, answers):
        for _ in range(1000):
            deadline = self.dispatcher.next_deadline()
            if deadline is None or deadline > end:
                break
            self.now = max(self.now, deadline)
            self.deliver(answers)
        self.now = end

    def deliver(self, answers):
        for send in self.dispatcher.tick(now=self.now):
            is_delivered = answers.pop() if answers and not self.is_quiet else True
            if is_delivered:
                self.note(send)
                self.dispatcher.sent(send.send_id, now=self.now)
            elif is_delivered is False:
                self.dispatcher.failed(send.send_id, now=self.now)

    def note(self, send):
        for name in names(send.firing):
            self.told[name] = "firing"
        for name in names(send.resolved):
            assert self.told.get(name) == "firing", f"{name} was resolved without having fired"
            self.told[name] = "resolved"
        last_told, self.last = self.last, (names(send.firing), self.now)
        if last_told[0] == names(send.firing) and not send.resolved:
            assert self.now - last_told[1] > s(self.REPEAT_S), "repeated too soon"


TestDispatcherWithFlakySink = DispatcherWithFlakySink.TestCase
TestDispatcherWithFlakySink.settings = settings(
    derandomize=True, deadline=None, max_examples=60, stateful_step_count=30
)
