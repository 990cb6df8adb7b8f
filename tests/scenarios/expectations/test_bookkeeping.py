"""Expectations about jobs, cost and series, each at the boundary of its comparison."""

import math

import pytest

from models.alerting.config import MonitoringConfig
from models.base.distributions import Deterministic
from models.planning.prices import PriceList
from models.records.record import ExpectationResult
from models.scheduling.config import JobConfig
from models.telemetry.promql import compile_expression
from scenarios.expectations.bookkeeping import judge_cost, judge_job, judge_promql
from scenarios.expectations.spec import CostBelow, CostMeasure, JobRuns, PromqlHolds, Runs
from sim.blueprint import Blueprint, Phases
from tests.reports.small_run import END, MEASURE_END, WARM_UP_END, S, request, small_run

EVERY_TWO_MINUTES = JobConfig("backup", "*/2 * * * *", Deterministic(S))
TICKS = (120 * S, 240 * S, 360 * S)


def blueprint(**given: object) -> Blueprint:
    values = {
        "name": "small",
        "phases": Phases(measure_ns=END),
        "zones": ("a", "b"),
        "services": (),
        "edges": (),
    } | given
    return Blueprint(**values)  # type: ignore[arg-type]


class TestJobs:
    """A job that is due three times in the run: after two, four and six minutes."""

    def judge(
        self, *tries: tuple[int, str], runs: Runs = Runs.EXACTLY_ONCE, schedule: str = "*/2 * * * *"
    ) -> ExpectationResult:
        rows = [
            ("backup", tick, tick, tick + S, number, "s-0", "e-0", 1, status)
            for number, (tick, status) in enumerate(tries)
        ]
        rows.append(("other", TICKS[0], 0, 1, 1, "s-0", "e-0", 1, "succeeded"))
        job = JobConfig("backup", schedule, Deterministic(S))
        return judge_job(JobRuns("j", "backup", runs), small_run(jobs=rows), blueprint(jobs=(job,)))

    @pytest.mark.parametrize(
        ("times", "runs", "holds"),
        [
            (0, Runs.EXACTLY_ONCE, False),
            (1, Runs.EXACTLY_ONCE, True),
            (2, Runs.EXACTLY_ONCE, False),
            (0, Runs.AT_LEAST_ONCE, False),
            (1, Runs.AT_LEAST_ONCE, True),
            (2, Runs.AT_LEAST_ONCE, True),
            (0, Runs.AT_MOST_ONCE, True),
            (1, Runs.AT_MOST_ONCE, True),
            (2, Runs.AT_MOST_ONCE, False),
        ],
    )
    def test_one_tick_decides(self, times: int, runs: Runs, holds: bool) -> None:
        others = [(tick, "succeeded") for tick in (TICKS[0], TICKS[2])]
        result = self.judge(*others, *[(TICKS[1], "succeeded")] * times, runs=runs)
        assert result.holds is holds
        assert result.first_violation_ns == (None if holds else TICKS[1])

    @pytest.mark.parametrize("status", ["failed", "timed_out", "lost", "fenced", "cancelled"])
    def test_a_try_without_success_is_no_run(self, status: str) -> None:
        tries = [(tick, "succeeded") for tick in TICKS]
        assert self.judge((TICKS[0], status), *tries).holds
        assert not self.judge((TICKS[0], status), *tries[1:]).holds

    def test_a_run_that_still_goes_on_is_left_out(self) -> None:
        result = self.judge((TICKS[0], "succeeded"), (TICKS[1], "succeeded"), (TICKS[2], "running"))
        assert (result.holds, result.observed) == (True, "runs per tick: 1 (2 due)")

    def test_a_second_run_that_still_goes_on_does_not_hide_the_first(self) -> None:
        tries = [(tick, "succeeded") for tick in TICKS]
        assert self.judge(*tries, (TICKS[2], "running")).observed == "runs per tick: 1 (3 due)"

    def test_the_counts_that_occurred_are_told(self) -> None:
        result = self.judge((TICKS[0], "succeeded"), *[(TICKS[1], "succeeded")] * 2)
        assert result.observed == "runs per tick: 0 or 1 or 2 (3 due)"

    @pytest.mark.parametrize("runs", list(Runs))
    def test_a_job_that_was_never_due_shows_nothing(self, runs: Runs) -> None:
        result = self.judge(runs=runs, schedule="0 4 * * *")
        assert (result.holds, result.observed) == (False, "no tick was due")

    def test_a_tick_at_the_very_end_is_not_due_any_more(self) -> None:
        tries = [(minute * 60 * S, "succeeded") for minute in range(1, 7)]
        result = self.judge(*tries, schedule="* * * * *")
        assert (result.holds, result.observed) == (True, "runs per tick: 1 (6 due)")


class TestCost:
    """Four machines at 3 USD an hour over five minutes cost one dollar."""

    PRICES = PriceList(machine_usd_per_hour=(("m", 3.0),))

    def judge(
        self, measure: CostMeasure, below_usd: float, completed: int = 500, during: str = "measure"
    ) -> ExpectationResult:
        rows = [request(i, WARM_UP_END + i) for i in range(completed)]
        return judge_cost(
            CostBelow("c", during, measure, below_usd),
            small_run(requests=rows),
            blueprint(prices=self.PRICES),
        )

    @pytest.mark.parametrize(
        ("measure", "usd"),
        [
            (CostMeasure.TOTAL, 1.0),
            (CostMeasure.PER_HOUR, 12.0),
            (CostMeasure.PER_1000_REQUESTS, 2.0),
        ],
    )
    def test_the_limit_itself_is_not_below_it(self, measure: CostMeasure, usd: float) -> None:
        assert not self.judge(measure, usd).holds
        assert self.judge(measure, math.nextafter(usd, math.inf)).holds
        assert self.judge(measure, usd).observed == f"{usd:.4f} USD"

    def test_the_window_is_billed_not_the_run(self) -> None:
        result = self.judge(CostMeasure.TOTAL, 9.0, during="run")
        assert result.observed == f"{END / MEASURE_END * 1.2:.4f} USD"

    def test_nothing_completed_has_no_price_per_request(self) -> None:
        result = self.judge(CostMeasure.PER_1000_REQUESTS, 9.0, completed=0)
        assert (result.holds, result.observed) == (False, "no request completed")

    def test_margin_is_the_share_of_the_limit_that_was_left(self) -> None:
        assert self.judge(CostMeasure.TOTAL, 4.0).margin == pytest.approx(0.75)


class TestPromql:
    """The queue of `web`, looked at every ten seconds of the measured five minutes."""

    STEP = 10 * S
    EXPRESSION = 'world_queue_length{service="web"} < 5'

    def judge(
        self, *samples: tuple[int, float], during: str = "measure", lookback_ns: int = 15 * S
    ) -> ExpectationResult:
        monitoring = MonitoringConfig(
            "a", evaluation_interval_ns=self.STEP, lookback_ns=lookback_ns
        )
        compiled = compile_expression(self.EXPRESSION)
        return judge_promql(
            PromqlHolds("p", during, self.EXPRESSION, compiled),
            small_run(samples=[(0, at, value) for at, value in samples]),
            blueprint(monitoring=monitoring),
        )

    def steady(self, value: float = 1.0) -> list[tuple[int, float]]:
        return [(at, value) for at in range(0, END, self.STEP)]

    def test_it_holds_when_it_holds_at_every_evaluation(self) -> None:
        result = self.judge(*self.steady())
        assert (result.holds, result.observed) == (True, "held at 30 of 30 evaluations")

    def test_one_evaluation_is_enough_to_break_it(self) -> None:
        samples = [(at, 5.0 if at == 100 * S else value) for at, value in self.steady()]
        result = self.judge(*samples)
        assert (result.holds, result.observed) == (False, "held at 29 of 30 evaluations")
        assert result.first_violation_ns == 100 * S

    @pytest.mark.parametrize(("at_ns", "holds"), [(100 * S, False), (100 * S + 1, True)])
    def test_a_sample_of_the_very_instant_counts_and_a_later_one_does_not(
        self, at_ns: int, holds: bool
    ) -> None:
        others = [sample for sample in self.steady() if sample[0] != 100 * S]
        assert self.judge(*sorted([*others, (at_ns, 9.0)])).holds is holds

    @pytest.mark.parametrize(("age_ns", "holds"), [(15 * S, False), (15 * S - 1, True)])
    def test_a_sample_older_than_monitoring_looks_back_is_forgotten(
        self, age_ns: int, holds: bool
    ) -> None:
        before = [sample for sample in self.steady() if sample[0] < 100 * S - age_ns]
        samples = [*before, (100 * S - age_ns, 1.0), *[s for s in self.steady() if s[0] > 100 * S]]
        result = self.judge(*samples)
        assert (result.first_violation_ns != 100 * S) is holds

    def test_without_a_series_it_does_not_hold(self) -> None:
        result = self.judge()
        assert (result.holds, result.first_violation_ns) == (False, WARM_UP_END)

    def test_a_series_gone_stale_is_no_series(self) -> None:
        samples = [*self.steady()[:20], (191 * S, math.nan)]
        assert self.judge(*samples).first_violation_ns == 200 * S

    def test_the_window_is_half_open(self) -> None:
        samples = [(at, 9.0 if at >= MEASURE_END else value) for at, value in self.steady()]
        assert self.judge(*samples).holds
        assert self.judge(*samples, during="settle").first_violation_ns == MEASURE_END
