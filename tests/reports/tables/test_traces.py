"""Requests worth a look and their attempts."""

from models.base.outcome import Outcome, RequestOutcome
from reports.tables.traces import SAMPLES_MAX, SPANS_MAX, failed, slowest
from tests.reports.small_run import CART_1, MS, WARM_UP_END, attempt, request, small_run

T = WARM_UP_END


def test_the_slowest_completed_come_first():
    rows = [request(i, T + i, duration_ns=d * MS) for i, d in enumerate((5, 30, 10))]
    rows.append(request(3, T + 3, RequestOutcome.FAILED, duration_ns=900 * MS))
    assert [t.request for t in slowest(small_run(requests=rows))] == [1, 2, 0]


def test_equally_slow_ones_keep_the_order_of_arrival():
    rows = [request(i, T + i) for i in range(SAMPLES_MAX + 3)]
    assert [t.request for t in slowest(small_run(requests=rows))] == list(range(SAMPLES_MAX))


def test_failures_are_the_first_by_arrival_and_leave_out_what_is_in_flight():
    ends = (RequestOutcome.IN_FLIGHT, RequestOutcome.TIMED_OUT, 0, RequestOutcome.REJECTED)
    rows = [request(i, T + i, end) for i, end in enumerate(ends)]
    found = failed(small_run(requests=rows))
    assert [(t.request, t.outcome) for t in found] == [(1, "timed out"), (3, "rejected")]


def test_attempts_are_placed_on_the_axis_of_their_request():
    attempts = [
        attempt(0, T + 1 * MS, outcome=Outcome.TIMEOUT, duration_ns=20 * MS),
        attempt(1, T + 2 * MS, parent=0, node=1, target=CART_1, wait_us=700),
        attempt(2, T + 40 * MS, try_decision=2),
        attempt(3, T, request=9),
    ]
    (trace,) = slowest(small_run(requests=[request(0, T)], attempts=attempts))
    assert [(s.depth, s.after_ns // MS, s.try_number) for s in trace.spans] == [
        (0, 1, 1),
        (1, 2, 1),
        (0, 40, 2),
    ]
    assert trace.spans[1].target == "cart-1"
    assert trace.spans[1].wait_ns == 700_000
    assert [s.is_good for s in trace.spans] == [False, True, True]


def test_rows_in_any_order_give_the_same_traces():
    def backwards(rows):
        return sorted(rows, reverse=True)

    rows = [request(i, T + i, RequestOutcome.FAILED if i % 2 else 0) for i in range(6)]
    attempts = [
        attempt(0, T),
        attempt(1, T + 1, parent=0, node=1),
        attempt(2, T + 2, parent=1, node=1),
    ]
    record = small_run(requests=rows, attempts=attempts)
    turned = small_run(requests=rows, attempts=attempts, order=backwards)
    assert [s.depth for s in slowest(record)[0].spans] == [0, 1, 2]
    assert slowest(turned) == slowest(record)
    assert failed(turned) == failed(record)


def test_an_attempt_that_reached_nobody_names_no_instance():
    attempts = [attempt(0, T, target=0xFFFF, outcome=Outcome.NO_ENDPOINT)]
    (trace,) = slowest(small_run(requests=[request(0, T)], attempts=attempts))
    assert trace.spans[0].target == ""


def test_a_very_wide_request_is_cut_and_says_so():
    attempts = [attempt(i, T + i) for i in range(SPANS_MAX + 5)]
    (trace,) = slowest(small_run(requests=[request(0, T)], attempts=attempts))
    assert (len(trace.spans), trace.hidden) == (SPANS_MAX, 5)
