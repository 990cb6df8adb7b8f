"""The alert rule against the vectors of semantics 3.2 and against a naive model."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from models.alerting.alert import Alert
from models.alerting.alert_state import AlertState
from models.alerting.config import AlertRuleConfig
from models.alerting.rule import RESOLVED_RETENTION_NS, AlertRule
from models.base.errors import ConfigError
from models.base.time import NS_PER_MINUTE, NS_PER_S
from models.telemetry.labels import label_set
from models.telemetry.promql import compile_expression
from models.telemetry.series import SeriesStore, VectorSample

M = NS_PER_MINUTE
PENDING, FIRING, RESOLVED = AlertState.PENDING, AlertState.FIRING, AlertState.RESOLVED


def config(for_ns=0, keep_firing_for_ns=0, labels=(), annotations=(), name="Down"):
    return AlertRuleConfig(name, "up == 0", for_ns, keep_firing_for_ns, labels, annotations)


def make_rule(*, interval_ns=M, resend_delay_ns=M, **options):
    return AlertRule(config(**options), interval_ns=interval_ns, resend_delay_ns=resend_delay_ns)


def element(value=0.0, **labels):
    return VectorSample(label_set({"__name__": "up", **labels}), value)


def named(**labels):
    return label_set({"alertname": "Down", **labels})


def state_of(one_rule, **labels):
    states = {one.labels: one.state for one in one_rule.snapshot()}
    return states.get(named(**labels))


def active(one_rule):
    return {
        dict(one.labels).get("instance", ""): one.state.value
        for one in one_rule.snapshot()
        if one.state in (PENDING, FIRING)
    }


def run(expression, one_rule, series, *, step_m, end_m, every_m):
    """Load series from 0 every ``step_m``, evaluate every ``every_m``: the states at each."""
    compiled, store, seen = compile_expression(expression), SeriesStore(retention_ns=120 * M), {}
    for labels, values in series.items():
        for index, value in enumerate(values):
            store.append(label_set(dict(labels)), time_ns=index * step_m * M, value=value)
    for minute in range(0, end_m + 1, every_m):
        one_rule.evaluate(compiled.vector(store, now=minute * M), now=minute * M)
        seen[minute] = active(one_rule)
    return seen


def test_vector_keep_firing_for_of_the_reference():
    """semantics 3.2: prometheus rules/alerting_test.go TestKeepFiringFor."""
    one_rule = make_rule(for_ns=M, keep_firing_for_ns=M)
    series = {(("__name__", "http_requests"),): [75, 85, 70, 70, 10, 10, 10, 10]}
    seen = run("http_requests > 50", one_rule, series, step_m=1, end_m=5, every_m=1)
    states = [seen[minute].get("") for minute in range(6)]
    assert states == ["pending", "firing", "firing", "firing", "firing", None]


def test_vector_two_instances_of_the_reference():
    """semantics 3.2: prometheus rules/manager_test.go TestAlertingRule."""
    one_rule = make_rule(for_ns=M, interval_ns=5 * M)
    series = {
        (("__name__", "http_requests"), ("instance", "0")): [75, 85, 95, 105, 105, 95, 85],
        (("__name__", "http_requests"), ("instance", "1")): [80, 90, 100, 110, 120, 130, 140],
    }
    seen = run("http_requests < 100", one_rule, series, step_m=5, end_m=30, every_m=5)
    assert seen == {
        0: {"0": "pending", "1": "pending"},
        5: {"0": "firing", "1": "firing"},
        10: {"0": "firing"},
        15: {},
        20: {},
        25: {"0": "pending"},
        30: {"0": "firing"},
    }


def test_vector_for_five_and_keep_for_three_minutes():
    """semantics 3.2: `up '1 0x10 1x20'` at 1m, `up == 0`, for 5m, keep_firing_for 3m."""
    one_rule = make_rule(for_ns=5 * M, keep_firing_for_ns=3 * M)
    series = {(("__name__", "up"),): [1] + [0] * 11 + [1] * 21}
    seen = run("up == 0", one_rule, series, step_m=1, end_m=16, every_m=1)
    states = [seen[minute].get("") for minute in range(17)]
    assert states == [None] + ["pending"] * 5 + ["firing"] * 9 + [None] * 2


def test_for_is_reached_exactly_at_its_age():
    one_rule = make_rule(for_ns=100)
    one_rule.evaluate([element()], now=0)
    one_rule.evaluate([element()], now=99)
    assert state_of(one_rule) is PENDING
    one_rule.evaluate([element()], now=100)
    assert state_of(one_rule) is FIRING


def test_without_for_the_first_evaluation_fires():
    moves = make_rule().evaluate([element()], now=7).transitions
    assert [(move.previous.value, move.state.value, move.time_ns) for move in moves] == [
        ("inactive", "pending", 7),
        ("pending", "firing", 7),
    ]


def test_a_pending_alert_that_vanishes_starts_anew():
    one_rule = make_rule(for_ns=100)
    one_rule.evaluate([element()], now=0)
    (move,) = one_rule.evaluate([], now=99).transitions
    assert (move.previous, move.state) == (PENDING, AlertState.INACTIVE)
    assert one_rule.snapshot() == ()
    one_rule.evaluate([element()], now=100)
    assert state_of(one_rule) is PENDING


def test_keep_firing_ends_exactly_at_its_length():
    one_rule = make_rule(keep_firing_for_ns=100)
    one_rule.evaluate([element()], now=0)
    one_rule.evaluate([], now=10)
    one_rule.evaluate([], now=109)
    assert state_of(one_rule) is FIRING
    one_rule.evaluate([], now=110)
    assert state_of(one_rule) is RESOLVED


def test_keep_firing_counts_anew_after_the_alert_was_seen_again():
    one_rule = make_rule(keep_firing_for_ns=100)
    one_rule.evaluate([element()], now=0)
    one_rule.evaluate([], now=10)
    one_rule.evaluate([element()], now=50)
    one_rule.evaluate([], now=110)
    assert state_of(one_rule) is FIRING


def test_a_resolved_alert_is_remembered_for_the_retention_and_no_longer():
    one_rule = make_rule()
    one_rule.evaluate([element()], now=0)
    one_rule.evaluate([], now=1)
    one_rule.evaluate([], now=1 + RESOLVED_RETENTION_NS)
    assert state_of(one_rule) is RESOLVED
    assert one_rule.evaluate([], now=2 + RESOLVED_RETENTION_NS).transitions == ()
    assert one_rule.snapshot() == ()


def test_a_resolved_alert_that_returns_is_a_new_one():
    one_rule = make_rule(for_ns=10)
    for now, vector in ((0, [element()]), (10, [element()]), (20, [])):
        one_rule.evaluate(vector, now=now)
    (move,) = one_rule.evaluate([element()], now=30).transitions
    assert (move.previous, move.state) == (RESOLVED, PENDING)
    (one,) = one_rule.snapshot()
    assert (one.active_at_ns, one.fired_at_ns, one.resolved_at_ns) == (30, None, None)


def test_each_label_set_is_an_alert_of_its_own():
    """PB17: a second instance is not swallowed because the rule has fired already."""
    one_rule = make_rule()
    one_rule.evaluate([element(instance="a")], now=0)
    moves = one_rule.evaluate([element(instance="a"), element(instance="b")], now=10).transitions
    assert [move.labels for move in moves] == [named(instance="b")] * 2


def test_the_metric_name_is_dropped_and_rule_labels_are_laid_over():
    one_rule = make_rule(labels=(("severity", "page"), ("team", "{{ $labels.job }}"), ("job", "")))
    one_rule.evaluate([element(job="shop", severity="none")], now=0)
    assert one_rule.snapshot()[0].labels == named(severity="page", team="shop")


def test_the_name_of_the_alert_wins_over_labels_of_that_name():
    one_rule = make_rule(labels=(("alertname", "Other"),))
    one_rule.evaluate([element(alertname="Third")], now=0)
    assert one_rule.snapshot()[0].labels == named()


def test_annotations_and_value_are_refreshed_while_it_fires():
    one_rule = make_rule(annotations=(("summary", "at {{ $value }}"),))
    one_rule.evaluate([element(1.0)], now=0)
    one_rule.evaluate([element(2.0)], now=1)
    (one,) = one_rule.snapshot()
    assert (one.value, one.annotations, one.active_at_ns) == (2.0, (("summary", "at 2"),), 0)


def test_two_results_that_become_one_alert_fail_the_whole_rule():
    one_rule = make_rule(labels=(("instance", ""),))
    one_rule.evaluate([element(instance="a")], now=0)
    before = one_rule.snapshot()
    evaluation = one_rule.evaluate([element(instance="a"), element(instance="b")], now=10)
    assert evaluation.transitions == ()
    assert 'two results have the labels {alertname="Down"}' in (evaluation.error or "")
    assert one_rule.snapshot() == before


def test_reading_changes_nothing():
    one_rule = make_rule(for_ns=10)
    one_rule.evaluate([element()], now=0)
    first = (one_rule.snapshot(), one_rule.state_series())
    assert (one_rule.snapshot(), one_rule.state_series()) == first


def test_a_pending_alert_is_never_sent():
    one_rule = make_rule(for_ns=10)
    one_rule.evaluate([element()], now=0)
    assert one_rule.dispatch(now=0) == ()


def test_a_firing_alert_is_sent_with_its_start_and_a_lifetime():
    """semantics 3.2: EndsAt = t + 4 * max(interval, resend_delay)."""
    one_rule = make_rule(for_ns=10, interval_ns=15, resend_delay_ns=60)
    one_rule.evaluate([element()], now=0)
    one_rule.evaluate([element()], now=15)
    assert one_rule.dispatch(now=15) == (Alert(named(), 15, 15 + 4 * 60),)


def test_the_lifetime_follows_the_interval_when_that_is_longer():
    one_rule = make_rule(interval_ns=90, resend_delay_ns=60)
    one_rule.evaluate([element()], now=0)
    assert one_rule.dispatch(now=0)[0].ends_at_ns == 4 * 90


def test_a_firing_alert_is_sent_again_strictly_after_the_resend_delay():
    one_rule = make_rule(interval_ns=1, resend_delay_ns=60)
    one_rule.evaluate([element()], now=0)
    one_rule.dispatch(now=0)
    assert one_rule.dispatch(now=60) == ()
    assert len(one_rule.dispatch(now=61)) == 1


def test_a_resolution_is_sent_at_once_and_again_after_the_delay():
    one_rule = make_rule(interval_ns=1, resend_delay_ns=60)
    one_rule.evaluate([element()], now=0)
    one_rule.dispatch(now=0)
    one_rule.evaluate([], now=1)
    assert one_rule.dispatch(now=1) == (Alert(named(), 0, 1),)
    assert one_rule.dispatch(now=61) == ()
    assert one_rule.dispatch(now=62) == (Alert(named(), 0, 1),)


def test_a_longer_for_demotes_an_alert_that_is_too_young_for_it():
    """semantics 3.2, step 4."""
    one_rule = make_rule(for_ns=10)
    one_rule.evaluate([element()], now=0)
    one_rule.evaluate([element()], now=10)
    one_rule.reconfigure(config(for_ns=21))
    (move,) = one_rule.evaluate([element()], now=20).transitions
    assert (move.previous, move.state) == (FIRING, PENDING)
    one_rule.evaluate([element()], now=21)
    assert state_of(one_rule) is FIRING


def test_a_longer_for_leaves_an_alert_that_is_old_enough():
    one_rule = make_rule(for_ns=10)
    one_rule.evaluate([element()], now=0)
    one_rule.evaluate([element()], now=10)
    one_rule.reconfigure(config(for_ns=20))
    assert one_rule.evaluate([element()], now=20).transitions == ()


def test_a_rule_cannot_turn_into_another_rule():
    with pytest.raises(ConfigError, match="another rule"):
        make_rule().reconfigure(config(labels=(("a", "b"),)))


def test_pending_and_firing_alerts_are_series_too():
    one_rule = make_rule(for_ns=10)
    one_rule.evaluate([element()], now=3 * NS_PER_S)
    assert one_rule.state_series() == (
        VectorSample(label_set({"__name__": "ALERTS", "alertname": "Down",
                                "alertstate": "pending"}), 1.0),
        VectorSample(label_set({"__name__": "ALERTS_FOR_STATE", "alertname": "Down"}), 3.0),
    )  # fmt: skip


def test_a_resolved_alert_is_no_series():
    one_rule = make_rule()
    one_rule.evaluate([element()], now=0)
    one_rule.evaluate([], now=1)
    assert one_rule.state_series() == ()


@pytest.mark.parametrize(
    "options",
    [{"name": ""}, {"for_ns": -1}, {"keep_firing_for_ns": -1}, {"interval_ns": 0},
     {"labels": (("a", "1"), ("a", "2"))}],
)  # fmt: skip
def test_a_senseless_rule_is_refused(options):
    with pytest.raises(ConfigError):
        make_rule(**options)


class NaiveAlert:
    """One instance by its history alone: the evaluations at which it was in the result."""

    def __init__(self):
        self.history = []

    def state(self, for_ns, keep_ns):
        """Replay the whole history, one plain rule at a time."""
        state, since, missing_since, ended = "inactive", None, None, None
        for now, present in self.history:
            if present:
                missing_since = None
                if state in ("inactive", "resolved"):
                    state, since = "pending", now
                if state == "pending" and now - since >= for_ns:
                    state = "firing"
            elif state == "pending":
                state = "inactive"
            elif state == "firing":
                missing_since = now if missing_since is None else missing_since
                if keep_ns == 0 or now - missing_since >= keep_ns:
                    state, ended = "resolved", now
            elif state == "resolved" and now - ended > RESOLVED_RETENTION_NS:
                state = "inactive"
        return state


class RuleAgainstNaiveModel(RuleBasedStateMachine):
    """Goal: no order of appearances makes the rule differ from a replay of the history."""

    FOR_NS, KEEP_NS = 2 * M, 3 * M

    def __init__(self):
        super().__init__()
        self.rule = make_rule(for_ns=self.FOR_NS, keep_firing_for_ns=self.KEEP_NS)
        self.naive = {name: NaiveAlert() for name in "abc"}
        self.now = 0
        self.last_moved = dict.fromkeys("abc", "inactive")

    @rule(
        present=st.sets(st.sampled_from("abc")),
        step_ns=st.sampled_from([1, M - 1, M, M, M, 3 * M, RESOLVED_RETENTION_NS]),
    )
    def evaluate(self, present, step_ns):
        self.now += step_ns
        vector = [element(instance=name) for name in sorted(present)]
        for move in self.rule.evaluate(vector, now=self.now).transitions:
            name = dict(move.labels)["instance"]
            forgotten = move.previous is AlertState.INACTIVE
            assert forgotten or self.last_moved[name] == move.previous.value
            self.last_moved[name] = move.state.value
        for name, alert in self.naive.items():
            alert.history.append((self.now, name in present))

    @rule()
    def dispatch(self):
        for alert in self.rule.dispatch(now=self.now):
            state = self.naive[dict(alert.labels)["instance"]].state(self.FOR_NS, self.KEEP_NS)
            assert state == ("resolved" if alert.is_resolved(now=self.now) else "firing")

    @invariant()
    def states_agree(self):
        known = {dict(one.labels)["instance"]: one.state.value for one in self.rule.snapshot()}
        for name, alert in self.naive.items():
            assert known.get(name, "inactive") == alert.state(self.FOR_NS, self.KEEP_NS)


TestRuleAgainstNaiveModel = RuleAgainstNaiveModel.TestCase
TestRuleAgainstNaiveModel.settings = settings(
    derandomize=True, deadline=None, max_examples=40, stateful_step_count=25
)
