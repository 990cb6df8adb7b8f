"""The node on which monitoring runs: what surrounds it, its clock and its store.

Everything monitoring stamps is civil time: its wall clock is read once, at the start, and carried
on by the monotonic clock, so that samples, rules and alerts share one time line that no step of
the wall clock can turn back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import nan
from typing import Protocol

from models.alerting.config import MonitoringConfig
from models.base.streams import Stream
from models.base.time import DurationNs, TimeNs
from models.records.events import EventKind, JsonValue
from models.telemetry.labels import METRIC_NAME, LabelSet, label_value, without_metric_name
from models.telemetry.series import Appended, SeriesStore
from sim.kernel.clocks import NodeClock
from sim.kernel.environment import Kernel
from sim.network.links import Network
from sim.network.stations import Station
from sim.nodes.power import Power

NODE = "monitoring"


class MonitoringLog(Protocol):
    """Takes what monitoring measures, decides and does, at the current true time."""

    def event(
        self, kind: EventKind, subject: str, detail: Mapping[str, JsonValue] | None = None
    ) -> None:
        """Write down that something happened to ``subject``."""

    def sample(self, name: str, labels: LabelSet, value: float) -> None:
        """Write down one measured value; NaN when the series has ended."""

    def alert(self, name: str, state: str, labels: LabelSet, value: float) -> None:
        """Write down that an alert has moved to ``state``."""

    def log(self, node: str, level: str, message: str) -> None:
        """Write down one line of a node's log."""


@dataclass(frozen=True, slots=True)
class MonitoringSurroundings:
    """What monitoring needs of the world."""

    kernel: Kernel
    recorder: MonitoringLog
    network: Network
    power: Power
    streams: Callable[[str], Stream]


class CivilClock:
    """A node's monotonic clock, counted from the civil instant its wall clock showed at first."""

    __slots__ = ("_clock", "_epoch_ns")

    def __init__(self, clock: NodeClock) -> None:
        self._clock = clock
        self._epoch_ns = clock.wall_at(0)

    def monotonic_at(self, true_ns: TimeNs) -> TimeNs:
        """Nanoseconds since the epoch, as the node counts them; never steps."""
        return self._epoch_ns + self._clock.monotonic_at(true_ns)

    def true_at(self, civil_ns: TimeNs) -> TimeNs:
        """First true instant at which the node counts at least ``civil_ns``."""
        return self._clock.true_at(civil_ns - self._epoch_ns)


class RecordedStore(SeriesStore):
    """A store that also writes down whatever it takes: samples, markers, results of rules."""

    def __init__(self, recorder: MonitoringLog) -> None:
        super().__init__()
        self._recorder = recorder

    def append(self, labels: LabelSet, *, time_ns: TimeNs, value: float | None) -> Appended:
        """Add one sample, and write it down if it was new."""
        outcome = super().append(labels, time_ns=time_ns, value=value)
        if outcome is Appended.STORED:
            self._recorder.sample(
                label_value(labels, METRIC_NAME),
                without_metric_name(labels),
                nan if value is None else value,
            )
        return outcome


class CivilNode:
    """A node of monitoring in the world: its place, its clock and its log."""

    def __init__(
        self, around: MonitoringSurroundings, name: str, zone: str, clock: NodeClock
    ) -> None:
        self.around = around
        self.name = name
        self.zone = zone
        self.station = around.network.stations.join(Station(name, name, zone))
        self.clock = CivilClock(clock)

    @property
    def now(self) -> TimeNs:
        """Civil time on this node."""
        return self.clock.monotonic_at(self.around.kernel.now)

    @property
    def is_running(self) -> bool:
        """True while the zone has power."""
        return self.around.power.is_on(self.zone)

    def warn(self, message: str) -> None:
        """Write a warning to the node's log."""
        self.around.recorder.log(self.name, "warning", message)


class MonitoringNode(CivilNode):
    """Where metrics are kept and rules evaluated."""

    def __init__(
        self, around: MonitoringSurroundings, config: MonitoringConfig, clock: NodeClock
    ) -> None:
        super().__init__(around, NODE, config.zone, clock)
        self.config = config
        self.store = RecordedStore(around.recorder)

    def first_turn(self, loop: str, period_ns: DurationNs) -> TimeNs:
        """When a loop begins: at a random share of its period, from a stream of its own."""
        phase_ns = self.around.streams(f"phase/{loop}").below(period_ns)
        return self.clock.monotonic_at(0) + phase_ns
