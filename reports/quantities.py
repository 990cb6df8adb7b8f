"""How figures are written for people: durations, moments, ratios, counts, money.

One place, so that the page, the terminal table and the pictures say the same thing the same
way. Digits are chosen by size, three figures that matter; nothing here reads a locale.
"""

from datetime import UTC, datetime

from models.base.time import NS_PER_MS, NS_PER_S, TimeNs

MISSING = "–"  # noqa: RUF001 - an en dash is how tables show that there is no value
TIMES = "×"  # noqa: RUF001 - the multiplication sign
MINUS = "−"  # noqa: RUF001 - the sign of the same width as the plus


def significant(value: float, digits: int = 3) -> str:
    """Write a number with that many significant digits and thousands separators."""
    if value == 0:
        return "0"
    magnitude = len(f"{abs(value):.0f}") if abs(value) >= 1 else 0
    places = max(0, digits - magnitude)
    if abs(value) < 1:
        places = min(digits + 3, digits - 1 + _leading_zeros(abs(value)) + 1)
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def count_text(count: int) -> str:
    """Write a whole number with separators: 48,213."""
    return f"{count:,}"


def short_count_text(count: int) -> str:
    """Write a whole number where space is scarce: 28.7k, 1.2M."""
    if count >= 1_000_000:
        return f"{significant(count / 1_000_000)}M"
    return f"{significant(count / 1000)}k" if count >= 10_000 else count_text(count)


def factor_text(factor: float | None) -> str:
    """Write a multiple with its sign in front and two decimals."""
    return MISSING if factor is None else f"{TIMES}{factor:.2f}"


def rate_text(rate_per_s: float) -> str:
    """Write a rate: 31.4 /s."""
    return f"{significant(rate_per_s)} /s"


def shortened(text: str, length: int = 18) -> str:
    """Cut a name that would run out of its box, with an ellipsis in place of its middle."""
    if len(text) <= length:
        return text
    tail = (length - 1) // 3
    return f"{text[: length - 1 - tail]}…{text[len(text) - tail :]}"


def latency_text(duration_ns: float | None) -> str:
    """Write a short duration in the unit that suits it: 840 µs, 38.2 ms, 1.4 s."""
    if duration_ns is None:
        return MISSING
    if abs(duration_ns) < NS_PER_MS:
        return f"{significant(duration_ns / 1000)} µs" if duration_ns else "0 ms"
    if abs(duration_ns) < NS_PER_S:
        return f"{significant(duration_ns / NS_PER_MS)} ms"
    return span_text(duration_ns)


def span_text(duration_ns: float | None) -> str:
    """Write a duration of an incident: 8.42 s, 1 min 35 s, 2 h 05 min."""
    if duration_ns is None:
        return MISSING
    total_s = abs(duration_ns) / NS_PER_S
    sign = MINUS if duration_ns < 0 else ""
    if total_s < 60:
        return f"{sign}{significant(total_s)} s"
    minutes, rest = divmod(round(total_s), 60)
    if minutes < 60:
        return f"{sign}{minutes} min {rest:02d} s" if rest else f"{sign}{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours} h {minutes:02d} min"


def moment_text(time_ns: TimeNs, origin_ns: TimeNs) -> str:
    """Write an instant relative to the start of measure: ``T+05:00.0``."""
    tenths = round((time_ns - origin_ns) * 10 / NS_PER_S)
    sign = MINUS if tenths < 0 else "+"
    minutes, rest = divmod(abs(tenths), 600)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02d}" if hours else f"{minutes:02d}"
    return f"T{sign}{clock}:{rest // 10:02d}.{rest % 10}"


def civil_text(wall_ns: TimeNs) -> str:
    """Write a civil instant (ns since the epoch) as 2026-03-02 18:07:00 UTC."""
    return datetime.fromtimestamp(wall_ns // NS_PER_S, tz=UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def ratio_text(ratio: float | None) -> str:
    """Write a share as percent; a value that is not 0 or 100 % is never rounded to it."""
    if ratio is None:
        return MISSING
    percent = ratio * 100
    text = significant(percent)
    if ratio != 0 and text == "0":
        return "<0.001 %"
    if ratio < 1 and text == "100":
        return f"{_floor_percent(percent)} %"
    return f"{text} %"


def money_text(usd: float | None) -> str:
    """Write US dollars: cents from one dollar up, three figures below."""
    if usd is None:
        return MISSING
    sign = MINUS if usd < 0 else ""
    size = abs(usd)
    if size >= 1 or size == 0:
        return f"{sign}${size:,.2f}"
    return f"{sign}${significant(size)}"


def _leading_zeros(value: float) -> int:
    zeros = 0
    while value < 0.1 and zeros < 8:
        value *= 10
        zeros += 1
    return zeros


def _floor_percent(percent: float) -> str:
    return f"{int(percent * 1000) / 1000:.3f}".rstrip("0").rstrip(".")
