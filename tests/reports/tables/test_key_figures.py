"""The figures a reader sees first."""

# ruff: noqa: RUF001 - the dash is what is tested

from models.base.outcome import RequestOutcome
from reports.tables.key_figures import key_figures
from tests.reports.small_run import MEASURE_END, MS, WARM_UP_END, request, small_run

T = WARM_UP_END


def figures(*rows):
    return {f.name: (f.value, f.note) for f in key_figures(small_run(requests=rows))}


def test_rates_are_over_measure():
    rows = [request(i, T + i) for i in range(600)]  # measure lasts 300 s
    assert figures(*rows)["Offered"] == ("2 /s", "600 requests")


def test_requests_outside_measure_do_not_count():
    found = figures(request(0, T - 1), request(1, T), request(2, MEASURE_END))
    assert found["Offered"][1] == "1 request"


def test_the_error_ratio_leaves_out_what_is_in_flight():
    rows = [
        request(0, T),
        request(1, T, RequestOutcome.REJECTED),
        request(2, T, RequestOutcome.IN_FLIGHT),
    ]
    assert figures(*rows)["Error ratio"] == ("50 %", "1 rejected")


def test_a_run_without_errors_says_so():
    assert figures(request(0, T))["Error ratio"] == ("0 %", "none failed")


def test_a_run_without_requests_has_no_figures_rather_than_zeros():
    found = figures()
    assert found["Error ratio"] == ("–", "none arrived")
    assert found["p99"][0] == found["Slowest"][0] == "–"


def test_percentiles_are_of_completed_requests():
    rows = [
        request(0, T, duration_ns=10 * MS),
        request(1, T, duration_ns=20 * MS),
        request(2, T, RequestOutcome.FAILED, duration_ns=900 * MS),
    ]
    found = figures(*rows)
    assert (found["p50"][0], found["Slowest"][0]) == ("10 ms", "20 ms")
