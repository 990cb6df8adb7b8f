"""Mapping files: which metrics of the world an exporter of another make shows, as written."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from scenarios.document.quantities import mistake
from scenarios.document.shapes import Section, Several
from scenarios.source.problems import quoted

_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_RESERVED_LABELS = ("le", "quantile", "__name__")


def _metric_name(value: str) -> str:
    if not _METRIC.fullmatch(value):
        raise mistake(f"{quoted(value)} is not the name of a metric")
    return value


def _label_name(value: str) -> str:
    if not _LABEL.fullmatch(value) or value in _RESERVED_LABELS:
        raise mistake(f"{quoted(value)} is not the name of a label")
    return value


def _rising(bounds: tuple[float, ...]) -> tuple[float, ...]:
    if list(bounds) != sorted(set(bounds)) or (bounds and bounds[0] <= 0):
        raise mistake("bounds must be positive and rise")
    return bounds


LabelsDoc = dict[Annotated[str, AfterValidator(_label_name)], str]


class PresentedMetricDoc(Section):
    """One metric of the exporter: the fact it shows, or a constant."""

    name: Annotated[str, AfterValidator(_metric_name)]
    type: Literal["counter", "gauge", "histogram"]
    of: Annotated[str, Field(min_length=1, description="the fact it shows")] | None = None
    value: Annotated[float, Field(description="a constant, where there is no fact")] | None = None
    scale: Annotated[float, Field(gt=0, description="1000 turns seconds into milliseconds")] = 1.0
    labels: LabelsDoc = Field(
        default={}, description="{instance}, {service}, {zone} and words of the fact are filled in"
    )
    where: dict[str, str] = Field(default={}, description="only facts with these words")
    buckets: Annotated[Several[float], AfterValidator(_rising)] = ()


class PresentationDoc(Section):
    """An exporter's metrics. ``target`` says whose pages show them."""

    target: Literal["instance", "host", "cluster"]
    job: Annotated[str, Field(min_length=1)] | None = None
    metrics: Annotated[Several[PresentedMetricDoc], Field(min_length=1)]
