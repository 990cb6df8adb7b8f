"""What instances run out of: a share of something that they work with is taken away."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from models.faults.kind import InstanceFault

_EXACT = 1_000_000


class Resource(Enum):
    """What can be taken: cores, memory, bytes a second of the disk, connections, slots.

    CONNECTIONS are those of the pools through which an instance calls others.
    """

    CPU = "cpu"
    MEMORY = "memory"
    DISK = "disk"
    CONNECTIONS = "connections"
    SLOTS = "slots"


@dataclass(frozen=True, slots=True)
class Exhaustion(InstanceFault):
    """A share of what the target instances have of something is not theirs while it lasts.

    Shares of several faults add up to at most all. What is in use when it strikes stays in use:
    it is taken when it is given back. Only memory cannot wait, and an instance that is above what
    is left of its limit is killed. Who starts again finds as little.
    """

    name = "exhaust"

    what: Resource
    taken: float

    @property
    def where(self) -> str:
        """For people: of what, and whose."""
        return f"of {self.what.value} of {self.target.words}"


def taken_of(whole: int, shares: Iterable[float]) -> int:
    """How much of ``whole`` the shares take together: rounded up, and at most all of it."""
    together = sum((Fraction(share).limit_denominator(_EXACT) for share in shares), Fraction(0))
    exact = min(together, Fraction(1)) * whole
    return -(-exact.numerator // exact.denominator)
