"""Rows of a finished run as traces."""

import dataclasses
import json

import pytest

from models.base.outcome import TRY_BITS, Decision, Outcome, RequestOutcome
from models.base.time import NS_PER_MS as MS
from models.records.manifest import CallNode, InstanceInfo, Manifest, Phase
from models.records.schema import ATTEMPTS, NO_INDEX, NO_PARENT, REQUESTS
from models.records.table import table_from_rows
from models.telemetry.tracing.analysis.assembly import assemble
from models.telemetry.tracing.attempts import RunTraces, queue_wait_ns
from models.telemetry.tracing.export.jaeger import jaeger_traces
from models.telemetry.tracing.export.otlp import otlp_traces
from models.telemetry.tracing.spans.span import NO_SPAN, SpanKind, Status, StatusCode

MANIFEST = Manifest(
    schema_version=1,
    scenario="small",
    question="",
    section="",
    seed=7,
    shuffle_ties=False,
    spec_digest="",
    wall_start_ns=1_772_474_400 * 10**9,
    phases=(Phase("measure", 0, 1000 * MS),),
    zones=("a", "b"),
    services=(),
    instances=(
        InstanceInfo("web-0", "web", "a", "m", 4),
        InstanceInfo("cart-0", "cart", "a", "m", 2),
        InstanceInfo("cart-1", "cart", "b", "m", 2),
        InstanceInfo("shop", "shop", "", "", 0, is_client=True),
    ),
    edges=(),
    sources=("shop",),
    load=(),
    call_nodes=(
        CallNode("shop", -1, "shop", "web", "GET /product", 100, 100),
        CallNode("shop", 0, "web", "cart", "lookup", 100, 100),
    ),
    series=(),
)
WEB_0, CART_0, CART_1, SHOP = range(4)
RETRIED = Decision.RETRIED << TRY_BITS


def request(number, arrival_ms=0, lasts_ms=100, outcome=0, last=0):
    return (number, 0, 0, arrival_ms * MS, lasts_ms * MS, int(outcome), int(last), 1)


def attempt(number, start_ms, lasts_ms, **given):
    values = {
        "request": 0, "parent": NO_PARENT, "node": 0, "caller": SHOP, "target": WEB_0,
        "outcome": 0, "try": 1, "decision": 0, "wait_us": 0,
    } | given  # fmt: skip
    return (
        number, values["request"], values["parent"], values["node"], values["caller"],
        values["target"], int(values["outcome"]), values["try"] | values["decision"] << TRY_BITS,
        start_ms * MS, lasts_ms * MS, values["wait_us"],
    )  # fmt: skip


def run(requests, attempts, manifest=MANIFEST):
    return RunTraces(
        manifest, table_from_rows(REQUESTS, requests), table_from_rows(ATTEMPTS, attempts)
    )


BASIC = run(
    [request(0)],
    [
        attempt(0, 0, 100),
        attempt(
            1, 10, 20, parent=0, node=1, caller=WEB_0, target=CART_0, outcome=Outcome.TIMEOUT,
            decision=Decision.RETRIED,
        ),
        attempt(
            2, 35, 60, parent=0, node=1, caller=WEB_0, target=CART_1, **{"try": 2}, wait_us=1500
        ),
    ],
)  # fmt: skip


def test_a_request_is_a_whole_trace_with_its_user_on_top():
    trace = BASIC.trace(0)
    root = trace.top
    assert trace.is_whole
    assert (root.service, root.name, root.kind, root.parent_id) == (
        "shop", "GET /product", SpanKind.CLIENT, NO_SPAN,
    )  # fmt: skip
    assert (root.start_ns, root.end_ns) == (0, 100 * MS)
    assert dict(root.attributes) == {
        "foreshock.request": 0,
        "foreshock.outcome": "completed",
        "http.request.method": "GET",
        "http.route": "/product",
        "peer.service": "web",
    }


def test_an_attempt_stands_in_the_called_service_under_the_work_that_called():
    trace = BASIC.trace(0)
    walked = [(one.service, depth) for one, depth in trace.walk()]
    assert walked == [("shop", 0), ("web", 1), ("cart", 2), ("cart", 2)]
    web = trace.called_by(trace.top)[0]
    assert dict(web.resource.attributes) == {
        "service.instance.id": "web-0", "cloud.availability_zone": "a",
    }  # fmt: skip
    assert (web.kind, web.status) == (SpanKind.SERVER, Status())


def test_a_failed_try_says_so_and_its_retry_links_to_it():
    trace = BASIC.trace(0)
    first, second = (one for one in trace.spans if one.service == "cart")
    assert first.status == Status(StatusCode.ERROR, "timeout")
    assert first.attributes["error.type"] == "timeout"
    assert first.attributes["foreshock.retry_decision"] == "retried"
    assert (first.attributes["foreshock.try"], first.links) == (1, ())
    (link,) = second.links
    assert (link.context.span_id, link.context.trace_id) == (first.span_id, trace.trace_id)
    assert dict(link.attributes) == {"foreshock.link": "retry_of"}
    assert second.attributes["foreshock.caller"] == "web-0"
    assert (second.start_ns, second.end_ns) == (35 * MS, 95 * MS)


def test_the_wait_in_the_targets_queue_is_kept():
    waits = [queue_wait_ns(one) for one in BASIC.trace(0).spans]
    assert waits == [0, 0, 0, 1_500_000]


def test_a_resent_http_call_counts_how_often():
    trace = run([request(0)], [attempt(0, 0, 5, outcome=1), attempt(1, 6, 5, **{"try": 2})]).trace(
        0
    )
    counts = [one.attributes.get("http.request.resend_count") for one in trace.spans]
    assert counts == [None, None, 1]
    assert "http.request.resend_count" not in BASIC.trace(0).spans[3].attributes


@pytest.mark.parametrize("outcome", [Outcome.BREAKER_OPEN, Outcome.NO_ENDPOINT])
def test_an_attempt_that_reached_nobody_stays_with_its_caller_and_is_not_lost(outcome):
    """naive_defects: requests rejected early leak their span."""
    rows = [
        attempt(0, 0, 10),
        attempt(1, 1, 0, parent=0, node=1, caller=WEB_0, target=NO_INDEX, outcome=outcome),
    ]
    refused = run([request(0)], rows).trace(0).spans[2]
    assert (refused.service, refused.kind, refused.duration_ns) == ("web", SpanKind.CLIENT, 0)
    assert refused.attributes["peer.service"] == "cart"
    assert refused.is_error
    assert refused.resource.attributes["service.instance.id"] == "web-0"


@pytest.mark.parametrize("outcome", Outcome)
def test_only_a_failure_of_the_called_service_is_an_error(outcome):
    trace = run([request(0)], [attempt(0, 0, 5, outcome=outcome)]).trace(0)
    harmless = outcome in (Outcome.OK, Outcome.CALLER_GONE, Outcome.IN_FLIGHT)
    assert trace.spans[1].is_error is not harmless
    assert ("error.type" in trace.spans[1].attributes) is not harmless
    assert trace.spans[1].attributes["foreshock.outcome"] == outcome.name.lower()


@pytest.mark.parametrize("outcome", RequestOutcome)
def test_the_root_is_an_error_unless_the_request_completed_or_still_runs(outcome):
    trace = run([request(0, outcome=outcome, last=Outcome.QUEUE_FULL)], []).trace(0)
    harmless = outcome in (RequestOutcome.COMPLETED, RequestOutcome.IN_FLIGHT)
    expected = Status() if harmless else Status(StatusCode.ERROR, "queue full")
    assert trace.top.status == expected


def test_requests_do_not_mix_whatever_the_order_of_the_rows():
    requests = [request(2, 30), request(0, 0), request(1, 10)]
    attempts = [attempt(5, 30, 1, request=2), attempt(1, 12, 1, request=1), attempt(0, 0, 1)]
    found = run(requests, attempts)
    assert [trace.start_ns // MS for trace in found.traces()] == [0, 10, 30]
    assert [len(trace.spans) for trace in found.traces()] == [2, 2, 2]
    assert [trace.start_ns // MS for trace in found.traces([2, 9, 0])] == [30, 0]
    assert found.trace(9) is None


def test_a_run_without_requests_has_no_traces():
    assert list(run([], []).traces()) == []
    assert run([], []).trace(0) is None


def test_ids_follow_from_seed_and_numbers():
    again = run([request(0)], [attempt(0, 0, 100)])
    assert again.trace(0).trace_id == BASIC.trace(0).trace_id
    assert again.trace(0).spans[1].span_id == BASIC.trace(0).spans[1].span_id
    other = dataclasses.replace(MANIFEST, seed=8)
    assert run([request(0)], [], other).trace(0).trace_id != BASIC.trace(0).trace_id


def test_ids_are_distinct_over_a_run():
    many = run([request(n) for n in range(50)], [attempt(n, 0, 1, request=n) for n in range(50)])
    spans = list(many.spans())
    assert len({one.span_id for one in spans}) == 100
    assert len({one.trace_id for one in spans}) == 50
    assert [trace.is_whole for trace in assemble(spans)] == [True] * 50


def test_a_run_can_be_written_for_other_tools():
    spans = list(BASIC.spans())
    epoch = MANIFEST.wall_start_ns
    otlp = json.loads(json.dumps(otlp_traces(spans, epoch_ns=epoch)))
    services = [
        entry["resource"]["attributes"][0]["value"]["stringValue"]
        for entry in otlp["resourceSpans"]
    ]
    assert services == ["shop", "web", "cart", "cart"]
    first = otlp["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    assert first["startTimeUnixNano"] == "1772474400000000000"
    (trace,) = jaeger_traces(spans, epoch_ns=epoch)["data"]
    assert [one["references"][0]["refType"] for one in trace["spans"][1:]] == ["CHILD_OF"] * 3
    assert trace["spans"][3]["references"][1]["refType"] == "FOLLOWS_FROM"
