"""Dashboards, as written."""

from typing import Annotated, Any, Literal

from pydantic import Field

from scenarios.document.quantities import PositiveDuration
from scenarios.document.shapes import Name, Section, Several

Text = Annotated[str, Field(min_length=1)]


class VariableDoc(Section):
    """A choice that queries refer to as $name; the first value unless another is the default."""

    values: Annotated[Several[Text] | None, Field(min_length=1)] = None
    query: Annotated[
        Text | None, Field(description="where values come from: label_values(up, job)")
    ] = None
    default: Text | None = None


class PanelDoc(Section):
    """A picture of PromQL queries, and alert rules of its own."""

    title: Text
    queries: Annotated[Several[Text], Field(min_length=1, description="PromQL")]
    type: Literal["timeseries", "stat", "table"] = "timeseries"
    unit: Annotated[str, Field(description="as Grafana names it: s, percentunit, reqps")] = "short"
    legend: Annotated[str, Field(description="{{label}} is filled in")] = ""
    rules: Annotated[Several[dict[str, Any]], Field(description="Prometheus alert rules")] = ()


class DashboardDoc(Section):
    """Panels over the last ``range`` of a run, or over all of it."""

    title: str = ""
    variables: dict[Name, VariableDoc] = Field(default_factory=dict)
    range: PositiveDuration | None = None
    refresh: PositiveDuration = 5_000_000_000
    panels: Annotated[Several[PanelDoc], Field(min_length=1)]
