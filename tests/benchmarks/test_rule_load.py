"""The load of the rule benchmark is what it says."""

from tests.benchmarks.rule_load import measure


def test_a_hundred_rules_over_two_thousand_series_evaluate_without_an_error() -> None:
    cost = measure(minutes=0.5)
    assert (cost.rules, cost.errors) == (100, 0)
    assert 2000 <= cost.series <= 2000 + 2 * 100 * 100
