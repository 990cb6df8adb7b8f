"""Retries, budgets and deadlines as written: what they become, and what is refused."""

import pytest

from models.traffic.config import (
    ActiveShareConfig,
    BackoffConfig,
    BudgetConfig,
    DeadlineConfig,
    Growth,
    Jitter,
    QuotaConfig,
    ThrottleConfig,
    WindowBudgetConfig,
)
from tests.scenarios.edited import load_edited, messages

EDGE = "balancer: round_robin, timeout: 2s"
MS = 10**6


def edge(directory, policies):
    return load_edited(directory, (EDGE, f"{EDGE}, {policies}")).blueprint.edges[0]


@pytest.mark.parametrize(
    ("written", "config"),
    [
        ("jitter: none, growth: fixed", BackoffConfig(jitter=Jitter.NONE, growth=Growth.FIXED)),
        ("jitter: equal, multiplier: 1.5", BackoffConfig(jitter=Jitter.EQUAL, multiplier=1.5)),
        ("jitter: around, spread: 50%", BackoffConfig(jitter=Jitter.AROUND, spread=0.5)),
        ("growth: sum", BackoffConfig(growth=Growth.SUM)),
        (
            "jitter: decorrelated, base: 10ms, cap: 1s",
            BackoffConfig(10 * MS, 1000 * MS, Jitter.DECORRELATED),
        ),
    ],
)
def test_pauses_grow_and_spread_as_written(tmp_path, written, config):
    found = edge(tmp_path, f"retry: {{retries: 2, backoff: {{{written}}}}}")
    assert found.retry.backoff == config


@pytest.mark.parametrize(
    ("written", "config"),
    [
        ("30%", BudgetConfig(ratio=0.3)),
        ("{ratio: 10%, reserve: 1, cap: 9}", BudgetConfig(0.1, 1, 9)),
        ("{by: results}", ThrottleConfig()),
        ("{by: results, cap: 20, ratio: 5%}", ThrottleConfig(20, 0.05)),
        ("{by: active, ratio: 25%, reserve: 2}", ActiveShareConfig(0.25, 2)),
        ("{by: window, window: 5s, reserve: 3}", WindowBudgetConfig(0.2, 3, 5000 * MS)),
        ("{by: quota, cap: 50, timeout_cost: 7}", QuotaConfig(50, 5, 7, 1)),
    ],
)
def test_a_budget_has_a_law(tmp_path, written, config):
    assert edge(tmp_path, f"retry: {{retries: 2, budget: {written}}}").retry.budget == config


@pytest.mark.parametrize(
    ("written", "config"),
    [
        ("1500ms", DeadlineConfig(1500 * MS)),
        ("propagate", DeadlineConfig(propagates=True)),
        (
            "{total: 1s, propagate: true, margin: 5ms}",
            DeadlineConfig(1000 * MS, True, 5 * MS),
        ),
    ],
)
def test_a_deadline_is_a_time_or_what_is_left(tmp_path, written, config):
    assert edge(tmp_path, f"deadline: {written}").deadline == config


def test_endpoints_that_are_not_idempotent_are_called_once(tmp_path):
    loaded = load_edited(tmp_path, ("        response: 4KiB", "        idempotent: false"))
    shoppers, catalog = loaded.blueprint.edges
    assert (shoppers.retry.once, catalog.retry.once) == (frozenset(), {"GET /item"})
    assert (shoppers.remembers_calls, catalog.remembers_calls) == (False, True)


def test_what_a_try_needs_to_know_of_others_costs_nothing_where_it_is_not_asked_for(tmp_path):
    plain = edge(tmp_path, "retry: {retries: 3, budget: 20%, backoff: {growth: fixed}}")
    assert not plain.remembers_calls


@pytest.mark.parametrize(
    ("policies", "message"),
    [
        ("deadline: {}", "deadline: a deadline has a total, or propagates, or both"),
        ("deadline: {total: 1s, margin: 1ms}", "deadline.margin: a margin is kept only of"),
        ("deadline: propagte", "deadline"),
        ("deadline: {totl: 1s}", "deadline.totl: unknown field, did you mean 'total'?"),
        (
            "retry: {backoff: {jitter: decorelated}}",
            "retry.backoff.jitter: expected 'none', 'full', 'equal', 'around' or 'decorrelated',"
            " got 'decorelated', did you mean 'decorrelated'?",
        ),
        ("retry: {backoff: {spread: 10%}}", "retry.backoff.spread: only jitter 'around' reads"),
        (
            "retry: {backoff: {growth: fixed, multiplier: 3}}",
            "retry.backoff.multiplier: a fixed pause does not grow",
        ),
        (
            "retry: {backoff: {jitter: decorrelated, growth: sum}}",
            "retry.backoff.growth: jitter 'decorrelated' does not read this key",
        ),
        (
            "retry: {budget: {by: active, cap: 3}}",
            "retry.budget.cap: a budget by 'active' does not read this key",
        ),
        ("retry: {budget: {by: results, cap: 2000}}", "retry.budget: retry throttle: tokens_max"),
        (
            "retry: {budget: {by: window, window: 1ms}}",
            "retry.budget: retry budget: the window must be whole tenths of a second",
        ),
        ("retry: {budget: {by: result}}", "did you mean 'results'?"),
    ],
)
def test_retries_that_make_no_sense_are_refused_where_they_stand(tmp_path, policies, message):
    shown = messages(tmp_path, (EDGE, f"{EDGE}, {policies}"))
    assert len(shown) == 1, shown
    assert message in shown[0]
