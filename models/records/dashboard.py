"""Dashboards as a scenario declares them: what is to be shown, not how it is drawn."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from models.base.time import NS_PER_S, DurationNs

_REFERENCE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True, slots=True)
class Variable:
    """A choice that the queries of a dashboard refer to as ``$name``; the default is a value.

    With a ``query`` the values are asked of the series, and there are none before.
    """

    name: str
    values: tuple[str, ...]
    default: str
    query: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture of one or more PromQL queries. ``unit`` is a unit of Grafana's, ``s``."""

    title: str
    kind: str
    queries: tuple[str, ...]
    unit: str = "short"
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Panels over the last ``range_ns`` of a run, or over all of it (0)."""

    name: str
    title: str
    variables: tuple[Variable, ...]
    panels: tuple[Panel, ...]
    range_ns: DurationNs = 0
    refresh_ns: DurationNs = 5 * NS_PER_S

    def defaults(self) -> dict[str, str]:
        """Each variable at its default."""
        return {variable.name: variable.default for variable in self.variables}


def references(text: str) -> list[str]:
    """Names of the variables that a query or legend refers to, in order."""
    return [braced or bare for braced, bare in _REFERENCE.findall(text)]


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with every known variable replaced by its value."""
    return _REFERENCE.sub(lambda found: values.get(found[1] or found[2], found[0]), text)
