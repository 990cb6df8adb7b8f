"""The guard of an experiment: may it begin, must it stop, what came of it.

The order is that of Chaos Toolkit: the steady state is looked at first, and if it does not hold
the method is not applied; it is looked at again at the end. Between the two, safety conditions
may abort it, and success criteria are counted.

Source: semantics 13.1, 13.3 (continuous probes).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from models.base.errors import SimulationError
from models.base.time import TimeNs
from models.faults.experiment.probe import ExperimentConfig, Goal, Probe, Stop

Readings = Mapping[Probe, float | None]
"""A value of every probe; None where there was nothing to measure."""


class Stage(Enum):
    """How far an experiment has come."""

    PLANNED = "planned"
    RUNNING = "running"
    CALLED_OFF = "called off"
    ABORTED = "aborted"
    ENDED = "ended"


class Move(Enum):
    """What is asked of the guard."""

    BEGIN = "begin"
    OBSERVE = "observe"
    END = "end"


_MAY = {
    Move.BEGIN: frozenset({Stage.PLANNED}),
    Move.OBSERVE: frozenset({Stage.RUNNING, Stage.CALLED_OFF, Stage.ABORTED}),
    Move.END: frozenset({Stage.RUNNING, Stage.CALLED_OFF, Stage.ABORTED}),
}


class Status(Enum):
    """What came of an experiment, in the words of Chaos Toolkit's journal."""

    COMPLETED = "completed"
    FAILED = "failed"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class Journal:
    """The end of an experiment. ``unmet`` are the probes that do not hold afterwards.

    ``deviated`` is about an experiment that was carried out. ``shares`` has, for every goal, the
    share of samples in which it held; None where none was taken.
    """

    status: Status
    unmet: tuple[Probe, ...]
    shares: tuple[tuple[Goal, float | None], ...]

    @property
    def deviated(self) -> bool:
        """Whether the method was applied and the steady state did not come back."""
        return self.status is not Status.FAILED and bool(self.unmet)


class Guard:
    """Watches one experiment from its beginning to its end."""

    def __init__(self, config: ExperimentConfig) -> None:
        self._config = config
        self._since: dict[Stop, TimeNs] = {}
        self._held = dict.fromkeys(config.goals, 0)
        self._samples = 0
        self.stage = Stage.PLANNED

    def begin(self, readings: Readings) -> tuple[Probe, ...]:
        """Look at the steady state before the method: those of its probes that do not hold.

        If there are any, the method must not be applied.
        """
        self._check(Move.BEGIN)
        unmet = self._unmet(readings)
        self.stage = Stage.CALLED_OFF if unmet else Stage.RUNNING
        return unmet

    def observe(self, readings: Readings, *, now: TimeNs) -> Stop | None:
        """Take a sample; returns the safety condition that aborts the experiment, if one does.

        Of several the first in the order of the file.
        """
        self._check(Move.OBSERVE)
        if self.stage is Stage.CALLED_OFF:
            return None
        self._samples += 1
        for goal in self._config.goals:
            self._held[goal] += goal.probe.holds(readings[goal.probe])
        if self.stage is Stage.ABORTED:
            return None
        for stop in self._config.stops:
            if not stop.probe.holds(readings[stop.probe]):
                self._since.pop(stop, None)
            elif now - self._since.setdefault(stop, now) >= stop.for_ns:
                self.stage = Stage.ABORTED
                return stop
        return None

    def end(self, readings: Readings) -> Journal:
        """Look at the steady state afterwards, and close."""
        self._check(Move.END)
        status = {
            Stage.CALLED_OFF: Status.FAILED,
            Stage.ABORTED: Status.ABORTED,
            Stage.RUNNING: Status.COMPLETED,
        }[self.stage]
        self.stage = Stage.ENDED
        shares = tuple(
            (goal, held / self._samples if self._samples else None)
            for goal, held in self._held.items()
        )
        return Journal(status, self._unmet(readings), shares)

    def _unmet(self, readings: Readings) -> tuple[Probe, ...]:
        return tuple(
            probe for probe in self._config.steady_state if not probe.holds(readings[probe])
        )

    def _check(self, move: Move) -> None:
        if self.stage not in _MAY[move]:
            raise SimulationError(f"an experiment that is {self.stage.value} cannot {move.value}")
