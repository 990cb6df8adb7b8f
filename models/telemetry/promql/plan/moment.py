"""The instant an expression is evaluated at, and what evaluations give and raise."""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from models.base.errors import ForeshockError
from models.base.time import DurationNs, TimeNs
from models.telemetry.labels import LabelSet
from models.telemetry.series import SeriesStore, VectorSample, Window

Vector: TypeAlias = list[VectorSample]

SAME_LABELS = "vector cannot contain metrics with the same labelset"


class Place(NamedTuple):
    """Where in the text of an expression something stands; both count from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


class EvaluationError(ForeshockError):
    """An expression met series that it is not defined for. ``reason`` is Prometheus' wording."""

    def __init__(self, reason: str, place: Place | None = None) -> None:
        self.reason = reason
        self.place = place
        super().__init__(reason if place is None else f"{place}: {reason}")


@dataclass(frozen=True, slots=True)
class Moment:
    """What one evaluation depends on.

    ``start_ns`` and ``end_ns`` are the first and last instant of the whole query, which ``@
    start()`` and ``@ end()`` mean; ``step_ns`` is the step of subqueries that name none.
    """

    store: SeriesStore
    time_ns: TimeNs
    start_ns: TimeNs
    end_ns: TimeNs
    lookback_ns: DurationNs
    step_ns: DurationNs

    def moved_to(self, time_ns: TimeNs) -> "Moment":
        """The same query at another instant."""
        return Moment(
            self.store, time_ns, self.start_ns, self.end_ns, self.lookback_ns, self.step_ns
        )


class Span(NamedTuple):
    """The bounds of a range, open on the left, and the instant of the evaluation.

    With ``offset`` or ``@`` the range does not end at the instant of the evaluation.
    """

    after_ns: TimeNs
    until_ns: TimeNs
    time_ns: TimeNs


class Ranges(NamedTuple):
    """A range vector: the windows that hold a sample, and their common span."""

    span: Span
    windows: list[Window]


def refuse_same_labels(vector: Vector, place: Place | None) -> Vector:
    """Return the vector.

    Raises:
        EvaluationError: two of its elements have the same labels.
    """
    seen: set[LabelSet] = {labels for labels, _ in vector}
    if len(seen) < len(vector):
        raise EvaluationError(SAME_LABELS, place)
    return vector
