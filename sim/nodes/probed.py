"""Instances that know how busy they are, and tell whoever probes them.

A probed kind is the plain kind with its coming and going overridden, made when the world is
built, so that instances which nobody probes pay nothing.
"""

from __future__ import annotations

from functools import cache

from models.base.outcome import Outcome
from models.base.time import TimeNs
from models.traffic.balancer.prequal.probing import ProbeAnswer
from models.traffic.balancer.prequal.replica import ReplicaLoad
from sim.nodes.attempt import Attempt
from sim.nodes.condition import Condition
from sim.nodes.instance import Instance


class LoadBook:
    """The requests that an instance holds, and how long those took that it has answered."""

    __slots__ = ("_held", "_load")

    def __init__(self) -> None:
        self._load = ReplicaLoad()
        self._held: dict[int, tuple[int, TimeNs]] = {}

    def came(self, attempt: Attempt, now: TimeNs) -> None:
        """A request has been let in."""
        self._held[attempt.id] = (self._load.started(), now)

    def answered(self, attempt: Attempt, outcome: Outcome, now: TimeNs) -> None:
        """An answer leaves; it may be to a request that was never let in."""
        held = self._held.pop(attempt.id, None)
        if held is None:
            return
        met, came_ns = held
        if outcome is Outcome.OK:
            self._load.finished(met, now - came_ns)
        else:
            self._load.dropped()

    def dropped(self, attempt: Attempt) -> None:
        """A request will not be answered."""
        if self._held.pop(attempt.id, None) is not None:
            self._load.dropped()

    def answer(self) -> ProbeAnswer:
        """What a probe is told."""
        return self._load.answer()


class Probed(Instance):
    """Keeps a :class:`LoadBook`; a new process begins a new one."""

    book: LoadBook

    @property
    def answers_probes(self) -> bool:
        """True while the process listens and runs."""
        is_listening = self.condition is Condition.UP and not self.is_shut
        return is_listening and self.standstill is None

    def arrive(self, attempt: Attempt) -> None:
        """A request has reached this host."""
        super().arrive(attempt)
        if attempt.id in self.jobs or attempt.wait_ns < 0:
            self.book.came(attempt, self._kernel.now)

    def _answer(self, attempt: Attempt, outcome: Outcome) -> None:
        self.book.answered(attempt, outcome, self._kernel.now)
        super()._answer(attempt, outcome)

    def cancel(self, attempt: Attempt) -> None:
        """The caller has hung up; what that means depends on the service's ``cancel``."""
        super().cancel(attempt)
        if attempt.is_aborted:
            self.book.dropped(attempt)

    def crash(self, condition: Condition) -> None:
        """The process is gone with all its work, and with what it knew of itself."""
        super().crash(condition)
        self.book = LoadBook()


@cache
def probed(kind: type[Instance]) -> type[Instance]:
    """The kind, with a book of its load; its instances are still of the kind."""
    return type(f"Probed{kind.__name__}", (Probed, kind), {"__module__": __name__})
