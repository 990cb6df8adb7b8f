"""Alerts on what is unusual, as written: an expression and the past it is compared with."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from scenarios.document.quantities import Duration, PositiveDuration, mistake
from scenarios.document.shapes import Section
from scenarios.source.problems import quoted

METHODS = ("ewma", "seasonal", "change")
_LABEL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _label_name(value: str) -> str:
    if not _LABEL_NAME.fullmatch(value) or value == "__name__":
        raise mistake(f"{quoted(value)} is not the name of a label")
    return value


LabelName = Annotated[str, AfterValidator(_label_name)]
Text = Annotated[str, Field(min_length=1)]


class EwmaDoc(Section):
    """Compared with an average that forgets half of what it knew every ``half_life``."""

    half_life: PositiveDuration = 600_000_000_000


class SeasonalDoc(Section):
    """Compared with the same time of earlier periods, and ``neighbours`` samples around it."""

    period: PositiveDuration = 86_400_000_000_000
    periods: int = 7
    periods_min: Annotated[int, Field(description="so many periods must be known")] = 2
    neighbours: int = 2


class ChangeDoc(Section):
    """Compared with ``window`` ago: unusual is a change by more than ``ratio`` of that value.

    Changes from values nearer to zero than ``floor`` are measured against ``floor``.
    """

    window: PositiveDuration = 600_000_000_000
    ratio: Annotated[float, Field(gt=0, description="0.5 is half of the old value")] = 0.5
    floor: Annotated[float, Field(gt=0)] = 1e-9


class AnomalyDoc(Section):
    """One alert per series of ``expr`` that is unusual by its own past; ``ewma`` unless said.

    It goes the way of any alert: pending for ``for``, then routed by its labels. A series calms
    down once nothing unusual has come for ``calm``.
    """

    alert: Text
    expr: Annotated[Text, Field(description="PromQL")]
    ewma: EwmaDoc | None = None
    seasonal: SeasonalDoc | None = None
    change: ChangeDoc | None = None
    sensitivity: Literal["low", "medium", "high"] = "medium"
    direction: Literal["above", "below", "both"] = "both"
    in_a_row: Annotated[int, Field(ge=1, description="unusual values before it fires")] = 1
    calm: Duration = 60_000_000_000
    pending: Annotated[Duration, Field(alias="for")] = 0
    keep_firing_for: Duration = 0
    labels: dict[LabelName, str] = Field(default_factory=dict)
    annotations: dict[LabelName, str] = Field(default_factory=dict)
