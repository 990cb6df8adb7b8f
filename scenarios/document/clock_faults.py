"""Faults of wall clocks, as written: whose, and how wrong."""

from typing import Annotated

from pydantic import AfterValidator

from scenarios.document.quantities import SignedDrift, SignedDuration, mistake
from scenarios.document.selectors import SelectorDoc


def _not_zero(value: int) -> int:
    if value == 0:
        raise mistake("a clock that is wrong by 0 is right")
    return value


class ClockSkewDoc(SelectorDoc):
    """Wall clocks are set ahead, or behind (``-5m``); at the end they are set right.

    Those are hit who read one: nodes of the `scheduler`, for schedules, and services with a
    ``gateway``, for the ends of tokens.
    """

    by: Annotated[SignedDuration, AfterValidator(_not_zero)]


class ClockDriftDoc(SelectorDoc):
    """Wall clocks run fast, or slow (``-500ppm``); at the end they are set right.

    Those are hit who read one, as by ``clock_skew``.
    """

    rate: Annotated[SignedDrift, AfterValidator(_not_zero)]
