"""The ``traceparent`` header: which trace a request belongs to, and which span sent it.

Source: W3C Trace Context level 2, section 3.2; semantics 14.2.
"""

import re

from models.telemetry.tracing.context.identity import RANDOM, SAMPLED, SpanContext

VERSION = "00"

_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_INVALID_VERSION = "ff"
_KNOWN_FLAGS = SAMPLED | RANDOM


def parse_traceparent(text: str) -> SpanContext | None:
    """Read a header value; None when it is not valid and a new trace must begin.

    Digits are lower case. Version ``ff`` and ids of zeros are invalid; version ``00`` has exactly
    four fields, later versions may have more after another dash. Flags that are not known are
    cleared. Blanks around the value do not count.
    """
    match = _FORM.fullmatch(text.strip(" \t"))
    if match is None:
        return None
    version, trace_id, span_id, flags, rest = match.groups()
    if version == _INVALID_VERSION or (version == VERSION and rest is not None):
        return None
    if not int(trace_id, 16) or not int(span_id, 16):
        return None
    return SpanContext(
        int(trace_id, 16), int(span_id, 16), int(flags, 16) & _KNOWN_FLAGS, is_remote=True
    )


def format_traceparent(context: SpanContext) -> str:
    """Write a header value of version 00: 55 characters."""
    flags = context.flags & _KNOWN_FLAGS
    return f"{VERSION}-{context.trace_id:032x}-{context.span_id:016x}-{flags:02x}"
