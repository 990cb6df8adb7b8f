"""Wall clocks that are wrong: what can be broken about the time that a node believes it is.

Monotonic clocks go on as before, so leases, time-outs and beats, which count on these, feel
nothing; schedules and the ends of tokens, which are read against the wall, do.
"""

from dataclasses import dataclass

from models.base.time import DurationNs
from models.faults.kind import FaultKind
from models.faults.selector import Selector


@dataclass(frozen=True, slots=True)
class ClockFault(FaultKind):
    """A fault of the wall clocks of chosen nodes. Several add up."""

    target: Selector

    @property
    def where(self) -> str:
        """For people: whose clocks."""
        return f"of {self.target.words}"


@dataclass(frozen=True, slots=True)
class ClockSkew(ClockFault):
    """The wall clocks are set ``by_ns`` ahead (behind, if negative), and set right at the end."""

    name = "clock_skew"

    by_ns: DurationNs


@dataclass(frozen=True, slots=True)
class ClockDrift(ClockFault):
    """The wall clocks gain ``ppm`` microseconds a second (lose them, if negative).

    At the end they are set right.
    """

    name = "clock_drift"

    ppm: int
