import pytest

from models.alerting.routing.conduct import ReceiverConduct
from models.base.distributions import Deterministic
from models.base.time import NS_PER_S
from tests.scenarios.edited import load_edited, messages

PACE = "  evaluation: 5s"
S = NS_PER_S


def test_receivers_and_silences_count_from_the_start_of_measure(tmp_path):
    plan = load_edited(
        tmp_path,
        (
            PACE,
            f"{PACE}\n  alertmanager_zone: b\n"
            "  receivers: {on-call: {latency: 2s, down: [{at: 10s, for: 1m}], fails: 5%}}\n"
            "  silences: [{matchers: [severity=page, 'team!=\"\"'], at: 5s, for: 20s, comment: x}]",
        ),
    ).blueprint
    begins = plan.phases.warm_up_ns
    assert plan.monitoring.alertmanager_zone == "b"
    assert plan.monitoring.receivers == (
        ReceiverConduct(
            "on-call", Deterministic(2 * S), ((begins + 10 * S, begins + 70 * S),), 0.05
        ),
    )
    (silence,) = plan.monitoring.silences
    assert silence.starts_at_ns == plan.phases.wall_start_ns + begins + 5 * S
    assert silence.ends_at_ns - silence.starts_at_ns == 20 * S
    assert [matcher.name for matcher in silence.matchers] == ["severity", "team"]
    assert silence.comment == "x"


@pytest.mark.parametrize(
    ("added", "error"),
    [
        ("alertmanager_zone: z", "alerting.alertmanager_zone: unknown zone 'z'"),
        ("receivers: {on-cal: {}}", "unknown receiver 'on-cal', did you mean 'on-call'?"),
        ("receivers: {on-call: {fails: 120%}}", "fails: '120%' is more than 100%"),
        ("receivers: {on-call: {down: [{at: 9h, for: 1s}]}}", "down[0].at: the run has ended by"),
        ("receivers: {on-call: {down: [{at: 1s}]}}", "down[0].for: this required field is missing"),
        ("silences: [{matchers: ['a=\"'], for: 1m}]", "silences[0].matchers[0]: "),
        ("silences: [{matchers: ['a=~\".*\"'], for: 1m}]", "an empty value does not satisfy"),
        ("silences: [{matchers: [a=b], at: 9h, for: 1m}]", "silences[0].at: the run has ended by"),
        ("silences: [{matchers: [], for: 1m}]", "matchers: needs at least 1 entry"),
    ],
)
def test_what_makes_no_sense_is_located(tmp_path, added, error):
    shown = messages(tmp_path, (PACE, f"{PACE}\n  {added}"))
    assert any(error in line for line in shown), shown
