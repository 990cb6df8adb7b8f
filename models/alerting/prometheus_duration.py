"""Durations as Prometheus and Alertmanager write them: ``1h30m``, ``5m``, ``1d``, ``250ms``.

They differ from ours: whole numbers only, no unit below a millisecond, weeks (7 days) and years
(365 days) exist.

Source: semantics 3.1; prometheus/common model/time.go (ParseDuration).
"""

import re

from models.base.errors import ValueSyntaxError
from models.base.time import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE, NS_PER_MS, NS_PER_S, DurationNs

DURATION_NS_MAX = (1 << 63) - 1

_UNITS = (
    ("y", 365 * NS_PER_DAY),
    ("w", 7 * NS_PER_DAY),
    ("d", NS_PER_DAY),
    ("h", NS_PER_HOUR),
    ("m", NS_PER_MINUTE),
    ("s", NS_PER_S),
    ("ms", NS_PER_MS),
)
_DURATION = re.compile("".join(rf"(?:([0-9]{{1,19}}){unit})?" for unit, _ in _UNITS))


def parse_prometheus_duration(text: str) -> DurationNs:
    """Read a duration: units from large to small, each at most once; ``0`` needs no unit.

    Raises:
        ValueSyntaxError: the text is not such a duration, or longer than 2**63 - 1 ns.
    """
    if text == "0":
        return 0
    match = _DURATION.fullmatch(text)
    if not text or match is None:
        raise ValueSyntaxError(f"'{text}' is not a duration; write for example 30s, 5m or 1h30m")
    total = sum(
        int(count) * unit_ns
        for count, (_, unit_ns) in zip(match.groups(), _UNITS, strict=True)
        if count is not None
    )
    if total > DURATION_NS_MAX:
        raise ValueSyntaxError(f"'{text}' is too long; at most 292 years")
    return total


def format_prometheus_duration(duration_ns: DurationNs) -> str:
    """The duration in the largest unit up to days that it is a whole number of: ``90m``, ``30d``.

    Raises:
        ValueSyntaxError: it is negative or not whole milliseconds.
    """
    if duration_ns < 0 or duration_ns % NS_PER_MS:
        raise ValueSyntaxError(f"{duration_ns} ns are not whole milliseconds")
    for unit, unit_ns in _UNITS[2:]:
        if duration_ns and duration_ns % unit_ns == 0:
            return f"{duration_ns // unit_ns}{unit}"
    return "0s"
