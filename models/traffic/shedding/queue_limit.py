"""Queue limit: nobody joins a queue that is already as long as it may be.

The simplest shedder and the first to have: a queue without a limit turns overload into waiting
without end, and work that has waited so long is mostly work for nobody.
"""

from models.base.errors import ConfigError
from models.base.time import DurationNs


class QueueLimit:
    """Room for ``limit`` waiting requests; 0 means none ever waits.

    Raises:
        ConfigError: the limit is negative.
    """

    __slots__ = ("limit",)

    def __init__(self, limit: int) -> None:
        if limit < 0:
            raise ConfigError(f"queue limit must not be negative, but is {limit}")
        self.limit = limit

    def admits(self, waiting: int) -> bool:
        """May one more join ``waiting`` others? Hot path."""
        return waiting < self.limit


def limit_for_wait(wait_ns_max: DurationNs, service_ns: DurationNs, slots: int) -> int:
    """Longest queue whose last request still starts within ``wait_ns_max``.

    ``slots`` requests are served at a time, ``service_ns`` each on average.

    Source: Little's law.

    Raises:
        ConfigError: a negative wait, or a service time or number of slots below 1.
    """
    if wait_ns_max < 0 or service_ns < 1 or slots < 1:
        raise ConfigError("queue limit: needs wait >= 0, service time >= 1 ns and a slot")
    return wait_ns_max * slots // service_ns
