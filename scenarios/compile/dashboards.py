"""Dashboards: queries that are PromQL for every value of their variables."""

from collections.abc import Iterator, Mapping

from models.base.errors import ValueSyntaxError
from models.planning.variables import parse_label_values
from models.records.dashboard import Dashboard, Panel, Variable, filled, references
from models.telemetry.promql import ValueKind, compile_expression
from models.telemetry.promql.syntax.tokens import ExpressionError
from scenarios.compile.findings import Findings, unknown_name
from scenarios.document.dashboards import DashboardDoc, VariableDoc
from scenarios.source.marks import KeyPath

_SOME_VALUE = "x"
"""Stands for a value that only the run will know."""


def compile_dashboards(
    docs: Mapping[str, DashboardDoc], findings: Findings
) -> tuple[Dashboard, ...]:
    """One dashboard per entry, in the order written."""
    return tuple(_dashboard(name, doc, findings) for name, doc in docs.items())


def _dashboard(name: str, doc: DashboardDoc, findings: Findings) -> Dashboard:
    path: KeyPath = ("dashboards", name)
    variables: tuple[Variable, ...] = ()
    for key, one in doc.variables.items():
        place = (*path, "variables", key)
        variables += (_variable(key, one, variables, place, findings),)
    for index, panel in enumerate(doc.panels):
        for number, query in enumerate(panel.queries):
            _check_query(query, variables, (*path, "panels", index, "queries", number), findings)
    return Dashboard(
        name=name,
        title=doc.title or name,
        variables=variables,
        panels=tuple(
            Panel(one.title, one.type, one.queries, one.unit, one.legend) for one in doc.panels
        ),
        range_ns=doc.range or 0,
        refresh_ns=doc.refresh,
    )


def _variable(
    name: str,
    doc: VariableDoc,
    before: tuple[Variable, ...],
    path: KeyPath,
    findings: Findings,
) -> Variable:
    if (doc.values is None) == (doc.query is None):
        findings.at_value(path, "a variable has values, or a query that finds them")
    if doc.query is not None:
        _check_question(doc.query, before, (*path, "query"), findings)
        return Variable(name, (), doc.default or "", doc.query)
    values = doc.values or ("",)
    default = values[0] if doc.default is None else doc.default
    if default not in values:
        findings.unknown((*path, "default"), "value", default, values)
    return Variable(name, values, default)


def _check_question(
    text: str, before: tuple[Variable, ...], path: KeyPath, findings: Findings
) -> None:
    known = [variable.name for variable in before]
    for name in references(text):
        if name not in known:
            findings.at_value(path, unknown_name("variable", name, known))
            return
    try:
        parse_label_values(filled(text, dict.fromkeys(known, _SOME_VALUE))).expression()
    except ExpressionError as error:
        findings.at_value(path, error.reason)
    except ValueSyntaxError as error:
        findings.at_value(path, str(error))


def _check_query(
    query: str, variables: tuple[Variable, ...], path: KeyPath, findings: Findings
) -> None:
    known = [variable.name for variable in variables]
    for name in references(query):
        if name not in known:
            findings.at_value(path, unknown_name("variable", name, known))
            return
    for values in _choices(variables):
        try:
            kind = compile_expression(filled(query, values)).kind
        except ExpressionError as error:
            findings.at_value(path, error.reason)
            return
        if kind not in (ValueKind.VECTOR, ValueKind.SCALAR):
            findings.at_value(path, f"a panel shows a vector or a number, not a {kind.value}")
            return


def _choices(variables: tuple[Variable, ...]) -> Iterator[dict[str, str]]:
    """The defaults, then each value of each variable once, the others at their defaults."""
    defaults = {variable.name: variable.default or _SOME_VALUE for variable in variables}
    yield defaults
    for variable in variables:
        for value in variable.values:
            yield defaults | {variable.name: value}
