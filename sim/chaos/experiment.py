"""An experiment in the world: measures what its probes name, and acts on what the guard says.

Requests are heard of as they end. Nothing of this exists in a world without an experiment.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence

from models.base.outcome import Outcome, RequestOutcome, request_outcome
from models.base.percentile import nearest_rank
from models.base.time import DurationNs, TimeNs, seconds
from models.faults.experiment.guard import Guard, Readings, Stage
from models.faults.experiment.probe import ExperimentConfig, Measure, Probe
from models.records.events import EventKind
from sim.chaos.executor import FaultExecutor
from sim.kernel.environment import Kernel
from sim.kernel.events import EventLog
from sim.kernel.ties import OBSERVER, RULES, URGENT
from sim.nodes.instance import Instance
from sim.nodes.source import Source

SUBJECT = "experiment"


class RecentRequests:
    """The requests of one source that ended within the last ``window_ns``."""

    def __init__(self, kernel: Kernel, source: Source, window_ns: DurationNs) -> None:
        self._kernel = kernel
        self._window_ns = window_ns
        self._ended: deque[tuple[TimeNs, DurationNs, bool]] = deque()
        self._told_before = source.on_end
        source.on_end = self._hear

    def _hear(self, duration_ns: DurationNs, outcome: Outcome) -> None:
        if self._told_before is not None:
            self._told_before(duration_ns, outcome)
        is_completed = request_outcome(outcome) is RequestOutcome.COMPLETED
        self._ended.append((self._kernel.now, duration_ns, is_completed))
        self._forget()

    def _forget(self) -> None:
        ended, gone_ns = self._ended, self._kernel.now - self._window_ns
        while ended and ended[0][0] <= gone_ns:
            ended.popleft()

    def read(self, probe: Probe) -> float | None:
        """The probe's quantity over the window; None if no request ended in it."""
        self._forget()
        completed = [duration_ns for _, duration_ns, is_completed in self._ended if is_completed]
        match probe.measure:
            case Measure.ERROR_RATIO:
                return 1.0 - len(completed) / len(self._ended) if self._ended else None
            case Measure.LATENCY:
                return nearest_rank(completed, probe.quantile)
            case _:
                length_ns = min(self._window_ns, self._kernel.now)
                return len(completed) / seconds(length_ns) if length_ns else None


class Experiment:
    """Carries out one experiment around the fault plan of the world."""

    def __init__(
        self,
        kernel: Kernel,
        events: EventLog,
        config: ExperimentConfig,
        faults: FaultExecutor,
        *,
        sources: Sequence[Source],
        instances_of: Mapping[str, Sequence[Instance]],
    ) -> None:
        self._kernel = kernel
        self._events = events
        self._config = config
        self._faults = faults
        self._guard = Guard(config)
        wanted = {probe.of for probe in config.probes if probe.measure is not Measure.INSTANCES_UP}
        recent = {
            source.name: RecentRequests(kernel, source, config.window_ns)
            for source in sources
            if source.name in wanted
        }
        self._readers: dict[Probe, Callable[[Probe], float | None]] = {
            probe: (
                _running(instances_of[probe.of])
                if probe.measure is Measure.INSTANCES_UP
                else recent[probe.of].read
            )
            for probe in config.probes
        }

    def arm(self, begins_ns: TimeNs, ends_ns: TimeNs) -> None:
        """The first fault strikes at ``begins_ns``, just after the steady state is looked at."""
        self._kernel.post(begins_ns, URGENT, self._begin, None)
        self._kernel.post(ends_ns, OBSERVER, self._end, None)

    def _readings(self) -> Readings:
        return {probe: read(probe) for probe, read in self._readers.items()}

    def _begin(self, _: object) -> None:
        readings = self._readings()
        unmet = self._guard.begin(readings)
        self._events.event(
            EventKind.EXPERIMENT_BEGAN,
            SUBJECT,
            {"steady": not unmet, "unmet": _said(unmet, readings)},
        )
        if unmet:
            self._faults.call_off()
        else:
            self._await_sample()

    def _await_sample(self) -> None:
        self._kernel.post(self._kernel.now + self._config.every_ns, RULES, self._observe, None)

    def _observe(self, _: object) -> None:
        if self._guard.stage is Stage.ENDED:
            return
        readings = self._readings()
        stop = self._guard.observe(readings, now=self._kernel.now)
        if stop is not None:
            value = stop.probe.said(readings[stop.probe])
            self._events.event(EventKind.EXPERIMENT_ABORTED, stop.probe.text, {"value": value})
            self._faults.call_off()
            self._faults.end_all()
        self._await_sample()

    def _end(self, _: object) -> None:
        readings = self._readings()
        journal = self._guard.end(readings)
        for goal, share in journal.shares:
            self._events.event(EventKind.EXPERIMENT_GOAL, goal.probe.text, {"share": share})
        self._events.event(
            EventKind.EXPERIMENT_ENDED,
            SUBJECT,
            {
                "status": journal.status.value,
                "deviated": journal.deviated,
                "unmet": _said(journal.unmet, readings),
            },
        )


def _running(instances: Sequence[Instance]) -> Callable[[Probe], float | None]:
    return lambda _probe: float(sum(instance.is_up for instance in instances))


def _said(probes: Sequence[Probe], readings: Readings) -> list[str]:
    return [f"{probe.text} ({probe.said(readings[probe])})" for probe in probes]
