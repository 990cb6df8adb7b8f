"""Aggregations: groups of elements folded into one, or the choice of some of a group.

Without a clause all elements form one group. ``by`` groups by the named labels, ``without`` by all
others but the metric's name. Groups stand in the order of their first element.

Source: semantics 2.4; prometheus promql/engine.go (aggregation, aggregationK).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import isnan

from models.telemetry.labels import METRIC_NAME, LabelSet, only, overlay, without
from models.telemetry.promql.functions.texts import plain_number
from models.telemetry.promql.plan.moment import EvaluationError, Moment, Place, Vector
from models.telemetry.promql.plan.nodes import LabelMemo, ScalarPlan, VectorPlan
from models.telemetry.series import VectorSample

_COUNT_MAX = 2**63


@dataclass(frozen=True, slots=True)
class Grouping:
    """How elements are grouped: by the labels, or by all others."""

    is_without: bool
    labels: frozenset[str]
    _memo: LabelMemo[LabelSet] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_memo", LabelMemo(self.key))

    @property
    def keeps_name(self) -> bool:
        """True when the metric's name tells groups apart."""
        return not self.is_without and METRIC_NAME in self.labels

    def key(self, labels: LabelSet) -> LabelSet:
        """The labels of an element's group."""
        if self.is_without:
            return without(labels, self.labels | {METRIC_NAME})
        return only(labels, self.labels)

    def groups(self, vector: Vector) -> dict[LabelSet, Vector]:
        """The elements of each group."""
        if not self.labels and not self.is_without:
            return {(): vector} if vector else {}
        memo = self._memo
        groups: dict[LabelSet, Vector] = {}
        for sample in vector:
            key = memo[sample[0]]
            members = groups.get(key)
            if members is None:
                groups[key] = [sample]
            else:
                members.append(sample)
        return groups


@dataclass(frozen=True, slots=True)
class Aggregated(VectorPlan):
    """Each group folded into one value. ``parameters`` go before the values."""

    fold: Callable[..., float]
    source: VectorPlan
    parameters: tuple[ScalarPlan, ...]
    grouping: Grouping

    @property
    def mixes_names(self) -> bool:
        """Only if the name is one of the labels grouped by."""
        return self.grouping.keeps_name

    def vector(self, moment: Moment) -> Vector:
        """One element for each group."""
        fold = self.fold
        parameters = [parameter.number(moment) for parameter in self.parameters]
        groups = self.grouping.groups(self.source.vector(moment))
        return [
            VectorSample(key, fold(*parameters, [value for _, value in members]))
            for key, members in groups.items()
        ]


@dataclass(frozen=True, slots=True)
class Chosen(VectorPlan):
    """``topk``, ``bottomk``, ``limitk``: some elements of each group, with all their labels.

    ``order`` sorts the elements of a group; None leaves them in the order of their labels.
    """

    order: Callable[[VectorSample], tuple[bool, float]] | None
    source: VectorPlan
    limit: ScalarPlan
    grouping: Grouping
    place: Place

    @property
    def mixes_names(self) -> bool:
        """As the vector."""
        return self.source.mixes_names

    def vector(self, moment: Moment) -> Vector:
        """The chosen elements, group by group; none if the limit is below 1.

        Raises:
            EvaluationError: the limit is no number or too large.
        """
        limit = self.limit.number(moment)
        if not -_COUNT_MAX <= limit < _COUNT_MAX:
            raise EvaluationError(f"Scalar value {plain_number(limit)} overflows int64", self.place)
        if limit < 1:
            return []
        chosen = []
        for members in self.grouping.groups(self.source.vector(moment)).values():
            ordered = members if self.order is None else sorted(members, key=self.order)
            chosen.extend(ordered[: int(limit)])
        return chosen


def greatest_first(sample: VectorSample) -> tuple[bool, float]:
    """Order of ``topk``: NaN comes last."""
    value = sample.value
    return (True, 0.0) if isnan(value) else (False, -value)


def least_first(sample: VectorSample) -> tuple[bool, float]:
    """Order of ``bottomk``: NaN comes last."""
    value = sample.value
    return (True, 0.0) if isnan(value) else (False, value)


@dataclass(frozen=True, slots=True)
class CountedValues(VectorPlan):
    """``count_values``: how many elements of a group have each value, which becomes a label."""

    label: str
    source: VectorPlan
    grouping: Grouping

    @property
    def mixes_names(self) -> bool:
        """Only if the name is one of the labels grouped by."""
        return self.grouping.keeps_name

    def vector(self, moment: Moment) -> Vector:
        """One element for each group and value."""
        counts: dict[LabelSet, int] = {}
        for labels, value in self.source.vector(moment):
            key = self.grouping.key(overlay(labels, {self.label: plain_number(value)}))
            counts[key] = counts.get(key, 0) + 1
        return [VectorSample(key, float(count)) for key, count in counts.items()]
