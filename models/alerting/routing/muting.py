"""What keeps an alert quiet at the moment its group is flushed, and why.

Asked in this order: inhibition, the route's active times, its mute times, silences. The first
that applies is the reason. Resolved alerts are kept quiet as firing ones are.

Source: semantics 4.2, 4.3, 4.5, 4.6; alertmanager notify/notify.go (RoutingStage).
"""

from dataclasses import dataclass
from enum import Enum

from models.alerting.routing.inhibition_index import InhibitionIndex
from models.alerting.routing.route import Route
from models.alerting.routing.settings import AlertmanagerConfig
from models.alerting.routing.silence import Silences
from models.base.time import TimeNs
from models.telemetry.labels import LabelSet, series_text


class MuteReason(Enum):
    """Why nobody is told."""

    INHIBITED = "inhibited"
    INACTIVE = "outside active times"
    MUTED = "in mute times"
    SILENCED = "silenced"


@dataclass(frozen=True, slots=True)
class Muted:
    """An alert that fires and that a receiver is not told about, and what is to blame for that.

    ``cause`` is the source of an inhibition, the names of times, or what a silence says.
    """

    receiver: str
    group: LabelSet
    labels: LabelSet
    reason: MuteReason
    cause: str


class Muting:
    """The times and silences of one Alertmanager, after its inhibition rules."""

    __slots__ = ("_silences", "_times")

    def __init__(self, config: AlertmanagerConfig, silences: Silences) -> None:
        self._times = {one.name: one.intervals for one in config.time_intervals}
        self._silences = silences

    def reason(
        self, labels: LabelSet, route: Route, sources: InhibitionIndex, *, now: TimeNs
    ) -> tuple[MuteReason, str] | None:
        """Why the alert is kept quiet on this route, None when it is not.

        ``sources`` are the alerts that may inhibit it. ``now`` counts from the Unix epoch.
        """
        source = sources.source_of(labels, now=now)
        if source is not None:
            return MuteReason.INHIBITED, series_text(source)
        active = route.active_time_intervals
        if active and not any(self._holds(name, now) for name in active):
            return MuteReason.INACTIVE, ", ".join(active)
        holding = [name for name in route.mute_time_intervals if self._holds(name, now)]
        if holding:
            return MuteReason.MUTED, ", ".join(holding)
        silenced_by = self._silences.muting(labels, now=now)
        if silenced_by:
            return MuteReason.SILENCED, ", ".join(self._silence(one) for one in silenced_by)
        return None

    def _holds(self, name: str, now: TimeNs) -> bool:
        return any(interval.contains(now=now) for interval in self._times[name])

    def _silence(self, silence_id: int) -> str:
        return self._silences[silence_id].comment or f"silence {silence_id}"
