"""Instances whose slots a fault may take away.

A short kind is the plain kind with its coming and going overridden, made when the world is built
for those whom the plan names, so that all others pay nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from models.faults.exhaustion import taken_of
from sim.nodes.attempt import Attempt
from sim.nodes.instance import Instance


class Short(Instance):
    """Has fewer slots than its service says while some are withheld.

    A slot that is in use when it is withheld is owed: ``free_slots`` is below zero, and the next
    jobs that end pass theirs to nobody. ``slots_in_all`` are those of its service.
    """

    slots_in_all: int

    def withhold_slots(self, shares: Sequence[float]) -> None:
        """Serve with what these shares leave of the slots; who waits for more is served."""
        left = self.slots_in_all - taken_of(self.slots_in_all, shares)
        self.free_slots += left - self.slots
        self.slots = left
        if self.standstill is None:
            self._fill(None)
        else:
            self.standstill.keep(self._fill, None)

    def arrive(self, attempt: Attempt) -> None:
        """A request has reached this host; slots that are owed are not free."""
        owed = min(self.free_slots, 0)
        self.free_slots -= owed
        super().arrive(attempt)
        self.free_slots += owed

    def _serve_next(self) -> None:
        if self.free_slots < 0:
            self.free_slots += 1
        else:
            super()._serve_next()

    def _fill(self, _: None) -> None:
        """Give free slots to those who wait."""
        while self._queue and self.free_slots > 0:
            self.free_slots -= 1
            super()._serve_next()


@cache
def short(kind: type[Instance]) -> type[Instance]:
    """The kind, whose slots can be withheld; its instances are still of the kind."""
    return type(f"Short{kind.__name__}", (Short, kind), {"__module__": __name__})
