"""Expectations about what follows a fault, each at the boundary of its comparison."""

import pytest

from models.base.outcome import RequestOutcome
from models.records.record import ExpectationResult, RunRecord
from scenarios.expectations.incidents import judge_incident
from scenarios.expectations.spec import (
    AlertFiresWithin,
    AlertNeverFires,
    FailoverWithin,
    FaultRef,
    PagedWithin,
    RecoveryWithin,
)
from tests.reports.small_run import (
    END,
    MEASURE_END,
    WARM_UP_END,
    S,
    event,
    fault,
    request,
    small_run,
)

START = 120 * S
CUT = FaultRef(0, "cut")
FAULT = fault(START, START + 60 * S)


def run(*events: object, **given: object) -> RunRecord:
    return small_run(events=[*FAULT, *events], **given)


def drop(at_ns: int, caller: str) -> object:
    return event(at_ns, "view_dropped", "cart-1", caller=caller)


def page(at_ns: int, status: str = "firing", receiver: str = "on-call") -> object:
    return event(at_ns, "page_sent", receiver, alerts=["A"], status=status, group="{}")


def alert(at_ns: int, state: str, labels: str = "{}", name: str = "Down") -> tuple[object, ...]:
    return (at_ns, name, state, labels, 1.0)


class TestFailover:
    def judge(self, *events: object, within_ns: int = 5 * S) -> ExpectationResult:
        return judge_incident(FailoverWithin("f", CUT, within_ns), run(*events))

    @pytest.mark.parametrize(("after_ns", "holds"), [(5 * S, True), (5 * S + 1, False)])
    def test_the_deadline_itself_is_within_it(self, after_ns: int, holds: bool) -> None:
        result = self.judge(drop(START + S, "web-0"), drop(START + after_ns, "web-1"))
        assert result.holds is holds
        assert result.first_violation_ns == (None if holds else START + 5 * S)

    def test_a_caller_that_still_lists_the_target_has_not_failed_over(self) -> None:
        result = self.judge(drop(START + S, "web-0"))
        assert (result.holds, result.observed, result.margin) == (False, "never", None)

    def test_a_fault_that_never_struck_cannot_be_survived(self) -> None:
        expectation = FailoverWithin("f", FaultRef(3, "other"), 5 * S)
        result = judge_incident(expectation, run())
        assert (result.holds, result.first_violation_ns) == (False, None)

    def test_the_words_tell_delay_target_and_margin(self) -> None:
        result = self.judge(drop(START + S, "web-0"), drop(START + 4 * S, "web-1"))
        assert (result.target, result.observed, result.during) == ("<= 5s", "4.00 s", "after cut")
        assert result.margin == pytest.approx(0.2)


class TestRecovery:
    def judge(self, bad_until_s: int, within_ns: int) -> ExpectationResult:
        """One request a second; those before ``bad_until_s`` after the fault fail."""
        rows = []
        for second in range(180):
            is_bad = 60 <= second < 60 + bad_until_s
            outcome = RequestOutcome.FAILED if is_bad else RequestOutcome.COMPLETED
            rows.append(request(second, START + (second - 60) * S, outcome))
        return judge_incident(RecoveryWithin("r", CUT, within_ns), run(requests=rows))

    @pytest.mark.parametrize(("within_ns", "holds"), [(15 * S, True), (15 * S - 1, False)])
    def test_the_deadline_itself_is_within_it(self, within_ns: int, holds: bool) -> None:
        assert self.judge(15, within_ns).holds is holds

    def test_a_fault_without_a_symptom_recovers_at_once(self) -> None:
        assert self.judge(0, 0).holds

    def test_an_outage_to_the_end_never_recovers(self) -> None:
        assert self.judge(120, 300 * S).observed == "never"


class TestPaged:
    def judge(self, *events: object, receiver: str | None = None) -> ExpectationResult:
        return judge_incident(PagedWithin("p", CUT, receiver, 30 * S), run(*events))

    @pytest.mark.parametrize(("after_ns", "holds"), [(30 * S, True), (30 * S + 1, False)])
    def test_the_deadline_itself_is_within_it(self, after_ns: int, holds: bool) -> None:
        assert self.judge(page(START + after_ns)).holds is holds

    @pytest.mark.parametrize(("at_ns", "holds"), [(START, True), (START - 1, False)])
    def test_a_page_from_before_the_fault_is_about_something_else(
        self, at_ns: int, holds: bool
    ) -> None:
        assert self.judge(page(at_ns)).holds is holds

    def test_that_all_is_well_is_no_page(self) -> None:
        assert not self.judge(page(START + S, "resolved")).holds

    @pytest.mark.parametrize(
        ("receiver", "holds"), [(None, True), ("on-call", True), ("sales", False)]
    )
    def test_the_receiver_counts_if_named(self, receiver: str | None, holds: bool) -> None:
        assert self.judge(page(START + S), receiver=receiver).holds is holds


class TestAlertFires:
    def judge(self, *alerts: tuple[object, ...], of: FaultRef | None = CUT) -> ExpectationResult:
        return judge_incident(AlertFiresWithin("a", "Down", 30 * S, of), run(alerts=[*alerts]))

    @pytest.mark.parametrize(("after_ns", "holds"), [(30 * S, True), (30 * S + 1, False)])
    def test_the_deadline_itself_is_within_it(self, after_ns: int, holds: bool) -> None:
        assert self.judge(alert(START + after_ns, "firing")).holds is holds

    @pytest.mark.parametrize(("at_ns", "holds"), [(START, True), (START - 1, False)])
    def test_it_counts_from_the_fault_on(self, at_ns: int, holds: bool) -> None:
        assert self.judge(alert(at_ns, "firing")).holds is holds

    @pytest.mark.parametrize("state", ["pending", "resolved", "inactive"])
    def test_only_firing_is_firing(self, state: str) -> None:
        assert not self.judge(alert(START + S, state)).holds

    def test_another_alert_is_not_this_one(self) -> None:
        assert not self.judge(alert(START + S, "firing", name="Up")).holds

    @pytest.mark.parametrize(("at_ns", "holds"), [(WARM_UP_END - 1, False), (WARM_UP_END, True)])
    def test_without_a_fault_it_counts_from_the_start_of_measure(
        self, at_ns: int, holds: bool
    ) -> None:
        assert self.judge(alert(at_ns, "firing"), of=None).holds is holds


class TestAlertNeverFires:
    def judge(self, *alerts: tuple[object, ...], during: str = "measure") -> ExpectationResult:
        return judge_incident(AlertNeverFires("n", during, "Down"), run(alerts=[*alerts]))

    @pytest.mark.parametrize(
        ("from_ns", "to_ns", "holds"),
        [
            (WARM_UP_END - S, WARM_UP_END, True),
            (WARM_UP_END - S, WARM_UP_END + 1, False),
            (WARM_UP_END, WARM_UP_END + S, False),
            (MEASURE_END - 1, MEASURE_END + S, False),
            (MEASURE_END, MEASURE_END + S, True),
            (WARM_UP_END - S, MEASURE_END + S, False),
        ],
    )
    def test_firing_within_the_window_counts_and_outside_it_does_not(
        self, from_ns: int, to_ns: int, holds: bool
    ) -> None:
        result = self.judge(alert(from_ns, "firing"), alert(to_ns, "resolved"))
        assert result.holds is holds
        assert result.first_violation_ns == (None if holds else max(from_ns, WARM_UP_END))

    def test_one_label_set_resolving_leaves_the_other_firing(self) -> None:
        result = self.judge(
            alert(S, "firing", '{"i":"0"}'),
            alert(S, "firing", '{"i":"1"}'),
            alert(2 * S, "resolved", '{"i":"0"}'),
        )
        assert result.first_violation_ns == WARM_UP_END

    def test_pending_is_not_firing(self) -> None:
        assert self.judge(alert(START, "pending"), alert(START + S, "inactive")).holds

    def test_another_alert_is_not_this_one(self) -> None:
        assert self.judge(alert(START, "firing", name="Up")).holds

    def test_a_whole_run_ends_where_it_ends(self) -> None:
        assert not self.judge(alert(END - 1, "firing"), during="run").holds
