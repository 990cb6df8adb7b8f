"""Expectations about requests, each at the boundary of its comparison."""

from dataclasses import replace

import pytest

from models.base.outcome import Outcome, RequestOutcome
from models.records.record import ExpectationResult, RunRecord
from scenarios.expectations.requests import judge_requests
from scenarios.expectations.spec import (
    CompletedRatioAbove,
    ErrorRatioAbove,
    ErrorRatioBelow,
    LatencyBelow,
    Target,
    TargetKind,
    ThroughputAbove,
)
from scenarios.expectations.window import SLICE_NS
from tests.reports.small_run import (
    CART_0,
    MANIFEST,
    MEASURE_END,
    MS,
    SHOP,
    WARM_UP_END,
    WEB_0,
    S,
    attempt,
    request,
    small_run,
)

USERS = Target(TargetKind.SOURCE, "shop")
T0 = WARM_UP_END
OK, FAILED = RequestOutcome.COMPLETED, RequestOutcome.FAILED


def spread(outcomes: list[int], start_ns: int = T0) -> RunRecord:
    """Requests one millisecond apart that ended so, each after 10 ms."""
    return small_run(
        requests=[request(i, start_ns + i * MS, outcome) for i, outcome in enumerate(outcomes)]
    )


def latency(record: RunRecord, below_ns: int, statistic: str = "max") -> ExpectationResult:
    return judge_requests(LatencyBelow("l", "measure", statistic, USERS, below_ns), record)


def errors(record: RunRecord, below: float, of: Target = USERS) -> ExpectationResult:
    return judge_requests(ErrorRatioBelow("e", "measure", of, below), record)


def collapse(record: RunRecord, above: float) -> ExpectationResult:
    return judge_requests(ErrorRatioAbove("e", "measure", USERS, above), record)


def completed(record: RunRecord, above: float) -> ExpectationResult:
    return judge_requests(CompletedRatioAbove("c", "measure", USERS, above), record)


def throughput(record: RunRecord, above: float) -> ExpectationResult:
    return judge_requests(ThroughputAbove("t", "measure", USERS, above), record)


class TestLatency:
    @pytest.mark.parametrize(("below_ns", "holds"), [(10 * MS + 1, True), (10 * MS, False)])
    def test_the_limit_itself_is_not_below_it(self, below_ns: int, holds: bool) -> None:
        assert latency(spread([OK]), below_ns).holds is holds

    @pytest.mark.parametrize(
        ("statistic", "observed"),
        [
            ("p50", "50.0 ms"),
            ("p90", "90.0 ms"),
            ("p95", "95.0 ms"),
            ("p99", "99.0 ms"),
            ("max", "100.0 ms"),
            ("mean", "50.5 ms"),
        ],
    )
    def test_statistics_are_by_nearest_rank(self, statistic: str, observed: str) -> None:
        rows = [request(i, T0 + i, duration_ns=(i + 1) * MS) for i in range(100)]
        assert latency(small_run(requests=rows), S, statistic).observed == observed

    def test_only_completed_requests_have_a_latency(self) -> None:
        slow = request(1, T0 + 1, FAILED, duration_ns=5 * S)
        assert latency(small_run(requests=[request(0, T0), slow]), 11 * MS).holds

    @pytest.mark.parametrize(
        ("arrival_ns", "holds"),
        [(T0 - 1, True), (T0, False), (MEASURE_END - 1, False), (MEASURE_END, True)],
    )
    def test_a_request_belongs_to_the_window_in_which_it_arrives(
        self, arrival_ns: int, holds: bool
    ) -> None:
        slow = request(1, arrival_ns, duration_ns=S)
        record = small_run(requests=[request(0, T0 + 1), slow])
        assert latency(record, 100 * MS).holds is holds

    def test_a_whole_run_has_no_boundary(self) -> None:
        record = small_run(requests=[request(0, 0, duration_ns=S)])
        expectation = LatencyBelow("l", "run", "max", USERS, S)
        assert judge_requests(expectation, record).observed == "1000.0 ms"

    def test_without_a_completed_request_it_does_not_hold(self) -> None:
        for record in (small_run(), spread([FAILED])):
            result = latency(record, S)
            assert not result.holds
            assert (result.observed, result.margin) == ("no request finished", None)

    def test_margin_is_the_share_of_the_limit_that_was_left(self) -> None:
        assert latency(spread([OK]), 40 * MS).margin == 0.75
        assert latency(spread([OK]), 8 * MS).margin == -0.25

    def test_the_first_slice_over_the_limit_is_the_first_violation(self) -> None:
        rows = [request(i, T0 + i * SLICE_NS) for i in range(4)]
        rows.append(request(9, T0 + 2 * SLICE_NS, duration_ns=30 * MS))
        result = latency(small_run(requests=rows), 30 * MS)
        assert result.first_violation_ns == T0 + 2 * SLICE_NS
        assert latency(small_run(requests=rows), 31 * MS).first_violation_ns is None

    def test_a_slice_ends_before_the_next_one_starts(self) -> None:
        rows = [request(0, T0), request(1, T0 + SLICE_NS - 1, duration_ns=S)]
        assert latency(small_run(requests=rows), S).first_violation_ns == T0
        rows = [request(0, T0), request(1, T0 + SLICE_NS, duration_ns=S)]
        assert latency(small_run(requests=rows), S).first_violation_ns == T0 + SLICE_NS

    def test_where_nothing_was_measured_the_window_is_violated_from_its_start(self) -> None:
        assert latency(small_run(), S).first_violation_ns == T0


class TestErrorRatio:
    @pytest.mark.parametrize(("failures", "holds"), [(9, True), (10, False), (11, False)])
    def test_ten_in_a_hundred_are_not_below_ten_percent(self, failures: int, holds: bool) -> None:
        record = spread([FAILED] * failures + [OK] * (100 - failures))
        assert errors(record, 0.1).holds is holds

    @pytest.mark.parametrize("percent", range(1, 100))
    def test_every_percentage_is_exact_at_its_boundary(self, percent: int) -> None:
        record = spread([FAILED] * percent + [OK] * (100 - percent))
        assert not errors(record, float(f"{percent / 100:.2f}")).holds
        assert errors(record, float(f"{percent / 100 + 0.0001:.4f}")).holds

    @pytest.mark.parametrize(
        "outcome", [RequestOutcome.FAILED, RequestOutcome.REJECTED, RequestOutcome.TIMED_OUT]
    )
    def test_whatever_did_not_complete_is_an_error(self, outcome: RequestOutcome) -> None:
        assert errors(spread([OK, outcome]), 0.6).observed == "50.000%"

    def test_what_is_in_flight_is_neither(self) -> None:
        assert errors(spread([OK, RequestOutcome.IN_FLIGHT]), 0.1).observed == "0.000%"

    def test_nothing_is_no_success(self) -> None:
        result = errors(spread([]), 0.5)
        assert (result.holds, result.observed) == (False, "no request finished")

    def test_margin_and_first_violation_tell_how_and_when(self) -> None:
        rows = [request(0, T0), request(1, T0 + SLICE_NS, FAILED), request(2, T0 + SLICE_NS)]
        result = errors(small_run(requests=rows), 0.25)
        assert result.margin == pytest.approx(-1 / 3)
        assert result.first_violation_ns == T0 + SLICE_NS


class TestCompletedRatio:
    @pytest.mark.parametrize(("failures", "holds"), [(9, True), (10, False), (11, False)])
    def test_ninety_in_a_hundred_are_not_above_ninety_percent(
        self, failures: int, holds: bool
    ) -> None:
        result = completed(spread([FAILED] * failures + [OK] * (100 - failures)), 0.9)
        assert result.holds is holds
        assert result.observed == f"{100 - failures}.000%"
        assert (result.first_violation_ns is None) is holds

    def test_nothing_is_no_success(self) -> None:
        assert not completed(spread([]), 0.0).holds

    def test_margin_is_the_share_of_the_failures_allowed(self) -> None:
        assert completed(spread([FAILED] * 5 + [OK] * 95), 0.9).margin == pytest.approx(0.5)


class TestThroughput:
    SECONDS = (MEASURE_END - T0) // S

    def many(self, count: int, end_ns: int) -> RunRecord:
        """So many requests that all end at one instant."""
        return small_run(requests=[request(i, end_ns - MS, duration_ns=MS) for i in range(count)])

    @pytest.mark.parametrize(("count", "holds"), [(SECONDS, False), (SECONDS + 1, True)])
    def test_the_bound_itself_is_not_above_it(self, count: int, holds: bool) -> None:
        assert throughput(self.many(count, T0 + S), 1.0).holds is holds

    @pytest.mark.parametrize(
        ("end_ns", "observed"),
        [(T0 - 1, "0.0/s"), (T0, "1.0/s"), (MEASURE_END - 1, "1.0/s"), (MEASURE_END, "0.0/s")],
    )
    def test_a_request_counts_in_the_window_in_which_it_ends(
        self, end_ns: int, observed: str
    ) -> None:
        assert throughput(self.many(self.SECONDS, end_ns), 0.5).observed == observed

    def test_only_completed_requests_count(self) -> None:
        assert throughput(spread([FAILED] * 1000), 0.1).observed == "0.0/s"

    def test_margin_is_relative_to_the_bound(self) -> None:
        assert throughput(self.many(3 * self.SECONDS, T0 + S), 2.0).margin == 0.5
        assert throughput(self.many(3, T0 + S), 0.0).margin is None


class TestTarget:
    """Users count by request; services and endpoints by the attempts made at them."""

    RECORD = small_run(
        manifest=replace(
            MANIFEST,
            call_nodes=(
                *MANIFEST.call_nodes,
                replace(MANIFEST.call_nodes[1], endpoint="POST /cart"),
            ),
        ),
        requests=[request(0, T0)],
        attempts=[
            attempt(0, T0, caller=SHOP, target=WEB_0),
            attempt(1, T0, parent=0, node=1, caller=WEB_0, target=CART_0, outcome=Outcome.ERROR),
            attempt(2, T0 + MS, parent=0, node=1, caller=WEB_0, target=CART_0),
            attempt(3, T0, parent=0, node=2, caller=WEB_0, target=CART_0),
            attempt(4, T0, parent=0, node=2, outcome=Outcome.IN_FLIGHT),
        ],
    )

    @pytest.mark.parametrize(
        ("target", "observed"),
        [
            (USERS, "0.000%"),
            (Target(TargetKind.SERVICE, "web"), "0.000%"),
            (Target(TargetKind.SERVICE, "cart"), "33.333%"),
            (Target(TargetKind.ENDPOINT, "cart", "GET /cart"), "50.000%"),
            (Target(TargetKind.ENDPOINT, "cart", "POST /cart"), "0.000%"),
        ],
    )
    def test_each_target_has_its_own_share_of_errors(self, target: Target, observed: str) -> None:
        assert errors(self.RECORD, 0.9, target).observed == observed


def test_a_collapse_is_shown_by_more_failures_than_the_bound_and_not_by_as_many() -> None:
    half = spread([OK, FAILED])
    assert not collapse(half, 0.5).holds
    assert collapse(spread([OK, FAILED, FAILED]), 0.5).holds
    assert collapse(half, 0.4).holds
    assert collapse(half, 0.4).observed == "50.000%"
    assert collapse(half, 0.4).margin == pytest.approx(0.25)


def test_without_a_request_nothing_has_collapsed() -> None:
    result = collapse(small_run(), 0.0)
    assert not result.holds
    assert result.observed == "no request finished"


def test_the_first_slice_that_did_not_collapse_is_named() -> None:
    later = SLICE_NS + T0
    rows = [request(0, T0, FAILED), request(1, later, OK), request(2, later + MS, OK)]
    assert collapse(small_run(requests=rows), 0.5).first_violation_ns == later
