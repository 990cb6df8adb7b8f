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
    """Wall clocks of schedulers are set ahead, or behind (``-5m``); at the end they are set right.

    Only what is read against the wall clock feels it, which are the schedules of jobs.
    """

    by: Annotated[SignedDuration, AfterValidator(_not_zero)]


class ClockDriftDoc(SelectorDoc):
    """Wall clocks of schedulers run fast, or slow (``-500ppm``); at the end they are set right."""

    rate: Annotated[SignedDrift, AfterValidator(_not_zero)]
