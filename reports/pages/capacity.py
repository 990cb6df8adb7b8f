"""Chapter for capacity questions: the load steps, the knee, and what was full there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from models.base.errors import ValueSyntaxError
from models.base.time import NS_PER_MS, DurationNs, parse_duration
from models.planning.capacity import CapacityAssessment, LoadStep, Utilisation, assess_capacity
from models.records.record import RunRecord
from reports.pages.plot import Axis, axis, polyline

_BOUND = re.compile(r"(?:<=?|≤|below|under|at most)\s*((?:[0-9.]+\s*(?:us|µs|ms|ns|s|m|h)\s*)+)$")


@dataclass(frozen=True, slots=True)
class StepRow:
    """One load step in a table: its figures, the busiest service in it, and how it is judged."""

    step: LoadStep
    busiest: Utilisation | None
    judgement: str
    is_knee: bool


@dataclass(frozen=True, slots=True)
class StepPlot:
    """A measure of every step over its offered rate, as pixels for a drawn plot.

    ``points`` are (x, y, held); ``reference`` is the path of the ideal or the objective.
    """

    title: str
    unit: str
    x: Axis
    y: Axis
    points: tuple[tuple[float, float, bool], ...]
    path: str
    reference: str
    reference_name: str
    knee_x: float | None


@dataclass(frozen=True, slots=True)
class CapacityView:
    """The assessment with its table rows and plots."""

    assessment: CapacityAssessment
    rows: tuple[StepRow, ...]
    plots: tuple[StepPlot, ...]
    services: tuple[str, ...]

    @property
    def is_stepped(self) -> bool:
        """True when the run has more than one load step to compare."""
        return len(self.rows) > 1


def capacity_view(record: RunRecord) -> CapacityView:
    """Judge the load steps of a run against the p99 objective among its expectations."""
    if not any(phase.name == "measure" for phase in record.manifest.phases):
        return CapacityView(CapacityAssessment((), None, None, None, None), (), (), ())
    assessment = assess_capacity(record, objective_ns=p99_objective(record))
    return CapacityView(
        assessment=assessment,
        rows=tuple(_row(step, assessment) for step in assessment.steps),
        plots=_plots(assessment) if len(assessment.steps) > 1 else (),
        services=tuple(service.name for service in record.manifest.services),
    )


def p99_objective(record: RunRecord) -> DurationNs | None:
    """The tightest upper bound that an expectation puts on a p99; None when none does."""
    bounds = []
    for result in record.expectations:
        found = _BOUND.search(result.target) if "p99" in result.expectation else None
        if found:
            try:
                bounds.append(parse_duration("".join(found.group(1).split())))
            except ValueSyntaxError:
                continue
    return min((bound for bound in bounds if bound > 0), default=None)


def rising(steps: Sequence[LoadStep]) -> tuple[LoadStep, ...]:
    """The steps that raised the load above every one before: the climb, without the way back."""
    found: list[LoadStep] = []
    for step in steps:
        if not found or step.rate_per_s > found[-1].rate_per_s:
            found.append(step)
    return tuple(found)


def _row(step: LoadStep, assessment: CapacityAssessment) -> StepRow:
    words = {True: "holds", False: "does not hold", None: "no requests"}
    return StepRow(
        step=step,
        busiest=max(step.utilisation, key=lambda entry: entry.busy_ratio, default=None),
        judgement=words[step.holds(assessment.objective_ns)],
        is_knee=step is assessment.knee,
    )


def _plots(assessment: CapacityAssessment) -> tuple[StepPlot, ...]:
    steps = [step for step in assessment.steps if step.offered]
    objective_ns = assessment.objective_ns
    goodput = [(step, step.goodput_per_s) for step in steps]
    latency = [(step, step.p99_ns / NS_PER_MS) for step in steps if step.p99_ns is not None]
    rates = [step.offered_per_s for step in steps]
    ideal = [(0.0, 0.0), (max(rates, default=0.0), max(rates, default=0.0))]
    level = None if objective_ns is None else objective_ns / NS_PER_MS
    bound = [] if level is None else [(0.0, level), (max(rates, default=0.0), level)]
    return (
        _plot("Goodput", "/s", goodput, ideal, "all requests complete", assessment),
        _plot("p99", "ms", latency, bound, "objective", assessment),
    )


def _plot(
    title: str,
    unit: str,
    values: list[tuple[LoadStep, float]],
    reference: list[tuple[float, float]],
    reference_name: str,
    assessment: CapacityAssessment,
) -> StepPlot:
    x = axis([step.offered_per_s for step, _ in values])
    y = axis([value for _, value in values] + [value for _, value in reference], is_vertical=True)
    placed = [
        (x.place(step.offered_per_s), y.place(value), step.holds(assessment.objective_ns) is True)
        for step, value in values
    ]
    climb = {step.start_ns for step in rising(tuple(step for step, _ in values))}
    knee = assessment.knee
    return StepPlot(
        title=title,
        unit=unit,
        x=x,
        y=y,
        points=tuple(placed),
        path=polyline(
            [
                (px, py)
                for (step, _), (px, py, _) in zip(values, placed, strict=True)
                if step.start_ns in climb
            ]
        ),
        reference=polyline([(x.place(px), y.place(py)) for px, py in reference]),
        reference_name=reference_name if reference else "",
        knee_x=None if knee is None else x.place(knee.offered_per_s),
    )
