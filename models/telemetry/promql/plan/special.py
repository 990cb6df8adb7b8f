"""Functions that look at a whole vector or at labels: histograms, absence, label rewriting."""

import re
from dataclasses import dataclass, field

from models.telemetry.labels import (
    METRIC_NAME,
    LabelSet,
    label_value,
    overlay,
    without,
    without_metric_name,
)
from models.telemetry.promql.functions.buckets import histogram_quantile, upper_bound
from models.telemetry.promql.functions.texts import expanded
from models.telemetry.promql.plan.moment import Moment, Place, Vector, refuse_same_labels
from models.telemetry.promql.plan.nodes import LabelMemo, RangePlan, ScalarPlan, VectorPlan
from models.telemetry.series import VectorSample

BUCKET = "le"
_BUCKET = frozenset((BUCKET,))


@dataclass(frozen=True, slots=True)
class HistogramQuantile(VectorPlan):
    """``histogram_quantile``: one element for each set of series that differ only in ``le``.

    Series without a numeric ``le`` are left out.
    """

    q: ScalarPlan
    source: VectorPlan
    place: Place
    _memo: LabelMemo[tuple[LabelSet, float | None]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_memo", LabelMemo(_histogram_and_bound))

    @property
    def mixes_names(self) -> bool:
        """Names are gone."""
        return False

    def vector(self, moment: Moment) -> Vector:
        """The quantiles.

        Raises:
            EvaluationError: without their names two histograms have the same labels.
        """
        q = self.q.number(moment)
        histograms: dict[LabelSet, list[tuple[float, float]]] = {}
        memo = self._memo
        for labels, value in self.source.vector(moment):
            histogram, bound = memo[labels]
            if bound is not None:
                histograms.setdefault(histogram, []).append((bound, value))
        quantiles = [
            VectorSample(without_metric_name(labels), histogram_quantile(q, buckets))
            for labels, buckets in histograms.items()
        ]
        return refuse_same_labels(quantiles, self.place) if self.source.mixes_names else quantiles


def _histogram_and_bound(labels: LabelSet) -> tuple[LabelSet, float | None]:
    return without(labels, _BUCKET), upper_bound(label_value(labels, BUCKET))


@dataclass(frozen=True, slots=True)
class Absent(VectorPlan):
    """``absent`` and ``absent_over_time``: one element of value 1 if there is nothing.

    ``labels`` are what the selector's matchers say about the missing series.
    """

    source: VectorPlan | RangePlan
    labels: LabelSet

    @property
    def mixes_names(self) -> bool:
        """There is at most one element."""
        return False

    def vector(self, moment: Moment) -> Vector:
        """Nothing, or the element."""
        if isinstance(self.source, VectorPlan):
            is_there = bool(self.source.vector(moment))
        else:
            is_there = bool(self.source.ranges(moment).windows)
        return [] if is_there else [VectorSample(self.labels, 1.0)]


@dataclass(frozen=True, slots=True)
class LabelReplaced(VectorPlan):
    """``label_replace``: a label set from a match of another; no match changes nothing."""

    source: VectorPlan
    target: str
    replacement: str
    origin: str
    pattern: re.Pattern[str]
    place: Place

    @property
    def mixes_names(self) -> bool:
        """The name may have been rewritten."""
        return self.source.mixes_names or self.target == METRIC_NAME

    def vector(self, moment: Moment) -> Vector:
        """The elements with their new labels.

        Raises:
            EvaluationError: two elements have the same labels.
        """
        replaced = []
        for sample in self.source.vector(moment):
            match = self.pattern.fullmatch(label_value(sample.labels, self.origin))
            if match is None:
                replaced.append(sample)
                continue
            labels = overlay(sample.labels, {self.target: expanded(self.replacement, match)})
            replaced.append(VectorSample(labels, sample.value))
        return refuse_same_labels(replaced, self.place)


@dataclass(frozen=True, slots=True)
class LabelJoined(VectorPlan):
    """``label_join``: a label set to the values of others; an empty result removes it."""

    source: VectorPlan
    target: str
    separator: str
    origins: tuple[str, ...]
    place: Place

    @property
    def mixes_names(self) -> bool:
        """The name may have been rewritten."""
        return self.source.mixes_names or self.target == METRIC_NAME

    def vector(self, moment: Moment) -> Vector:
        """The elements with their new labels.

        Raises:
            EvaluationError: two elements have the same labels.
        """
        joined = []
        for labels, value in self.source.vector(moment):
            text = self.separator.join(label_value(labels, origin) for origin in self.origins)
            joined.append(VectorSample(overlay(labels, {self.target: text}), value))
        return refuse_same_labels(joined, self.place)
