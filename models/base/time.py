"""Virtual time: integer nanoseconds, how people write durations, and how we write them back.

Instants and durations are plain ``int`` nanoseconds everywhere. The aliases say which of the
two a signature means; they are not separate types because every line would then need a cast.
"""

import re
from typing import TypeAlias

from models.base.errors import ValueSyntaxError

TimeNs: TypeAlias = int
DurationNs: TypeAlias = int

NS_PER_US = 1_000
NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
NS_PER_MINUTE = 60 * NS_PER_S
NS_PER_HOUR = 60 * NS_PER_MINUTE
NS_PER_DAY = 24 * NS_PER_HOUR

DURATION_NS_MAX = 2**62

_UNIT_NS = {
    "d": NS_PER_DAY,
    "h": NS_PER_HOUR,
    "m": NS_PER_MINUTE,
    "s": NS_PER_S,
    "ms": NS_PER_MS,
    "us": NS_PER_US,
    "µs": NS_PER_US,
    "ns": 1,
}
_PART = re.compile(r"([0-9]{1,19})(?:\.([0-9]{1,18}))?(ms|us|µs|ns|d|h|m|s)")
_ORDER = ("d", "h", "m", "s", "ms", "us", "ns")


def parse_duration(text: str) -> DurationNs:
    """Read ``250ms``, ``1h30m`` or ``1.5s`` as nanoseconds, exactly.

    Units are ``d h m s ms us ns``, largest first, each at most once. A fraction must come out
    as whole nanoseconds. ``0`` needs no unit. The longest is 2**62 ns, some 146 years, so that
    instants fit 64 bits.

    Raises:
        ValueSyntaxError: the text is not a duration; the message says what one looks like.
    """
    stripped = text.strip()
    if stripped == "0":
        return 0
    total, position, last_rank = 0, 0, -1
    for match in _PART.finditer(stripped):
        if match.start() != position:
            break
        whole, fraction, unit = match.group(1), match.group(2) or "", match.group(3)
        rank = _ORDER.index("us" if unit == "µs" else unit)
        if rank <= last_rank:
            raise ValueSyntaxError(f"'{text}': units must go from large to small, each once")
        scaled = _UNIT_NS[unit] * int(whole + fraction)
        if scaled % 10 ** len(fraction):
            raise ValueSyntaxError(f"'{text}' is finer than a nanosecond")
        total += scaled // 10 ** len(fraction)
        position, last_rank = match.end(), rank
    if position == 0 or position != len(stripped):
        raise ValueSyntaxError(f"'{text}' is not a duration; write for example 250ms, 3s or 1h30m")
    if total > DURATION_NS_MAX:
        raise ValueSyntaxError(f"'{text}' is longer than 146 years; write for example 30d")
    return total


def format_duration(duration_ns: DurationNs) -> str:
    """Write a duration so that ``parse_duration`` reads back the same number.

    Negative durations get a leading minus, which only appears in output.
    """
    if duration_ns == 0:
        return "0s"
    rest = abs(duration_ns)
    parts = []
    for unit in _ORDER:
        count, rest = divmod(rest, _UNIT_NS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return ("-" if duration_ns < 0 else "") + "".join(parts)


def seconds(duration_ns: DurationNs) -> float:
    """Convert to float seconds, for display and statistics only."""
    return duration_ns / NS_PER_S
