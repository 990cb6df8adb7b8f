"""What an expression begins with: numbers, the time, and selectors of series."""

from dataclasses import dataclass
from enum import Enum

from models.base.time import NS_PER_S, DurationNs, TimeNs
from models.telemetry.matchers import Selector
from models.telemetry.promql.plan.moment import Moment, Ranges, Span, Vector
from models.telemetry.promql.plan.nodes import RangePlan, ScalarPlan, VectorPlan
from models.telemetry.series import VectorSample


@dataclass(frozen=True, slots=True)
class Number(ScalarPlan):
    """A number literal."""

    value: float

    def number(self, moment: Moment) -> float:  # noqa: ARG002
        """The number, whatever the moment."""
        return self.value


@dataclass(frozen=True, slots=True)
class EvaluationTime(ScalarPlan):
    """``time()``: seconds since the epoch of the evaluation."""

    def number(self, moment: Moment) -> float:
        """The instant in seconds."""
        return moment.time_ns / NS_PER_S


class QueryEnd(Enum):
    """What ``@ start()`` and ``@ end()`` pin a selector to."""

    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class Shift:
    """Which instant a selector means: ``@`` pins it, then ``offset`` moves it to the past."""

    offset_ns: DurationNs = 0
    pinned: TimeNs | QueryEnd | None = None

    def applied(self, moment: Moment) -> TimeNs:
        """The instant meant at that moment."""
        pinned = self.pinned
        if pinned is None:
            return moment.time_ns - self.offset_ns
        if pinned is QueryEnd.START:
            return moment.start_ns - self.offset_ns
        if pinned is QueryEnd.END:
            return moment.end_ns - self.offset_ns
        return pinned - self.offset_ns


@dataclass(frozen=True, slots=True)
class InstantSelector(VectorPlan):
    """The newest sample of each selected series within the lookback."""

    selector: Selector
    shift: Shift = Shift()

    @property
    def mixes_names(self) -> bool:
        """True unless the selector is bound to one metric."""
        return self.selector.metric_name is None

    def vector(self, moment: Moment) -> Vector:
        """What the series show, sorted by labels."""
        at_ns, lookback_ns = self.shift.applied(moment), moment.lookback_ns
        shown = []
        for series in moment.store.select(self.selector):
            sample = series.sample_at(at_ns, lookback_ns)
            if sample is not None:
                shown.append(VectorSample(series.labels, sample[1]))
        return shown

    def instants(self, moment: Moment) -> Vector:
        """The instants of those samples in seconds, without names, for ``timestamp()``."""
        at_ns, lookback_ns = self.shift.applied(moment), moment.lookback_ns
        shown = []
        for series in moment.store.select(self.selector):
            sample = series.sample_at(at_ns, lookback_ns)
            if sample is not None:
                shown.append(VectorSample(series.unnamed, sample[0] / NS_PER_S))
        return shown


@dataclass(frozen=True, slots=True)
class RangeSelector(RangePlan):
    """The samples of each selected series in a range that is open on the left."""

    selector: Selector
    range_ns: DurationNs
    shift: Shift = Shift()

    @property
    def mixes_names(self) -> bool:
        """True unless the selector is bound to one metric."""
        return self.selector.metric_name is None

    def ranges(self, moment: Moment) -> Ranges:
        """The windows of the series that have a sample there, sorted by labels."""
        span = self.span(moment)
        windows = []
        for series in moment.store.select(self.selector):
            window = series.window(span.after_ns, span.until_ns)
            if window is not None:
                windows.append(window)
        return Ranges(span, windows)

    def span(self, moment: Moment) -> Span:
        """The bounds of the range at that moment."""
        until_ns = self.shift.applied(moment)
        return Span(until_ns - self.range_ns, until_ns, moment.time_ns)
