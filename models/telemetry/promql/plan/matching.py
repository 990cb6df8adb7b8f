"""Binary operators between two vectors: arithmetic, comparisons and set operators.

Elements meet when their match keys are equal: all labels but the metric's name, only those named
with ``on``, or all others with ``ignoring``. One side of arithmetic and comparisons must have each
key at most once; with ``group_left`` and ``group_right`` the other side may have it many times.

Source: semantics 2.3; prometheus promql/engine.go (VectorBinop, VectorAnd, VectorOr,
VectorUnless, resultMetric).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from models.telemetry.labels import METRIC_NAME, LabelSet, label_value, only, overlay, without
from models.telemetry.promql.plan.moment import (
    EvaluationError,
    Moment,
    Place,
    Vector,
    refuse_same_labels,
)
from models.telemetry.promql.plan.nodes import LabelMemo, VectorPlan
from models.telemetry.series import VectorSample

_NAME = frozenset((METRIC_NAME,))


@dataclass(frozen=True, slots=True)
class Matching:
    """Which labels two elements must share to meet."""

    is_on: bool = False
    labels: frozenset[str] = frozenset()
    memo: LabelMemo[LabelSet] = field(init=False, repr=False, compare=False)
    """The match key of a label set, remembered."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "memo", LabelMemo(self.key))

    def key(self, labels: LabelSet) -> LabelSet:
        """What of the labels is compared."""
        if self.is_on:
            return only(labels, self.labels)
        return without(labels, self.labels | _NAME)


@dataclass(frozen=True, slots=True)
class Operator:
    """What happens to two values that meet.

    A comparison without ``bool`` filters: the left value stays, or nothing. ``drops_name`` holds
    for arithmetic and for ``bool``.
    """

    operation: Callable[[float, float], float]
    is_filter: bool

    @property
    def drops_name(self) -> bool:
        """True unless it filters."""
        return not self.is_filter

    def applied(self, left: float, right: float) -> float | None:
        """The resulting value, None if there is none."""
        result = self.operation(left, right)
        if self.is_filter:
            return left if result else None
        return float(result)


@dataclass(frozen=True, slots=True)
class OneToOne(VectorPlan):
    """Each key at most once on either side. With ``on`` only its labels are left."""

    operator: Operator
    left: VectorPlan
    right: VectorPlan
    matching: Matching
    place: Place

    @property
    def mixes_names(self) -> bool:
        """Elements differ in their match key, of which the name is part only if it is named."""
        return self.matching.is_on and METRIC_NAME in self.matching.labels

    def vector(self, moment: Moment) -> Vector:
        """The elements that met.

        Raises:
            EvaluationError: a key is not unique, or two results have the same labels.
        """
        left, right = self.left.vector(moment), self.right.vector(moment)
        if not left or not right:
            return []
        partners = _unique(right, self.matching, "right", self.place)
        memo, applied = self.matching.memo, self.operator.applied
        met: dict[LabelSet, VectorSample] = {}
        for labels, value in left:
            key = memo[labels]
            partner = partners.get(key)
            if partner is None:
                continue
            result = applied(value, partner[1])
            if result is None:
                continue
            if key in met:
                raise EvaluationError(
                    "multiple matches for labels: many-to-one matching must be explicit "
                    "(group_left/group_right)",
                    self.place,
                )
            met[key] = VectorSample(self._labels(labels, key), result)
        results = list(met.values())
        return refuse_same_labels(results, self.place) if self.mixes_names else results

    def _labels(self, labels: LabelSet, key: LabelSet) -> LabelSet:
        if self.matching.is_on:
            return without(key, _NAME) if self.operator.drops_name else key
        if self.operator.drops_name:
            return key
        return without(labels, self.matching.labels) if self.matching.labels else labels


@dataclass(frozen=True, slots=True)
class Grouped(VectorPlan):
    """Many elements of one side meet one of the other, and keep all their labels.

    ``is_left_many`` is ``group_left``. ``included`` are copied from the one to the many.
    """

    operator: Operator
    left: VectorPlan
    right: VectorPlan
    matching: Matching
    is_left_many: bool
    included: tuple[str, ...]
    place: Place

    @property
    def mixes_names(self) -> bool:
        """A filter keeps the many side's names."""
        return not self.operator.drops_name

    def vector(self, moment: Moment) -> Vector:
        """The elements that met.

        Raises:
            EvaluationError: a key of the one side is not unique, or two results have the same
                labels.
        """
        left, right = self.left.vector(moment), self.right.vector(moment)
        if not left or not right:
            return []
        many, one = (left, right) if self.is_left_many else (right, left)
        partners = _unique(one, self.matching, "right" if self.is_left_many else "left", self.place)
        memo, applied = self.matching.memo, self.operator.applied
        met: dict[tuple[LabelSet, LabelSet], VectorSample] = {}
        for labels, value in many:
            key = memo[labels]
            partner = partners.get(key)
            if partner is None:
                continue
            pair = (value, partner[1]) if self.is_left_many else (partner[1], value)
            result = applied(*pair)
            if result is None:
                continue
            merged = self._labels(labels, partner[0])
            if (key, merged) in met:
                raise EvaluationError(
                    "multiple matches for labels: grouping labels must ensure unique matches",
                    self.place,
                )
            met[key, merged] = VectorSample(merged, result)
        return list(met.values())

    def _labels(self, many: LabelSet, one: LabelSet) -> LabelSet:
        kept = without(many, _NAME) if self.operator.drops_name else many
        if not self.included:
            return kept
        return overlay(kept, {name: label_value(one, name) for name in self.included})


@dataclass(frozen=True, slots=True)
class Intersection(VectorPlan):
    """``and``, or ``unless`` when ``wants_partner`` is false: elements of the left as they are."""

    left: VectorPlan
    right: VectorPlan
    matching: Matching
    wants_partner: bool

    @property
    def mixes_names(self) -> bool:
        """As the left side."""
        return self.left.mixes_names

    def vector(self, moment: Moment) -> Vector:
        """The left elements that have a partner on the right, or those that have none."""
        left, right = self.left.vector(moment), self.right.vector(moment)
        if not left or not right:
            return [] if self.wants_partner else left
        memo, wants_partner = self.matching.memo, self.wants_partner
        keys = {memo[labels] for labels, _ in right}
        return [sample for sample in left if (memo[sample[0]] in keys) is wants_partner]


@dataclass(frozen=True, slots=True)
class Union(VectorPlan):
    """``or``: all elements of the left, and those of the right whose key the left has not."""

    left: VectorPlan
    right: VectorPlan
    matching: Matching

    @property
    def mixes_names(self) -> bool:
        """Names of both sides come together."""
        return True

    def vector(self, moment: Moment) -> Vector:
        """The elements of both sides; equal labels have equal keys, so none comes twice."""
        left, right = self.left.vector(moment), self.right.vector(moment)
        if not right:
            return left
        memo = self.matching.memo
        keys = {memo[labels] for labels, _ in left}
        added = [sample for sample in right if memo[sample[0]] not in keys]
        return left + added


def _unique(
    vector: Vector, matching: Matching, side: str, place: Place
) -> dict[LabelSet, VectorSample]:
    memo = matching.memo
    found: dict[LabelSet, VectorSample] = {}
    for sample in vector:
        key = memo[sample[0]]
        other = found.setdefault(key, sample)
        if other is not sample:
            raise EvaluationError(
                f"found duplicate series for the match group {labels_text(key)} "
                f"on the {side} hand-side of the operation: [{labels_text(sample.labels)}, "
                f"{labels_text(other.labels)}];many-to-many matching not allowed: "
                "matching labels must be unique on one side",
                place,
            )
    return found


def labels_text(labels: LabelSet) -> str:
    """Write labels as Prometheus does in its errors: ``{__name__="up", job="shop"}``."""
    return "{" + ", ".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
