"""``traceparent``: the vectors of semantics 14.2, which are those of the W3C test suite."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.telemetry.tracing.context.identity import SpanContext
from models.telemetry.tracing.context.traceparent import format_traceparent, parse_traceparent

T, P = "12345678901234567890123456789012", "1234567890123456"


@pytest.mark.parametrize(
    "text",
    [
        f"00-{T}-{P}-01",
        f"cc-{T}-{P}-01",
        f"cc-{T}-{P}-01-what-the-future-will-be-like",
        f"01-{T}-{P}-01-",
        f" 00-{T}-{P}-01",
        f"\t00-{T}-{P}-01",
        f"00-{T}-{P}-01 ",
        f"00-{T}-{P}-01\t",
        f"\t 00-{T}-{P}-01 \t",
    ],
)
def test_a_valid_header_names_trace_parent_and_decision(text):
    context = parse_traceparent(text)
    assert context == SpanContext(int(T, 16), int(P, 16), 1, is_remote=True)


@pytest.mark.parametrize(
    "text",
    [
        f"00-{T}-{P}-01.",
        f"00-{T}-{P}-01-",
        f"00-{T}-{P}-01-what-the-future-will-be-like",
        f"cc-{T}-{P}-01.what-the-future-will-be-like",
        f"cc-{T}-{P}-01.",
        f"cc-{T}-{P}-01-a\nb",
        f"ff-{T}-{P}-01",
        f".0-{T}-{P}-01",
        f"0.-{T}-{P}-01",
        f"000-{T}-{P}-01",
        f"0000-{T}-{P}-01",
        f"0-{T}-{P}-01",
        f"00-{'0' * 32}-{P}-01",
        f"00-.{T[1:]}-{P}-01",
        f"00-{T[:-1]}.-{P}-01",
        f"00-{T}3-{P}-01",
        f"00-{T[:-1]}-{P}-01",
        f"00-{T}-{'0' * 16}-01",
        f"00-{T}-.{P[1:]}-01",
        f"00-{T}-{P[:-1]}.-01",
        f"00-{T}-{P}7-01",
        f"00-{T}-{P[:-1]}-01",
        f"00-{T}-{P}-.0",
        f"00-{T}-{P}-0.",
        f"00-{T}-{P}-001",
        f"00-{T}-{P}-1",
        f"00-{'ab' * 16}-{'AB' * 8}-01",
        f"00-{'AB' * 16}-{P}-01",
        f"0A-{T}-{P}-01",
        f"00-{T}-{P}-0A",
        f"00-{'٣' * 32}-{P}-01",
        f"00 - {T}-{P}-01",
        f"00-{T}-{P}",
        "",
        " ",
    ],
)
def test_an_invalid_header_begins_a_new_trace(text):
    assert parse_traceparent(text) is None


@pytest.mark.parametrize(
    ("flags", "is_sampled", "is_random"),
    [("00", False, False), ("01", True, False), ("02", False, True), ("03", True, True),
     ("fc", False, False), ("ff", True, True)],
)  # fmt: skip
def test_the_two_flags_are_read_and_unknown_ones_cleared(flags, is_sampled, is_random):
    context = parse_traceparent(f"00-{T}-{P}-{flags}")
    assert (context.is_sampled, context.is_random) == (is_sampled, is_random)
    assert context.flags <= 3


def test_ids_of_one_are_not_zero():
    context = parse_traceparent(f"00-{'0' * 31}1-{'0' * 15}1-00")
    assert (context.trace_id, context.span_id) == (1, 1)


def test_what_is_sent_is_version_00_in_lower_case_with_known_flags_only():
    context = SpanContext(0xABCDEF << 100, 0xFF, 0xFF)
    assert format_traceparent(context) == f"00-{0xABCDEF << 100:032x}-00000000000000ff-03"
    assert len(format_traceparent(context)) == 55


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1), st.integers(0, 3))
def test_what_is_written_is_read_back(trace_id, span_id, flags):
    context = SpanContext(trace_id, span_id, flags, is_remote=True)
    assert parse_traceparent(format_traceparent(context)) == context
