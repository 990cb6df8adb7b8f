"""The edge table: calls, tries, refusals and breakers per edge."""

from models.base.outcome import TRY_BITS, Decision, Outcome
from reports.tables.edges import edge_rows
from tests.reports.small_run import MS, WARM_UP_END, attempt, event, small_run

T = WARM_UP_END


def rows_of(**given):
    return {(row.caller, row.callee): row for row in edge_rows(small_run(**given))}


def test_rows_follow_the_scenario_and_name_its_policies():
    first, second = edge_rows(small_run())
    assert (first.caller, first.callee, first.balancer) == ("shop", "web", "round robin")
    assert (second.timeout_ns, second.retries_allowed) == (250 * MS, 2)


def test_an_edge_without_calls_has_no_ratios():
    row = rows_of()["shop", "web"]
    assert (row.attempts, row.error_ratio, row.p99_ns, row.amplification_ratio) == (
        0,
        None,
        None,
        None,
    )


def test_a_call_is_its_first_try():
    rows = rows_of(attempts=[attempt(i, T, try_decision=i) for i in (1, 2, 3)])
    row = rows["shop", "web"]
    assert (row.calls, row.attempts, row.amplification_ratio) == (1, 3, 3.0)


def test_calls_go_to_the_edge_of_their_place_in_the_call_tree():
    rows = rows_of(attempts=[attempt(0, T), attempt(1, T, node=1, outcome=Outcome.TIMEOUT)])
    assert rows["shop", "web"].error_ratio == 0.0
    assert rows["web", "cart"].error_ratio == 1.0


def test_retries_the_budget_refused_are_counted():
    refused = int(Decision.BUDGET_DENIED) << TRY_BITS | 1
    rows = rows_of(attempts=[attempt(0, T, outcome=Outcome.ERROR, try_decision=refused)])
    assert rows["shop", "web"].budget_denied == 1


def test_breaker_openings_are_summed_over_the_instances_of_an_edge():
    events = [
        event(T, "breaker_opened", "web-0 -> cart-1"),
        event(T + 1, "breaker_opened", "web-1 -> cart-1"),
        event(T + 2, "breaker_closed", "web-1 -> cart-1"),
    ]
    assert rows_of(events=events)["web", "cart"].breaker_openings == 2
