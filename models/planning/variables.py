"""Variables of dashboards whose values are asked of the series: ``label_values(up, job)``.

The selector may refer to variables that stand before; without one all series are meant.

Source: Grafana, Prometheus template variables.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from models.base.errors import ValueSyntaxError
from models.base.time import NS_PER_MS, DurationNs, TimeNs
from models.records.dashboard import Dashboard, Variable, filled
from models.records.record import RunRecord
from models.telemetry.labels import label_value
from models.telemetry.promql import Expression, compile_expression
from models.telemetry.series import SeriesStore

_FORM = re.compile(
    r"\s*label_values\(\s*(?:(?P<selector>.+?)\s*,\s*)?(?P<label>[A-Za-z_]\w*)\s*\)\s*", re.DOTALL
)
_EVERYTHING = '{__name__=~".+"}'


@dataclass(frozen=True, slots=True)
class LabelValues:
    """The values of one label among the series of a selector."""

    selector: str
    label: str

    def expression(self, reach_ns: DurationNs = 0) -> Expression:
        """What finds them: series of the last ``reach_ns``, or those of the moment (0).

        Raises:
            ExpressionError: the selector is none.
        """
        series = self.selector
        if reach_ns:
            series = f"last_over_time({series}[{-(-reach_ns // NS_PER_MS)}ms])"
        return compile_expression(f"count by ({self.label}) ({series})")


def parse_label_values(text: str) -> LabelValues:
    """Read a question.

    Raises:
        ValueSyntaxError: it is not of the form label_values(selector, label).
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueSyntaxError(f"'{text}' is no query of a variable; write label_values(up, job)")
    return LabelValues(match["selector"] or _EVERYTHING, match["label"])


def resolved(
    dashboard: Dashboard,
    store: SeriesStore,
    chosen: Mapping[str, str],
    *,
    now: TimeNs,
    reach_ns: DurationNs = 0,
) -> Dashboard:
    """The dashboard with the values that its variables have, in the order of their text.

    A default that is no value gives way to the first one; without values it is empty.
    """
    if not any(variable.query for variable in dashboard.variables):
        return dashboard
    known: dict[str, str] = {}
    variables = []
    for declared in dashboard.variables:
        asks = bool(declared.query)
        variable = _answered(declared, store, known, now, reach_ns) if asks else declared
        known[variable.name] = chosen.get(variable.name, variable.default)
        variables.append(variable)
    return replace(dashboard, variables=tuple(variables))


def resolved_boards(
    record: RunRecord, store: SeriesStore, chosen: Mapping[str, str]
) -> tuple[Dashboard, ...]:
    """All dashboards of a run; a value that a label ever had in it is one."""
    manifest = record.manifest
    end_ns = manifest.wall_start_ns + manifest.end_ns
    return tuple(
        resolved(one, store, chosen, now=end_ns, reach_ns=manifest.end_ns)
        for one in record.dashboards
    )


def _answered(
    variable: Variable,
    store: SeriesStore,
    known: Mapping[str, str],
    now: TimeNs,
    reach_ns: DurationNs,
) -> Variable:
    question = parse_label_values(filled(variable.query, known))
    found = question.expression(reach_ns).vector(store, now=now)
    values = tuple(sorted(filter(None, (label_value(one.labels, question.label) for one in found))))
    default = variable.default if variable.default in values else next(iter(values), "")
    return replace(variable, values=values, default=default)
