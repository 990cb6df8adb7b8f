"""Ratio by trace id: the bounds of semantics 14.1."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.telemetry.tracing.context.identity import SpanContext
from models.telemetry.tracing.context.ids import StreamIds
from models.telemetry.tracing.sampling.ratio import TraceIdRatioBased, ratio_bound
from models.telemetry.tracing.sampling.sampler import Candidate, SamplingDecision

KEPT = SamplingDecision.RECORD_AND_SAMPLE


def keeps(ratio, trace_id, parent=None):
    candidate = Candidate(trace_id, "op", parent)
    return TraceIdRatioBased(ratio).should_sample(candidate, now=0).decision is KEPT


@pytest.mark.parametrize(
    ("ratio", "bound"),
    [(0.1, 0x1999999999999A00), (0.5, 2**63), (0.0, 0), (1.0, 2**64),
     (2.0**-64, 1)],
)  # fmt: skip
def test_the_bound_is_the_ratio_of_all_lower_halves(ratio, bound):
    assert ratio_bound(ratio) == bound
    assert TraceIdRatioBased(ratio).bound == bound


def test_the_bound_of_a_tenth_is_the_number_of_the_sdk():
    assert ratio_bound(0.1) == 1844674407370955264


def test_the_bound_itself_is_not_kept_and_the_number_below_is():
    bound = ratio_bound(0.1)
    assert [keeps(0.1, low) for low in (bound - 1, bound, bound + 1)] == [True, False, False]


def test_only_the_lower_half_counts():
    assert keeps(0.1, (2**64 - 1) << 64 | 1)
    assert not keeps(0.1, 1 << 64 | 2**64 - 1)


@pytest.mark.parametrize("low", [0, 2**63, 2**64 - 1])
def test_none_and_all(low):
    assert (keeps(0.0, 1 << 64 | low), keeps(1.0, 1 << 64 | low)) == (False, True)


@pytest.mark.parametrize("flags", [0, 1])
def test_the_decision_of_the_parent_does_not_count(flags):
    parent = SpanContext(1, 1, flags, is_remote=True)
    assert keeps(0.1, 1, parent)
    assert not keeps(0.1, 2**64 - 1, parent)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(1, 2**128 - 1), st.floats(0, 1), st.floats(0, 1))
def test_what_is_kept_at_a_ratio_is_kept_at_every_higher_one(trace_id, one, other):
    low, high = sorted((one, other))
    assert keeps(high, trace_id) or not keeps(low, trace_id)


def test_a_tenth_of_drawn_ids_is_kept():
    ids = StreamIds(Stream(1, "ratio"))
    kept = sum(keeps(0.1, ids.trace_id()) for _ in range(20_000))
    assert abs(kept - 2000) < 3.3 * (20_000 * 0.1 * 0.9) ** 0.5


def test_it_names_itself_as_the_sdk_does():
    assert TraceIdRatioBased(0.1).description == "TraceIdRatioBased{0.1}"


@pytest.mark.parametrize("ratio", [-0.1, 1.1, float("nan")])
def test_a_ratio_out_of_range_is_refused(ratio):
    with pytest.raises(ConfigError, match="ratio"):
        TraceIdRatioBased(ratio)
