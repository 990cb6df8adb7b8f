"""Active health checks. Semantics 7.1; planted bug PB24; naive defects of health checks."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from models.base.errors import ConfigError, SimulationError
from models.base.streams import Stream
from models.discovery.health.check import TRANSITIONS, HealthChanged, HealthCheck, StartProbe
from models.discovery.health.config import CheckConfig, Schedule
from models.discovery.health.result import Answer, Health, ProbeResult

CONFIG = CheckConfig(interval_ns=100, timeout_ns=30, rise=2, fall=3)
PASSED = ProbeResult(Answer.PASSED, "fine")
DEGRADED = ProbeResult(Answer.DEGRADED, "slow disk")
FAILED = ProbeResult(Answer.FAILED, "refused")
CONDEMNED = ProbeResult(Answer.CONDEMNED, "404")


def probe(check: HealthCheck, result: ProbeResult | None, took: int = 0) -> list[HealthChanged]:
    """Run the next probe to its end; None leaves it without an answer."""
    now = check.next_deadline()
    (started,) = check.tick(now=now)
    assert isinstance(started, StartProbe)
    if result is None:
        actions = check.tick(now=check.next_deadline())
    else:
        actions = check.record(started.number, result, now=now + took)
    return [action for action in actions if isinstance(action, HealthChanged)]


def healthy(config: CheckConfig = CONFIG) -> HealthCheck:
    check = HealthCheck(config, start_ns=0)
    probe(check, PASSED)
    assert check.health is Health.HEALTHY
    return check


def down(config: CheckConfig = CONFIG) -> HealthCheck:
    check = healthy(config)
    probe(check, CONDEMNED)
    assert check.health is Health.UNHEALTHY
    return check


def test_a_target_nobody_knows_comes_up_with_its_first_success() -> None:
    check = HealthCheck(CONFIG, start_ns=7)
    assert check.snapshot().health is Health.UNKNOWN
    (change,) = probe(check, PASSED)
    assert change == HealthChanged(Health.UNKNOWN, Health.HEALTHY, PASSED, 7)


def test_failures_before_the_first_success_do_not_make_it_need_more() -> None:
    check = HealthCheck(CONFIG, start_ns=0)
    probe(check, FAILED)
    probe(check, FAILED)
    assert check.health is Health.UNKNOWN
    probe(check, PASSED)
    assert check.health is Health.HEALTHY


def test_a_target_nobody_knows_goes_down_after_the_third_failure() -> None:
    check = HealthCheck(CONFIG, start_ns=0)
    changes = [probe(check, FAILED) for _ in range(3)]
    assert [bool(change) for change in changes] == [False, False, True]


def test_it_takes_the_whole_row_of_failures_to_go_down() -> None:
    check = healthy()
    assert [bool(probe(check, FAILED)) for _ in range(3)] == [False, False, True]
    assert check.health is Health.UNHEALTHY


def test_one_success_begins_the_row_anew() -> None:
    check = healthy()
    for result in (FAILED, FAILED, PASSED, FAILED, FAILED):
        assert probe(check, result) == []
    assert check.health is Health.HEALTHY


def test_it_takes_the_whole_row_of_successes_to_come_back() -> None:
    check = down()
    assert probe(check, PASSED) == []
    assert probe(check, FAILED) == []
    assert probe(check, PASSED) == []
    assert check.health is Health.UNHEALTHY
    (change,) = probe(check, PASSED)
    assert change.after is Health.HEALTHY


def test_an_answer_that_condemns_needs_no_second() -> None:
    (change,) = probe(healthy(), CONDEMNED)
    assert (change.after, change.result) == (Health.UNHEALTHY, CONDEMNED)


def test_degraded_is_told_at_once_and_still_serves() -> None:
    check = healthy()
    assert probe(check, DEGRADED)[0].after is Health.DEGRADED
    assert probe(check, DEGRADED) == []
    assert probe(check, PASSED)[0].after is Health.HEALTHY


def test_a_target_that_is_down_may_come_back_degraded() -> None:
    check = down()
    probe(check, PASSED)
    assert probe(check, DEGRADED)[0].after is Health.DEGRADED


def test_no_answer_in_time_is_a_failure_and_is_stored() -> None:
    check = healthy(replace(CONFIG, fall=1))
    (change,) = probe(check, None)
    assert change.result.answer is Answer.TIMED_OUT
    assert check.snapshot().last == change.result
    assert change.at == 130


@pytest.mark.parametrize(("took", "counts"), [(30, True), (31, False)])
def test_an_answer_counts_until_the_timeout(took: int, counts: bool) -> None:
    check = HealthCheck(CONFIG, start_ns=0)
    probe(check, PASSED, took)
    assert (check.health is Health.HEALTHY) is counts


def test_an_answer_to_a_probe_given_up_says_nothing() -> None:
    check = HealthCheck(CONFIG, start_ns=0)
    check.tick(now=0)
    check.tick(now=30)
    assert check.record(1, PASSED, now=30) == ()
    check.tick(now=100)
    assert check.record(1, PASSED, now=101) == ()
    assert check.health is Health.UNKNOWN


@pytest.mark.parametrize("number", [0, 2])
def test_a_probe_that_was_never_started_is_an_error(number: int) -> None:
    check = HealthCheck(CONFIG, start_ns=0)
    check.tick(now=0)
    with pytest.raises(SimulationError, match=f"probe {number} was never started"):
        check.record(number, PASSED, now=1)


def test_from_start_to_start_answers_do_not_shift_the_rhythm() -> None:
    check = HealthCheck(CONFIG, start_ns=5)
    starts = []
    for result, took in ((PASSED, 0), (PASSED, 29), (None, 0), (PASSED, 3)):
        starts.append(check.next_deadline())
        probe(check, result, took)
    assert starts == [5, 105, 205, 305]


def test_from_end_to_start_every_answer_shifts_it() -> None:
    check = HealthCheck(replace(CONFIG, schedule=Schedule.END_TO_START), start_ns=0)
    starts = []
    for result, took in ((PASSED, 0), (PASSED, 29), (None, 0), (PASSED, 3)):
        starts.append(check.next_deadline())
        probe(check, result, took)
    assert starts == [0, 100, 229, 359]


def test_a_prober_that_was_late_does_not_make_up_for_lost_probes() -> None:
    check = HealthCheck(CONFIG, start_ns=0)
    check.tick(now=1000)
    check.record(1, PASSED, now=1001)
    assert check.next_deadline() == 1001
    check.tick(now=1001)
    check.record(2, PASSED, now=1002)
    assert check.next_deadline() == 1101


def test_intervals_follow_the_state_and_the_row() -> None:
    check = healthy(replace(CONFIG, unhealthy_interval_ns=500, edge_interval_ns=40))
    starts = [check.next_deadline()]
    for result in (FAILED, FAILED, FAILED, FAILED, PASSED, PASSED, PASSED):
        probe(check, result)
        starts.append(check.next_deadline())
    waits = [after - before for before, after in itertools.pairwise(starts)]
    assert waits == [40, 40, 500, 500, 40, 100, 100]


def test_jitter_lengthens_each_wait_by_up_to_itself() -> None:
    config = replace(CONFIG, jitter_ns=10)
    check = HealthCheck(config, start_ns=0, stream=Stream(1, "jitter"))
    starts = []
    for _ in range(400):
        starts.append(check.next_deadline())
        probe(check, PASSED)
    waits = {after - before for before, after in itertools.pairwise(starts)}
    assert waits == set(range(100, 111))
    with pytest.raises(ConfigError, match="jitter needs a stream"):
        HealthCheck(config, start_ns=0)


def test_the_first_probe_waits_for_the_initial_delay() -> None:
    check = HealthCheck(replace(CONFIG, initial_delay_ns=50), start_ns=3)
    assert check.tick(now=52) == ()
    assert check.tick(now=53) == (StartProbe(1),)


def test_defaults_of_kubernetes_take_a_dead_app_down_at_thirty_seconds() -> None:
    """Semantics 7.1: failures at 10, 20 and 30 s, the last perhaps a time-out later."""
    second = 10**9
    config = CheckConfig(interval_ns=10 * second, timeout_ns=second, rise=1, fall=3)
    check = HealthCheck(config, start_ns=0)
    probe(check, PASSED)
    changes = [change for _ in range(3) for change in probe(check, FAILED)]
    assert [change.at for change in changes] == [30 * second]
    check = HealthCheck(config, start_ns=0)
    probe(check, PASSED)
    changes = [change for _ in range(3) for change in probe(check, None)]
    assert [change.at for change in changes] == [31 * second]


def test_every_move_between_healths_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(Health)
    assert all(Health.UNKNOWN not in reached for reached in TRANSITIONS.values())
    assert all(health not in reached for health, reached in TRANSITIONS.items())


class RowsOfAnswers(RuleBasedStateMachine):
    """Against a model that keeps the whole row of answers."""

    @initialize(rise=st.integers(1, 4), fall=st.integers(1, 4))
    def begin(self, rise: int, fall: int) -> None:
        self.rise, self.fall = rise, fall
        self.check = HealthCheck(replace(CONFIG, rise=rise, fall=fall), start_ns=0)
        self.model = Health.UNKNOWN
        self.answers: list[bool] = []

    @rule(result=st.sampled_from([PASSED, DEGRADED, FAILED, CONDEMNED, None]))
    def answer(self, result: ProbeResult | None) -> None:
        before = self.model
        success = result is not None and result.answer.is_success
        self.answers.append(success)
        if success:
            reached = Health.DEGRADED if result is DEGRADED else Health.HEALTHY
            needed = {Health.UNHEALTHY: self.rise}.get(self.model, 1)
        else:
            reached = Health.UNHEALTHY
            needed = 1 if result is CONDEMNED else self.fall
        row = self.answers[-needed:]
        if len(row) == needed and set(row) == {success}:
            self.model = reached
        changes = probe(self.check, result)
        assert [change.after for change in changes] == (
            [self.model] if self.model is not before else []
        )

    @invariant()
    def agrees(self) -> None:
        assert self.check.health is self.model


TestRowsOfAnswers = RowsOfAnswers.TestCase
TestRowsOfAnswers.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, derandomize=True
)
