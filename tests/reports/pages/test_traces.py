"""Traces as waterfalls: which are chosen, what a row says, where its stretches lie."""

from dataclasses import replace

from models.base.outcome import TRY_BITS, Decision, Outcome, RequestOutcome
from models.records.schema import NO_INDEX
from reports.page import render
from reports.pages.traces import COLOURS, ROWS_MAX, waterfalls
from tests.reports.small_run import (
    CART_0,
    CART_1,
    MANIFEST,
    MS,
    WARM_UP_END,
    WEB_0,
    request,
    small_run,
)
from tests.reports.small_run import attempt as attempt_at

T = WARM_UP_END
RETRIED = 1 | Decision.RETRIED << TRY_BITS


def attempt(number, start_ms, lasts_ms, **given):
    return attempt_at(number, T + start_ms * MS, duration_ns=lasts_ms * MS, **given)


def cart(number, start_ms, lasts_ms, target=CART_0, **given):
    return attempt(
        number, start_ms, lasts_ms, parent=0, node=1, caller=WEB_0, target=target, **given
    )


def only(*attempts, **given):
    (fall,) = waterfalls(
        small_run(requests=[request(0, T, duration_ns=100 * MS, **given)], attempts=attempts)
    )
    return fall


def retried():
    return only(
        attempt(0, 0, 100),
        cart(1, 10, 20, outcome=Outcome.TIMEOUT, try_decision=RETRIED),
        cart(2, 40, 50, CART_1, try_decision=2, wait_us=1500),
    )


def test_the_longest_failure_the_slowest_and_the_median_are_chosen():
    rows = [request(n, T + n, duration_ns=d * MS) for n, d in enumerate((30, 10, 20, 40))]
    rows += [
        request(4, T + 4, RequestOutcome.FAILED, duration_ns=5 * MS),
        request(5, T + 5, RequestOutcome.TIMED_OUT, duration_ns=9 * MS),
        request(6, T + 6, RequestOutcome.IN_FLIGHT, duration_ns=999 * MS),
    ]
    found = waterfalls(small_run(requests=rows))
    assert [(fall.key, fall.request) for fall in found] == [
        ("failed", 5), ("slowest", 3), ("median", 2),
    ]  # fmt: skip


def test_of_equals_the_first_to_arrive_is_chosen():
    rows = [request(n, T + n) for n in range(3)]
    rows += [request(n, T + n, RequestOutcome.FAILED) for n in (3, 4)]
    assert [fall.request for fall in waterfalls(small_run(requests=rows))] == [3, 0, 1]


def test_no_request_is_shown_twice():
    rows = [request(n, T + n) for n in range(2)]
    assert [fall.request for fall in waterfalls(small_run(requests=rows))] == [0]


def test_a_single_request_is_shown_once_and_a_run_without_any_shows_none():
    assert [fall.key for fall in waterfalls(small_run(requests=[request(0, T)]))] == ["slowest"]
    assert waterfalls(small_run()) == ()
    assert "there is no trace to show" in render(small_run())


def test_every_span_is_a_row_under_its_caller():
    rows = retried().rows
    assert [(row.name, row.depth, row.try_number) for row in rows] == [
        ("shop", 0, 1), ("web-0", 1, 1), ("cart-0", 2, 1), ("cart-1", 2, 2),
    ]  # fmt: skip
    assert [(row.outcome, row.is_good) for row in rows] == [
        ("completed", True), ("ok", True), ("timeout", False), ("ok", True),
    ]  # fmt: skip
    assert rows[3].wait_ns == 1_500_000


def test_bars_lie_where_the_time_was():
    rows = retried().rows
    assert [(row.bar.left, row.bar.width) for row in rows] == [
        (0, 100), (0, 100), (10, 20), (40, 50),
    ]  # fmt: skip


def test_the_critical_path_is_drawn_and_counted():
    rows = retried().rows
    assert [row.critical_ns // MS for row in rows] == [0, 30, 20, 50]
    assert [(part.left, part.right) for part in rows[1].critical] == [
        (0, 10), (30, 40), (90, 100),
    ]  # fmt: skip
    assert sum(row.critical_ns for row in rows) == 100 * MS


def test_the_services_shares_of_the_path_come_largest_first():
    shares = retried().shares
    assert [(share.service, share.ratio) for share in shares] == [("cart", 0.7), ("web", 0.3)]


def test_a_retry_shows_the_pause_before_it():
    fall = retried()
    assert [row.pause is not None for row in fall.rows] == [False, False, False, True]
    assert (fall.rows[3].pause.left, fall.rows[3].pause.right) == (30, 40)
    assert fall.rows[3].pause.words == "10 ms pause before the retry"
    assert fall.retries == 1


def test_a_call_that_reached_nobody_is_a_row_of_the_service_it_was_for():
    fall = only(attempt(0, 0, 100), cart(1, 5, 0, NO_INDEX, outcome=Outcome.NO_ENDPOINT))
    row = fall.rows[2]
    assert (row.name, row.is_served, row.outcome) == ("cart", False, "no endpoint")
    assert row.bar.width > 0


def test_a_short_stretch_at_the_very_end_stays_inside():
    fall = only(attempt(0, 0, 100), cart(1, 100, 0))
    assert fall.rows[2].bar.right <= 100


def test_a_service_keeps_its_colour_over_all_traces_and_users_have_none():
    requests = [request(n, T, duration_ns=100 * MS) for n in range(3)]
    attempts = [attempt(0, 0, 100), cart(1, 5, 9), attempt(2, 0, 100, request=1)]
    first, second = waterfalls(small_run(requests=requests, attempts=attempts))
    assert [row.style for row in first.rows] == ["user", "s0", "s1"]
    assert [row.style for row in second.rows] == ["user", "s0"]


def test_more_services_than_colours_are_hatched():
    nodes = tuple(replace(MANIFEST.call_nodes[0], service=f"svc-{n}") for n in range(COLOURS + 1))
    manifest = replace(MANIFEST, call_nodes=nodes)
    attempts = [attempt(n, n, 1, node=n, target=NO_INDEX) for n in range(COLOURS + 1)]
    record = small_run(
        manifest=manifest, requests=[request(0, T, duration_ns=100 * MS)], attempts=attempts
    )
    (fall,) = waterfalls(record)
    assert [row.style for row in fall.rows[1:]] == ["s0", "s1", "s2", "s3", "s4", "s0 hatched"]


def test_a_long_trace_is_cut_and_says_by_how_much():
    fall = only(*(attempt(n, n, 1) for n in range(ROWS_MAX + 4)))
    assert (len(fall.rows), fall.hidden) == (ROWS_MAX, 5)


def test_the_axis_goes_from_zero_to_the_whole():
    assert retried().ticks == ("0 ms", "25 ms", "50 ms", "75 ms", "100 ms")


def test_a_request_of_no_length_is_drawn():
    (fall,) = waterfalls(small_run(requests=[request(0, T, duration_ns=0)]))
    assert (fall.shares, fall.rows[0].critical_ns) == ((), 0)


def test_the_page_says_in_words_what_it_draws():
    record = small_run(
        requests=[request(0, T, duration_ns=100 * MS)],
        attempts=[
            attempt(0, 0, 100),
            cart(1, 10, 20, outcome=Outcome.TIMEOUT, try_decision=RETRIED),
            cart(2, 40, 50, CART_1, try_decision=2),
        ],
    )
    text = render(record)
    for words in ("try 2", "✗ timeout", "1 retry on the way", "cart 70 ms (70 %)"):
        assert words in text
