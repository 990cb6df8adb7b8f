"""How the systems behave that people are paged through: slow, down, or failing now and then."""

from dataclasses import dataclass

from models.base.distributions import Deterministic, Distribution
from models.base.errors import ConfigError
from models.base.time import TimeNs


@dataclass(frozen=True, slots=True)
class ReceiverConduct:
    """The conduct of one receiver, whatever integration it is reached by.

    A message is taken in, and answered, after ``latency``. In ``outages`` ([start, end), counted
    from the start of the run) it is turned away at once; a share ``failure_ratio`` of those taken
    in is answered with an error and has told nobody.

    Raises:
        ConfigError: the share is outside [0, 1], or an outage ends before it starts.
    """

    receiver: str
    latency: Distribution = Deterministic(0)
    outages: tuple[tuple[TimeNs, TimeNs], ...] = ()
    failure_ratio: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.failure_ratio <= 1.0:
            raise ConfigError(f"receiver '{self.receiver}' fails by a share of 0 to 1")
        if any(end <= start for start, end in self.outages):
            raise ConfigError(f"an outage of receiver '{self.receiver}' ends before it starts")

    def is_down(self, *, now: TimeNs) -> bool:
        """Whether messages are turned away now; ``now`` counts from the start of the run."""
        return any(start <= now < end for start, end in self.outages)
