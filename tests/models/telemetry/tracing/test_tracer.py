"""Beginning spans: identities, decisions, what a child takes from its parent."""

from models.telemetry.tracing.context.identity import SpanContext
from models.telemetry.tracing.context.ids import CountedIds
from models.telemetry.tracing.sampling.parent_based import ParentBased
from models.telemetry.tracing.sampling.probability import ProbabilitySampler
from models.telemetry.tracing.sampling.sampler import (
    AlwaysOff,
    AlwaysOn,
    AlwaysRecord,
    SamplingDecision,
    SamplingResult,
)
from models.telemetry.tracing.spans.span import NO_SPAN, Link, Resource, SpanKind
from models.telemetry.tracing.tracer import Tracer


def tracer(sampler=None):
    return Tracer(Resource("web"), sampler=sampler or AlwaysOn(), ids=CountedIds())


def test_a_root_begins_a_trace_and_a_child_stays_in_it():
    web = tracer()
    root = web.start("GET /", now=5, kind=SpanKind.SERVER)
    child = web.start("query", now=6, parent=root.context)
    assert child.context.trace_id == root.context.trace_id
    assert child.context.span_id != root.context.span_id
    done = child.end(now=7)
    assert (done.parent_id, done.start_ns, done.service) == (root.context.span_id, 6, "web")
    assert root.end(now=9).parent_id == NO_SPAN


def test_two_roots_are_two_traces():
    web = tracer()
    assert web.start("a", now=0).context.trace_id != web.start("a", now=0).context.trace_id


def test_what_the_sampler_drops_still_carries_its_trace_on():
    span = tracer(AlwaysOff()).start("a", now=0)
    assert (span.is_recorded, span.context.is_sampled, span.end(now=1)) == (False, False, None)
    child = tracer(ParentBased(AlwaysOn())).start("b", now=0, parent=span.context)
    assert (child.context.trace_id, child.is_recorded) == (span.context.trace_id, False)


def test_record_only_is_recorded_and_not_sampled():
    span = tracer(AlwaysRecord(AlwaysOff())).start("a", now=0)
    assert (span.is_recorded, span.context.is_sampled) == (True, False)
    assert not span.end(now=1).context.is_sampled


def test_the_random_flag_is_the_sources_at_the_root_and_the_parents_further_on():
    assert tracer().start("a", now=0).context.is_random
    parent = SpanContext(5, 6, 1, is_remote=True)
    assert not tracer().start("a", now=0, parent=parent).context.is_random


def test_the_trace_state_is_the_samplers():
    parent = SpanContext(2**56 - 1, 6, 1, (("foo", "1"),), is_remote=True)
    span = tracer(ProbabilitySampler(0.5)).start("a", now=0, parent=parent)
    assert span.context.trace_state == (("ot", "th:8"), ("foo", "1"))
    assert not span.context.is_remote


def test_attributes_of_the_caller_and_of_the_sampler_and_links_are_on_the_span():
    class Marking:
        description = "marking"

        def should_sample(self, candidate, *, now):
            assert candidate.attributes["a"] == 1
            return SamplingResult(SamplingDecision.RECORD_AND_SAMPLE, attributes={"m": now})

    link = Link(SpanContext(8, 9), {"k": 1})
    span = tracer(Marking()).start("a", now=3, attributes={"a": 1}, links=(link,)).end(now=4)
    assert dict(span.attributes) == {"a": 1, "m": 3}
    assert (span.links[0].context, dict(span.links[0].attributes)) == (link.context, {"k": 1})
