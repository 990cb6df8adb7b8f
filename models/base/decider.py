"""The face that every decider with timers shows to the drivers.

A decider never waits. It says when it wants to be called next; a driver calls it then, under
virtual time (``sim.kernel.driver``) or under real time (``models.runtime.driver``), and delivers
what it returns.
"""

from typing import Protocol, TypeVar

from models.base.time import TimeNs

ActionsT_co = TypeVar("ActionsT_co", covariant=True)


class Decider(Protocol[ActionsT_co]):
    """Something that decides at instants of its own choice, on its node's monotonic clock."""

    def next_deadline(self) -> TimeNs | None:
        """When ``tick`` wants to be called next; None for not until an input changes that."""

    def tick(self, *, now: TimeNs) -> ActionsT_co:
        """Do all that is due at ``now`` and return its effects.

        Afterwards ``next_deadline()`` is later than ``now``, or None. Called early, it does
        nothing.
        """
