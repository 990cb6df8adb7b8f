"""From what a page measures to what an exporter of another make would show of it.

A presentation is a list of metrics. Each takes one fact, names it anew and writes its labels from
words of the fact. Facts that end with the same labels are added up, as an exporter that does not
know the difference would have counted them together.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from models.telemetry.labels import METRIC_NAME, LabelSet, label_set
from models.telemetry.presenting.bounds import Spread, bound_text, joined_bounds
from models.telemetry.series import VectorSample

NAMESPACE = "default"
"""What a presentation calls the namespace of everything: worlds have none."""

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class Shape(StrEnum):
    """What kind of metric it is."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Target(StrEnum):
    """Whose metrics page shows it: each instance's, each instance's host's, or one for all."""

    INSTANCE = "instance"
    HOST = "host"
    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing a page knows: a number, or durations by size, and the words that say of what."""

    name: str
    words: Mapping[str, str]
    value: float = 0.0
    spread: Spread | None = None


@dataclass(frozen=True, slots=True)
class PresentedMetric:
    """One metric. ``of`` is the fact it shows; empty for the constant ``value``.

    Values are multiplied by ``scale``; ``bounds`` are a histogram's, in its own unit, without
    infinity. Only facts with the words ``where`` count. Labels may hold ``{word}``.
    """

    name: str
    shape: Shape
    of: str = ""
    value: float = 0.0
    scale: float = 1.0
    labels: tuple[tuple[str, str], ...] = ()
    where: tuple[tuple[str, str], ...] = ()
    bounds: tuple[float, ...] = ()

    def bounds_s(self) -> tuple[float, ...]:
        """The bounds in the seconds in which facts are measured."""
        return tuple(bound / self.scale for bound in self.bounds)


@dataclass(frozen=True, slots=True)
class Presentation:
    """All metrics of one exporter. ``job`` is that of targets it adds to those of the world."""

    name: str
    target: Target
    metrics: tuple[PresentedMetric, ...]
    job: str = ""


def placeholders(text: str) -> list[str]:
    """Words that a label takes from its fact."""
    return _PLACEHOLDER.findall(text)


def bounds_of(presentations: Iterable[Presentation]) -> tuple[float, ...]:
    """Where durations (seconds) have to be counted so that every histogram can be shown."""
    return joined_bounds(
        [metric.bounds_s() for one in presentations for metric in one.metrics if metric.bounds]
    )


def present(
    presentation: Presentation, facts: Iterable[Fact], words: Mapping[str, str]
) -> tuple[VectorSample, ...]:
    """What the exporter shows. ``words`` are those of the page, for facts without their own."""
    by_name: dict[str, list[Fact]] = {}
    for fact in facts:
        by_name.setdefault(fact.name, []).append(fact)
    summed: dict[LabelSet, float] = {}
    for metric in presentation.metrics:
        if not metric.of:
            _add(summed, metric.name, _labels(metric, words), metric.value)
        for fact in by_name.get(metric.of, ()):
            known = {**words, **fact.words}
            if all(known.get(name) == value for name, value in metric.where):
                for name, labels, value in _series(metric, fact, _labels(metric, known)):
                    _add(summed, name, labels, value)
    return tuple(VectorSample(labels, value) for labels, value in summed.items())


def _labels(metric: PresentedMetric, words: Mapping[str, str]) -> dict[str, str]:
    return {
        name: _PLACEHOLDER.sub(lambda found: words.get(found[1], ""), text)
        for name, text in metric.labels
    }


def _series(
    metric: PresentedMetric, fact: Fact, labels: dict[str, str]
) -> Iterator[tuple[str, dict[str, str], float]]:
    if fact.spread is None:
        yield metric.name, labels, fact.value * metric.scale
        return
    for bound, bound_s in zip((*metric.bounds, inf), (*metric.bounds_s(), inf), strict=True):
        yield (
            f"{metric.name}_bucket",
            labels | {"le": bound_text(bound)},
            fact.spread.up_to(bound_s),
        )
    yield f"{metric.name}_sum", labels, fact.spread.total_s * metric.scale
    yield f"{metric.name}_count", labels, fact.spread.count


def _add(summed: dict[LabelSet, float], name: str, labels: Mapping[str, str], value: float) -> None:
    series = label_set({METRIC_NAME: name, **labels})
    summed[series] = summed.get(series, 0.0) + value
