"""Consistent probability sampling (semantics 14.1)."""

import pytest

from models.base.errors import ConfigError
from models.telemetry.tracing.context.identity import SpanContext
from models.telemetry.tracing.sampling.probability import ProbabilitySampler
from models.telemetry.tracing.sampling.sampler import Candidate, SamplingDecision

KEPT, DROPPED = SamplingDecision.RECORD_AND_SAMPLE, SamplingDecision.DROP
BOUND = 0xE6660000000000


def ask(trace_id, state=(), probability=0.1):
    parent = SpanContext(trace_id, 1, 0, state) if state else None
    return ProbabilitySampler(probability).should_sample(Candidate(trace_id, "op", parent), now=0)


def test_randomness_at_the_threshold_is_kept_and_below_is_not():
    assert ProbabilitySampler(0.1).threshold == BOUND
    assert ask(BOUND).decision is KEPT
    assert ask(BOUND - 1).decision is DROPPED


def test_a_kept_span_says_how_it_was_chosen():
    assert ask(BOUND).trace_state == (("ot", "th:e666"),)
    assert ask(1, probability=1.0).trace_state == (("ot", "th:0"),)


def test_a_dropped_span_loses_its_threshold_and_nothing_else():
    state = (("ot", "th:8;rv:00000000000001"), ("foo", "1"))
    result = ask(BOUND, state)
    assert result.decision is DROPPED
    assert result.trace_state == (("ot", "rv:00000000000001"), ("foo", "1"))


def test_explicit_randomness_goes_before_the_trace_id():
    assert ask(1, (("ot", "rv:ffffffffffffff"),)).decision is KEPT


def test_only_the_lower_56_bits_of_the_trace_id_count():
    assert ask(0xFF << 56 | BOUND - 1).decision is DROPPED
    assert ask(1 << 120 | BOUND).decision is KEPT


def test_a_trace_kept_at_a_probability_is_kept_at_every_higher_one():
    for trace_id in range(1, 2**56, 2**56 // 97):
        answers = [ask(trace_id, probability=1 / n).decision for n in (10, 5, 3, 2, 1)]
        assert answers == sorted(answers)


def test_it_names_itself():
    assert ProbabilitySampler(0.1).description == "ProbabilitySampler{0.1}"


def test_never_is_no_probability():
    with pytest.raises(ConfigError):
        ProbabilitySampler(0.0)
