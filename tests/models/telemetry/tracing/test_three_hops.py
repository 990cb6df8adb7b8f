"""Acceptance: baggage over three hops at 10 % sampling; only whole traces are kept.

Three services, each with a tracer and a reporter of its own, hand each other nothing but headers.
"""

import dataclasses

import pytest

from models.base.streams import Stream
from models.telemetry.tracing.analysis.assembly import assemble
from models.telemetry.tracing.analysis.store import SpanStore
from models.telemetry.tracing.context.baggage import Baggage
from models.telemetry.tracing.context.ids import CountedIds, StreamIds
from models.telemetry.tracing.context.propagation import TraceContext, extract, inject
from models.telemetry.tracing.reporter import BatchReporter, Export, ReporterConfig
from models.telemetry.tracing.sampling.parent_based import ParentBased
from models.telemetry.tracing.sampling.probability import ProbabilitySampler
from models.telemetry.tracing.sampling.rate_limited import RateLimited
from models.telemetry.tracing.sampling.ratio import TraceIdRatioBased
from models.telemetry.tracing.spans.span import Resource, SpanKind
from models.telemetry.tracing.tail.policies import HasAttribute
from models.telemetry.tracing.tail.sampler import TailConfig, TailSampler
from models.telemetry.tracing.tracer import Tracer

HOPS = ("frontend", "checkout", "payment")
REQUESTS = 4000
STEP_NS = 1000


class Service:
    """One hop: reads the context, works in a span of its own, calls the next hop."""

    def __init__(self, name, ids, sampler, following):
        self.name = name
        self.tracer = Tracer(Resource(name), sampler=sampler, ids=ids)
        self.reporter = BatchReporter(ReporterConfig(queue_max=100_000))
        self.following = following
        self.read = []

    def serve(self, headers, now):
        context = extract(headers)
        self.read.append(context.baggage.value("user"))
        server = self.tracer.start("serve", now=now, parent=context.span, kind=SpanKind.SERVER)
        if self.following is not None:
            call = self.tracer.start(
                "call", now=now + 1, parent=server.context, kind=SpanKind.CLIENT
            )
            self.following.serve(inject(TraceContext(call.context, context.baggage)), now + 2)
            self.report(call, now + 8)
        self.report(server, now + 9)

    def report(self, live, now):
        done = live.end(now=now)
        if done is not None:
            self.reporter.offer(done, now=now)

    def drain(self):
        spans = []
        self.reporter.flush(now=0)
        while exports := [a for a in self.reporter.tick(now=0) if isinstance(a, Export)]:
            for export in exports:
                spans += export.spans
                self.reporter.exported(export.export_id, now=0)
        return spans


def chain(sampler, ids):
    following = None
    for place, name in reversed(list(enumerate(HOPS))):
        following = Service(name, ids(place), sampler(), following)
    return following


def services(first):
    while first is not None:
        yield first
        first = first.following


def drive(first):
    for number in range(REQUESTS):
        baggage = Baggage().with_value("user", f"Amélie {number}")
        first.serve(inject(TraceContext(baggage=baggage)), number * STEP_NS)
    return [one for service in services(first) for one in service.drain()]


def drawn(place):
    return StreamIds(Stream(7, f"ids/{HOPS[place]}"))


SAMPLERS = {
    "ratio": lambda: ParentBased(TraceIdRatioBased(0.1)),
    "probability": lambda: ParentBased(ProbabilitySampler(0.1)),
    "rate": lambda: ParentBased(RateLimited(0.1 * 1e9 / STEP_NS, burst=1)),
}


@pytest.mark.parametrize("ids", [drawn, CountedIds])
@pytest.mark.parametrize("name", SAMPLERS)
def test_each_hop_reads_the_baggage_and_only_whole_traces_are_kept(name, ids):
    first = chain(SAMPLERS[name], ids)
    traces = assemble(drive(first))
    expected = [f"Amélie {number}" for number in range(REQUESTS)]
    for service in services(first):
        assert service.read == expected
    assert all(trace.is_whole and len(trace.spans) == 5 for trace in traces)
    assert all(trace.services == HOPS for trace in traces)
    spread = 3.3 * (REQUESTS * 0.1 * 0.9) ** 0.5
    assert abs(len(traces) - REQUESTS * 0.1) < spread


def test_a_decision_per_span_would_leave_holes():
    """naive_defects: sampling decided per span so traces have holes. The event that shows it."""
    first = chain(lambda: RateLimited(0.1 * 1e9 / STEP_NS, burst=1), CountedIds)
    traces = assemble(drive(first))
    assert not all(trace.is_whole for trace in traces)


def test_a_ratio_holds_a_trace_together_even_where_nobody_asks_the_parent():
    first = chain(lambda: TraceIdRatioBased(0.1), drawn)
    traces = assemble(drive(first))
    assert traces
    assert all(trace.is_whole and len(trace.spans) == 5 for trace in traces)


def test_spans_that_arrive_late_or_out_of_order_at_a_tail_sampler_follow_their_trace():
    spans = drive(chain(SAMPLERS["ratio"], drawn))
    marked = [
        dataclasses.replace(one, attributes={"tier": "gold"}) if n % 7 == 0 else one
        for n, one in enumerate(spans)
    ]
    dice = Stream(3, "arrival")
    arrivals = sorted((dice.below(90), n) for n in range(len(marked)))
    tail = TailSampler([HasAttribute("tier", ("gold",))], TailConfig(decision_wait_ns=30))
    store = SpanStore()
    for now, index in arrivals:
        for decision in tail.tick(now=now):
            if decision.is_kept:
                for one in decision.spans:
                    store.add(one)
        if tail.offer(marked[index], now=now):
            store.add(marked[index])
    for decision in tail.tick(now=1000):
        for one in decision.spans if decision.is_kept else ():
            store.add(one)
    kept = {one.trace_id for one in marked if store.trace(one.trace_id) is not None}
    assert 0 < len(kept) < len({one.trace_id for one in marked})
    assert all(store.trace(number).is_whole for number in kept)
    assert all(len(store.trace(number).spans) == 5 for number in kept)
