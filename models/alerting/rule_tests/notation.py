"""The notation of samples in unit tests of rules.

Separated by blanks: a number, ``axn`` (a and n copies of it), ``a+bxn`` and ``a-bxn`` (a and n
further ones, each b more or less), ``_`` and ``_xn`` (no sample, once or n times), ``stale``.
There are no hexadecimal numbers: ``0x10`` is eleven zeros.

Source: semantics 3.3; Prometheus unit testing for rules.
"""

import re
from collections.abc import Iterator
from enum import Enum
from typing import TypeAlias

from models.base.errors import ValueSyntaxError

SAMPLES_MAX = 1_000_000


class NoNumber(Enum):
    """What stands where a number could: no sample at all, or the end of the series."""

    GAP = "_"
    STALE = "stale"


Sample: TypeAlias = float | NoNumber

_PLAIN = r"(?:(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[iI][nN][fF]|[nN][aA][nN])"
_TERM = re.compile(rf"(?P<first>[-+]?{_PLAIN})(?:(?P<step>[-+]{_PLAIN})?x(?P<times>\d+))?")
_GAP = re.compile(r"_(?:x(?P<times>\d+))?")


def parse_samples(text: str) -> tuple[Sample, ...]:
    """All samples, one for each step of the series.

    Raises:
        ValueSyntaxError: a word is none of the notation's, or there would be too many samples.
    """
    samples: list[Sample] = []
    for word in text.split():
        for sample in _samples_of(word):
            samples.append(sample)
            if len(samples) > SAMPLES_MAX:
                raise ValueSyntaxError(f"more than {SAMPLES_MAX} samples")
    return tuple(samples)


def _samples_of(word: str) -> Iterator[Sample]:
    if word == NoNumber.STALE.value:
        yield NoNumber.STALE
        return
    gap = _GAP.fullmatch(word)
    if gap is not None:
        for _ in range(int(gap["times"] or 1)):
            yield NoNumber.GAP
        return
    term = _TERM.fullmatch(word)
    if term is None:
        hint = "; native histograms are not supported" if "{{" in word else ""
        raise ValueSyntaxError(
            f"'{word}' is no sample: write 3, 1x5, 0+10x5, _, _x3 or stale{hint}"
        )
    value, step = float(term["first"]), float(term["step"] or 0)
    yield value
    for _ in range(int(term["times"] or 0)):
        value += step
        yield value
