"""Always, never, and recording what another drops (semantics 14.1)."""

import pytest

from models.telemetry.tracing.context.identity import SpanContext
from models.telemetry.tracing.sampling.sampler import (
    AlwaysOff,
    AlwaysOn,
    AlwaysRecord,
    Candidate,
    SamplingDecision,
)

DROP, RECORD_ONLY, SAMPLE = SamplingDecision
STATE = (("foo", "1"),)
CHILD = Candidate(5, "op", SpanContext(5, 1, 0, STATE))


@pytest.mark.parametrize(("sampler", "decision"), [(AlwaysOn(), SAMPLE), (AlwaysOff(), DROP)])
def test_the_answer_is_always_the_same_and_the_trace_state_stays(sampler, decision):
    result = sampler.should_sample(CHILD, now=0)
    assert (result.decision, result.trace_state) == (decision, STATE)
    assert sampler.should_sample(Candidate(5, "op"), now=0).trace_state == ()


@pytest.mark.parametrize(
    ("inner", "decision"),
    [(AlwaysOn(), SAMPLE), (AlwaysOff(), RECORD_ONLY), (AlwaysRecord(AlwaysOff()), RECORD_ONLY)],
)
def test_always_record_turns_drop_into_record_only(inner, decision):
    assert AlwaysRecord(inner).should_sample(CHILD, now=0).decision is decision


def test_samplers_name_themselves():
    assert AlwaysRecord(AlwaysOff()).description == "AlwaysRecord{AlwaysOffSampler}"
    assert AlwaysOn().description == "AlwaysOnSampler"
