"""Rejection thresholds and randomness: the arithmetic of consistent probability sampling.

A threshold T in [0, 2**56) rejects T of 2**56 equally likely randomness values R; a span is kept
iff R >= T. Both travel in the trace state under the key ``ot``, as ``th`` and ``rv``.

Source: OpenTelemetry specification, trace/tracestate-probability-sampling.md and
tracestate-handling.md; semantics 14.1.
"""

import re
from fractions import Fraction
from typing import TypeAlias

from models.base.errors import ConfigError
from models.telemetry.tracing.context.tracestate import (
    TraceState,
    state_value,
    with_member,
    without_member,
)

SPACE = 2**56
PRECISION = 4
"""Hexadecimal digits of a threshold that matter, after its leading ``f``."""
PRECISION_MAX = 14
PROBABILITY_MIN = 2.0**-56

OT = "ot"
OT_LENGTH_MAX = 256

SubKeys: TypeAlias = tuple[tuple[str, str], ...]

_DIGITS = 14
_THRESHOLD = re.compile(r"[0-9a-f]{1,14}")
_RANDOMNESS = re.compile(r"[0-9a-f]{14}")


def threshold(probability: float, precision: int = PRECISION) -> int:
    """T for a probability, rounded half up to ``precision`` digits after leading ``f`` digits.

    Raises:
        ConfigError: probability not in [2**-56, 1], or precision not in [1, 14].
    """
    if not PROBABILITY_MIN <= probability <= 1.0:
        raise ConfigError(f"sampling probability {probability} is not in [2**-56, 1]")
    if not 1 <= precision <= PRECISION_MAX:
        raise ConfigError(f"threshold precision {precision} is not in [1, 14]")
    share = Fraction(probability)
    leading = 0
    while share * 16 ** (leading + 1) <= 1:
        leading += 1
    unit = 1 << 4 * max(0, _DIGITS - precision - leading)
    rejected = (1 - share) * SPACE
    rounded = int((rejected + Fraction(unit, 2)) // unit) * unit
    return min(rounded, SPACE - 1)


def threshold_text(rejected: int) -> str:
    """Hexadecimal digits of T without trailing zeros; ``0`` for none rejected."""
    return f"{rejected:014x}".rstrip("0") or "0"


def parse_threshold(text: str) -> int | None:
    """Read a ``th`` value of 1 to 14 lower-case digits; None when it is not one."""
    if _THRESHOLD.fullmatch(text) is None:
        return None
    return int(text.ljust(_DIGITS, "0"), 16)


def parse_randomness(text: str) -> int | None:
    """Read an ``rv`` value of exactly 14 lower-case digits; None when it is not one."""
    return int(text, 16) if _RANDOMNESS.fullmatch(text) else None


def probability(rejected: int) -> float:
    """Share of all randomness values that a threshold keeps."""
    return (SPACE - rejected) / SPACE


def adjusted_count(rejected: int) -> float:
    """How many spans one kept span stands for."""
    return SPACE / (SPACE - rejected)


def randomness(trace_state: TraceState, trace_id: int) -> int:
    """R of a trace: ``rv`` of its state, else the lower 56 bits of its id."""
    explicit = parse_randomness(dict(ot_members(trace_state)).get("rv", ""))
    return trace_id & (SPACE - 1) if explicit is None else explicit


def ot_members(state: TraceState) -> SubKeys:
    """The sub-keys under ``ot``, in order; what is not of the form ``key:value`` is left out."""
    text = state_value(state, OT) or ""
    pairs = (part.partition(":") for part in text.split(";"))
    return tuple((key, value) for key, colon, value in pairs if key and colon)


def with_threshold(state: TraceState, rejected: int | None) -> TraceState:
    """The state with ``th`` set in front of its other sub-keys, or without it for None.

    Sub-keys that would make the value longer than 256 characters are left out.
    """
    kept = tuple(member for member in ot_members(state) if member[0] != "th")
    members = kept if rejected is None else (("th", threshold_text(rejected)), *kept)
    text = ""
    for key, value in members:
        longer = f"{text};{key}:{value}" if text else f"{key}:{value}"
        if len(longer) <= OT_LENGTH_MAX:
            text = longer
    return with_member(state, OT, text) if text else without_member(state, OT)


def believable(state: TraceState, trace_id: int) -> TraceState:
    """The state of a sampled span, without a ``th`` that would have rejected it."""
    text = dict(ot_members(state)).get("th")
    if text is None:
        return state
    rejected = parse_threshold(text)
    if rejected is not None and randomness(state, trace_id) >= rejected:
        return state
    return with_threshold(state, None)
