"""Identities within their ranges."""

import pytest

from models.base.errors import ConfigError
from models.telemetry.tracing.context.identity import SpanContext, span_id_text, trace_id_text


@pytest.mark.parametrize(
    ("trace_id", "span_id", "flags"), [(1, 1, 0), (2**128 - 1, 2**64 - 1, 255)]
)
def test_the_ends_of_the_ranges_are_inside(trace_id, span_id, flags):
    assert SpanContext(trace_id, span_id, flags).trace_id == trace_id


@pytest.mark.parametrize(
    ("trace_id", "span_id", "flags"),
    [(0, 1, 0), (2**128, 1, 0), (1, 0, 0), (1, 2**64, 0), (1, 1, 256), (1, 1, -1)],
)
def test_what_is_out_of_range_is_refused(trace_id, span_id, flags):
    with pytest.raises(ConfigError):
        SpanContext(trace_id, span_id, flags)


def test_ids_are_written_with_leading_zeros():
    assert trace_id_text(0xAB) == "0" * 30 + "ab"
    assert span_id_text(0xAB) == "0" * 14 + "ab"
