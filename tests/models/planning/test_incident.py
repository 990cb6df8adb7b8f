"""Time to detect, to fail over and to recover, on runs written out by hand."""

from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.outcome import RequestOutcome
from models.base.time import NS_PER_MINUTE
from models.planning.incident import (
    BASELINE_NS,
    WINDOW_NS,
    Impairment,
    fault_spans,
    first_page_ns,
    impairment,
    incidents,
    view_drops,
)
from models.records.schema import REQUESTS
from models.records.table import table_from_rows
from tests.reports.small_run import END, S, event, fault, request, small_run

OK, FAILED = RequestOutcome.COMPLETED, RequestOutcome.FAILED
START = 120 * S


def run_of(*events, requests=()):
    return small_run(events=[*events], requests=[*requests])


def only_incident(*events, requests=()):
    (incident,) = incidents(run_of(*events, requests=requests))
    return incident


def page(at_ns, status="firing"):
    return event(at_ns, "page_sent", "on-call", alerts=["A"], status=status)


def drop(at_ns, caller, target="cart-1"):
    return event(at_ns, "view_dropped", target, caller=caller)


def hundred(start_ns, failures, outcome=FAILED):
    """One hundred requests within a second of ``start_ns``, the first of which fail."""
    return [
        request(0, start_ns + i * S // 100, outcome if i < failures else OK) for i in range(100)
    ]


def judged(*groups, horizon_ns=END):
    return impairment(
        table_from_rows(REQUESTS, [row for group in groups for row in group]), START, horizon_ns
    )


class TestFaultSpans:
    def test_a_fault_spans_from_its_start_to_its_end(self):
        (span,) = fault_spans(run_of(*fault(START, START + S, targets=("cart-1", "web-1"))).events)
        assert (span.start_ns, span.end_ns) == (START, START + S)
        assert span.targets == ("cart-1", "web-1")
        assert (span.label, span.index, span.kind) == ("cut", 0, "zone_outage")

    def test_a_fault_without_end_event_lasts(self):
        (span,) = fault_spans(run_of(*fault(START, None)).events)
        assert span.end_ns is None

    def test_equal_labels_are_told_apart_by_index(self):
        record = run_of(
            *fault(START, START + 9 * S, index=0), *fault(START + S, START + 2 * S, index=1)
        )
        first, second = fault_spans(record.events)
        assert (first.end_ns, second.end_ns) == (START + 9 * S, START + 2 * S)


class TestDetect:
    def test_counts_to_the_first_firing_page(self):
        events = run_of(page(START + 30 * S), page(START + 60 * S)).events
        assert first_page_ns(events, START) == 30 * S

    def test_a_page_at_the_instant_of_the_fault_counts(self):
        assert first_page_ns(run_of(page(START)).events, START) == 0

    def test_a_page_before_the_fault_does_not_count(self):
        assert first_page_ns(run_of(page(START - 1)).events, START) is None

    def test_a_resolved_notification_is_no_detection(self):
        events = run_of(page(START + S, "resolved"), page(START + 9 * S)).events
        assert first_page_ns(events, START) == 9 * S


class TestFailOver:
    def test_ends_with_the_last_callers_drop(self):
        incident = only_incident(
            *fault(START, None), drop(START + 3 * S, "web-0"), drop(START + 5 * S, "web-1")
        )
        assert incident.failover_ns == 5 * S
        assert incident.callers_expected == len(incident.drops) == 2

    def test_is_not_over_while_a_caller_still_lists_a_target(self):
        incident = only_incident(*fault(START, None), drop(START + 3 * S, "web-0"))
        assert (incident.failover_ns, incident.last_drop_ns) == (None, 3 * S)

    def test_a_second_drop_by_the_same_caller_does_not_count(self):
        incident = only_incident(
            *fault(START, None), drop(START + 3 * S, "web-0"), drop(START + 9 * S, "web-0")
        )
        assert incident.last_drop_ns == 3 * S

    def test_a_drop_of_something_else_does_not_count(self):
        incident = only_incident(*fault(START, None), drop(START + S, "web-0", target="cart-0"))
        assert incident.failover_ns is None

    def test_a_drop_before_the_fault_does_not_count(self):
        incident = only_incident(*fault(START, None), drop(START - 1, "web-0"))
        assert incident.drops == ()

    def test_callers_that_the_fault_struck_are_not_expected(self):
        incident = only_incident(
            *fault(START, None, targets=("cart-1", "web-1")), drop(START + S, "web-0")
        )
        # web-0 must drop cart-1, the source must drop web-1; web-1 is gone itself
        assert incident.callers_expected == 2

    def test_unknown_callers_leave_the_expected_number_open(self):
        incident = only_incident(*fault(START, None), drop(START + S, "somebody"))
        assert incident.callers_expected is None

    def test_a_drop_belongs_to_the_latest_fault_that_struck_the_target(self):
        record = run_of(
            *fault(START, START + 10 * S, index=0),
            *fault(START + 20 * S, None, label="again", index=1),
            drop(START + 20 * S, "web-0"),
        )
        spans = fault_spans(record.events)
        assert view_drops(record.events, spans[0], spans) == ()
        assert [d.after_ns for d in view_drops(record.events, spans[1], spans)] == [0]

    def test_a_later_fault_elsewhere_does_not_take_the_drop(self):
        record = run_of(
            *fault(START, None, index=0),
            *fault(START + S, None, label="other", targets=("web-1",), index=1),
            drop(START + 2 * S, "web-0"),
        )
        spans = fault_spans(record.events)
        assert len(view_drops(record.events, spans[0], spans)) == 1


class TestRecover:
    def test_recovers_at_the_end_of_the_last_bad_window(self):
        found = judged(
            hundred(START - 60 * S, 0),
            hundred(START, 50),
            hundred(START + WINDOW_NS, 20),
            hundred(START + 2 * WINDOW_NS, 0),
        )
        assert found == Impairment(0.0, 0.5, 0, 2 * WINDOW_NS)

    def test_one_percentage_point_above_usual_is_still_usual(self):
        # 0.06 + 0.01 is below 0.07 in floating point; the boundary is judged in whole numbers
        found = judged(hundred(START - S, 6), hundred(START, 7), hundred(START + WINDOW_NS, 7))
        assert (found.first_symptom_ns, found.recover_ns) == (None, 0)

    def test_more_than_one_percentage_point_is_a_symptom(self):
        found = judged(hundred(START - S, 6), hundred(START, 8), hundred(START + WINDOW_NS, 7))
        assert (found.first_symptom_ns, found.recover_ns) == (0, WINDOW_NS)

    def test_a_relapse_postpones_recovery(self):
        found = judged(
            hundred(START, 50),
            hundred(START + WINDOW_NS, 0),
            hundred(START + 2 * WINDOW_NS, 50),
            hundred(START + 3 * WINDOW_NS, 0),
        )
        assert found.recover_ns == 3 * WINDOW_NS

    def test_without_a_good_window_after_the_last_bad_one_there_is_no_recovery(self):
        assert judged(hundred(START, 0), hundred(START + WINDOW_NS, 50)).recover_ns is None

    def test_silence_is_no_recovery(self):
        assert judged(hundred(START, 100)).recover_ns is None

    def test_no_request_at_all_is_no_recovery(self):
        assert judged() == Impairment(0.0, 0.0, None, None)

    def test_requests_in_flight_count_in_no_window(self):
        flying = hundred(START + WINDOW_NS, 100, RequestOutcome.IN_FLIGHT)
        assert judged(hundred(START, 100), flying).recover_ns is None

    def test_rejected_and_timed_out_requests_are_errors_too(self):
        for outcome in (RequestOutcome.REJECTED, RequestOutcome.TIMED_OUT):
            assert judged(hundred(START, 10, outcome)).ratio_peak == 0.1

    def test_the_usual_ratio_is_that_of_the_minute_before(self):
        early = hundred(START - BASELINE_NS - S, 100)
        assert judged(early, hundred(START - BASELINE_NS, 5)).ratio_before == 0.05

    def test_windows_end_at_the_next_fault(self):
        record = run_of(
            *fault(START, START + S, index=0),
            *fault(START + NS_PER_MINUTE, None, label="second", index=1),
            requests=[
                *hundred(START, 50),
                *hundred(START + WINDOW_NS, 0),
                *hundred(START + NS_PER_MINUTE, 50),
            ],
        )
        first, second = incidents(record)
        assert (first.horizon_ns, first.recover_ns) == (START + NS_PER_MINUTE, WINDOW_NS)
        assert (second.horizon_ns, second.recover_ns) == (END, None)

    @settings(derandomize=True, deadline=None, max_examples=60)
    @given(st.lists(st.integers(0, 100), min_size=1, max_size=12))
    def test_agrees_with_the_definition_read_aloud(self, failures):
        groups = [hundred(START + k * WINDOW_NS, n) for k, n in enumerate(failures)]
        good_from = [k for k in range(len(failures)) if all(n <= 1 for n in failures[k:])]
        expected = good_from[0] * WINDOW_NS if good_from else None
        assert judged(*groups).recover_ns == expected
