"""Upper bounds of histogram buckets, and how Prometheus writes them.

Source: prometheus model/textparse; strconv.FormatFloat of Go; the OpenMetrics rule that a bound
always shows it is a float (``1.0``), which Prometheus 3 applies to every scrape.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import inf

_PLAIN_DIGITS = 6
_SMALLEST_PLAIN_EXPONENT = -4


@dataclass(frozen=True, slots=True)
class Spread:
    """Durations by size: ``counts[i]`` lie in (bounds[i - 1], bounds[i]], the last above all.

    ``bounds_s`` and ``total_s`` are seconds; there is one count more than there are bounds.
    """

    bounds_s: tuple[float, ...]
    counts: tuple[int, ...]
    total_s: float

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(self.counts)

    def up_to(self, bound_s: float) -> int:
        """How many are not longer than one of the bounds; a bound of infinity counts all.

        Raises:
            ValueError: the spread was not counted at that bound.
        """
        if bound_s == inf:
            return self.count
        return sum(self.counts[: self.bounds_s.index(bound_s) + 1])


def bound_text(bound: float) -> str:
    """A bucket's ``le``: ``0.5``, ``1.0``, ``1.8e+06``, ``+Inf``."""
    if bound == inf:
        return "+Inf"
    number = Decimal(repr(bound)).normalize()
    exponent = number.adjusted()
    if _SMALLEST_PLAIN_EXPONENT <= exponent < _PLAIN_DIGITS:
        plain = format(number, "f")
        return plain if "." in plain else f"{plain}.0"
    digits = "".join(map(str, number.as_tuple().digits))
    mantissa = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
    return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def joined_bounds(several: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """All bounds of several histograms, rising, infinity left out."""
    return tuple(sorted({bound for bounds in several for bound in bounds if bound != inf}))
