import pytest

from models.base.time import NS_PER_MINUTE, NS_PER_MS, NS_PER_S
from models.telemetry.promql import compile_expression
from scenarios.expectations import spec
from scenarios.load import load
from scenarios.source.problems import ScenarioError
from tests.scenarios.compile.test_scheduling import JOBS, SCHEDULER
from tests.scenarios.edited import LAST_LINE, load_edited, messages, write_edited

SHOPPERS = spec.Target(spec.TargetKind.SOURCE, "shoppers")
FAULT = spec.FaultRef(0, "faults[0]")


def expectation(directory, written):
    edit = (LAST_LINE, f"{LAST_LINE}  - {written}\n{SCHEDULER}{JOBS}")
    return load_edited(directory, edit).expectations[-1]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            "{latency: p99, of: shoppers, below: 300ms}",
            spec.LatencyBelow(
                "p99 of shoppers < 300ms during measure",
                "measure",
                "p99",
                SHOPPERS,
                300 * NS_PER_MS,
            ),
        ),
        (
            "{latency: mean, of: catalog.GET /item, below: 1s, during: run}",
            spec.LatencyBelow(
                "mean of catalog.GET /item < 1s",
                "run",
                "mean",
                spec.Target(spec.TargetKind.ENDPOINT, "catalog", "GET /item"),
                NS_PER_S,
            ),
        ),
        (
            "{error_ratio: catalog, above: 1%, during: settle}",
            spec.ErrorRatioAbove(
                "error ratio of catalog > 1% during settle",
                "settle",
                spec.Target(spec.TargetKind.SERVICE, "catalog"),
                0.01,
            ),
        ),
        (
            "{error_ratio: catalog, below: 1%, during: settle}",
            spec.ErrorRatioBelow(
                "error ratio of catalog < 1% during settle",
                "settle",
                spec.Target(spec.TargetKind.SERVICE, "catalog"),
                0.01,
            ),
        ),
        (
            "{completed_ratio: shoppers, above: 99%}",
            spec.CompletedRatioAbove(
                "completed ratio of shoppers > 99% during measure", "measure", SHOPPERS, 0.99
            ),
        ),
        (
            "{throughput: shoppers, above: 100/s}",
            spec.ThroughputAbove(
                "throughput of shoppers > 100/s during measure", "measure", SHOPPERS, 100.0
            ),
        ),
        (
            "{alert: InstanceDown, fires_within: 1m}",
            spec.AlertFiresWithin(
                "InstanceDown fires within 1m of the start of measure",
                "InstanceDown",
                NS_PER_MINUTE,
                None,
            ),
        ),
        (
            '{alert: InstanceDown, fires_within: 1m, of: "faults[0]"}',
            spec.AlertFiresWithin(
                "InstanceDown fires within 1m of faults[0]", "InstanceDown", NS_PER_MINUTE, FAULT
            ),
        ),
        (
            "{alert: InstanceDown, fires: never}",
            spec.AlertNeverFires("InstanceDown never fires", "run", "InstanceDown"),
        ),
        (
            "{alert: InstanceDown, fires: never, during: settle}",
            spec.AlertNeverFires(
                "InstanceDown never fires during settle", "settle", "InstanceDown"
            ),
        ),
        (
            '{failover: "faults[0]", within: 8s}',
            spec.FailoverWithin("fail over from faults[0] within 8s", FAULT, 8 * NS_PER_S),
        ),
        (
            '{recovery: "faults[0]", within: 1m}',
            spec.RecoveryWithin("recover from faults[0] within 1m", FAULT, NS_PER_MINUTE),
        ),
        (
            '{paged: on-call, of: "faults[0]", within: 1m}',
            spec.PagedWithin(
                "on-call is paged for faults[0] within 1m", FAULT, "on-call", NS_PER_MINUTE
            ),
        ),
        (
            '{paged: , of: "faults[0]", within: 1m}',
            spec.PagedWithin(
                "somebody is paged for faults[0] within 1m", FAULT, None, NS_PER_MINUTE
            ),
        ),
        (
            "{job: nightly, runs: exactly_once}",
            spec.JobRuns("nightly runs exactly once per tick", "nightly", spec.Runs.EXACTLY_ONCE),
        ),
        (
            "{cost: per_1000_requests, below: 1.2 USD}",
            spec.CostBelow(
                "cost per 1000 requests < 1.2 USD during measure",
                "measure",
                spec.CostMeasure.PER_1000_REQUESTS,
                1.2,
            ),
        ),
    ],
)
def test_each_kind_of_expectation_is_resolved(tmp_path, written, expected):
    assert expectation(tmp_path, written) == expected


def test_promql_is_compiled(tmp_path):
    holds = expectation(tmp_path, "{promql: 'up{service=\"catalog\"} == 1', during: settle}")
    assert isinstance(holds, spec.PromqlHolds)
    assert holds.expression == 'up{service="catalog"} == 1'
    assert holds.compiled == compile_expression(holds.expression)


@pytest.mark.parametrize(
    ("text", "given"), [("1 == bool 1", "scalar"), ("up[5m]", "range vector"), ("'a'", "string")]
)
def test_promql_that_gives_no_series_cannot_hold(tmp_path, text, given):
    shown = messages(tmp_path, (LAST_LINE, LAST_LINE + f'  - {{promql: "{text}"}}\n'))
    assert f"the expression gives a {given}; compare series" in shown[0]


def test_a_mistake_in_promql_is_located_inside_the_expression(tmp_path):
    shown = messages(tmp_path, (LAST_LINE, LAST_LINE + "  - {promql: 'up == bad(x)'}\n"))
    assert shown[0].startswith("scenario.yaml:72:21: expect[5].promql: ")


def test_an_escaped_or_folded_expression_is_located_at_its_start(tmp_path):
    shown = messages(tmp_path, (LAST_LINE, LAST_LINE + '  - {promql: "up{a=\\"b\\"} == bad(x)"}\n'))
    assert shown[0].startswith("scenario.yaml:72:14: expect[5].promql: ")


@pytest.mark.parametrize(
    ("written", "is_fine"),
    [
        ('{failover: "faults[0]", within: 3m}', True),
        ('{failover: "faults[0]", within: 3m1ns}', False),
        ("{alert: InstanceDown, fires_within: 3m30s}", True),
        ("{alert: InstanceDown, fires_within: 3m30s1ns}", False),
    ],
)
def test_a_deadline_may_be_the_end_of_the_run_but_not_later(tmp_path, written, is_fine):
    shown = messages(tmp_path, (LAST_LINE, f"{LAST_LINE}  - {written}\n"))
    assert (shown == []) is is_fine


@pytest.mark.parametrize(
    ("edits", "written", "message"),
    [
        ((), "{latency: p50, of: catalog.GET /, below: 1s}", "'catalog' has no endpoint 'GET /'"),
        ((), "{throughput: shopers, above: 1/s}", "did you mean 'shoppers'?"),
        ((), '{recovery: "faults[1]", within: 1s}', "there are 1, the first is faults[0]"),
        ((), "{recovery: outage, within: 1s}", "'outage' is not a fault; write faults[0]"),
        ((), '{paged: bob, of: "faults[0]", within: 1s}', "unknown receiver 'bob'"),
        ((), "{job: nightly, runs: exactly_once}", "unknown job 'nightly'"),
        (
            (("settle: 1m", "settle: 0"),),
            "{error_ratio: shoppers, below: 1%, during: settle}",
            "the scenario has no phase 'settle'",
        ),
        ((), "{error_ratio: shoppers, below: 0}", "must be more than 0, got 0"),
        ((), "{alert: InstanceDown, fires: sometimes}", "expected 'never', got 'sometimes'"),
        ((), "{alert: InstanceDown}", "this required field is missing"),
        ((), "{}", "an expectation needs one of latency"),
        ((), "p99", "expected an expectation with one of latency"),
        ((), "{latency: p99, error_ratio: x}", "has one kind, not both"),
    ],
)
def test_expectations_that_cannot_be_judged_are_refused(tmp_path, edits, written, message):
    shown = messages(tmp_path, (LAST_LINE, f"{LAST_LINE}  - {written}\n"), *edits)
    assert len(shown) == 1
    assert message in shown[0]


def test_a_source_takes_the_name_over_a_service(tmp_path):
    assert expectation(tmp_path, "{throughput: shoppers, above: 1/s}").of.kind is (
        spec.TargetKind.SOURCE
    )


ALERTING_GONE = "no alert 'InstanceDown' without an 'alerting' section"


def test_without_monitoring_nothing_fires(tmp_path):

    path = write_edited(tmp_path)
    with pytest.raises(ScenarioError) as caught:
        load(path, ["alerting="])
    assert [problem.message for problem in caught.value.problems] == [ALERTING_GONE]
