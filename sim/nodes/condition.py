"""Whether a process listens, and what faults add to the messages of its host."""

from enum import Enum

from models.base.samplers import Sampler
from models.base.time import DurationNs


class Condition(Enum):
    """Whether a process listens (UP), its host refuses for it, or nobody is there at all."""

    UP = "up"
    STARTING = "starting"
    CRASHED = "crashed"
    DARK = "dark"


class SummedDelay:
    """The delays that faults add to every message to or from an instance."""

    __slots__ = ("_samplers",)

    def __init__(self, samplers: tuple[Sampler, ...]) -> None:
        self._samplers = samplers

    def draw(self) -> DurationNs:
        """One message's delay in nanoseconds."""
        return sum(sampler.draw() for sampler in self._samplers)
