"""Unit tests of rules in promtool's format.

Source: semantics 3.3; Prometheus unit testing for rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from models.alerting.config import RuleGroupConfig
from models.alerting.rule_tests.cases import (
    AlertCase,
    ExpectedAlert,
    ExpressionCase,
    InputSeries,
    RuleTest,
)
from models.alerting.rule_tests.notation import Sample, parse_samples
from models.base.errors import ValueSyntaxError
from models.base.time import NS_PER_MINUTE, DurationNs
from models.telemetry.labels import LabelSet, label_set
from models.telemetry.promql import Expression, compile_expression
from models.telemetry.promql.series_text import parse_series
from scenarios.document.prometheus_quantities import PrometheusDuration
from scenarios.document.quantities import mistake
from scenarios.document.shapes import Section
from scenarios.document.validate import validate_section
from scenarios.rules.read import read_located, read_rule_file
from scenarios.source.problems import Problems, quoted
from scenarios.source.scalars import resolve_plain


def _series(value: object) -> LabelSet:
    if not isinstance(value, str):
        raise mistake(f"expected a series, got {quoted(value)}")
    try:
        return parse_series(value)
    except ValueSyntaxError as error:
        raise mistake(str(error)) from error


def _samples(value: object) -> tuple[Sample, ...]:
    try:
        return parse_samples(_text(value))
    except ValueSyntaxError as error:
        raise mistake(str(error)) from error


def _expression(value: object) -> Expression:
    if not isinstance(value, str):
        raise mistake(f"expected PromQL, got {quoted(value)}")
    try:
        return compile_expression(value)
    except ValueSyntaxError as error:
        raise mistake(str(error)) from error


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise mistake(f"expected a text, got {quoted(value)}")
    return value


def _number(value: object) -> float:
    number = resolve_plain(value) if isinstance(value, str) and value else None
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise mistake(f"{quoted(value)} is no number")
    return float(number)


def _order(value: object) -> object:
    names = value if isinstance(value, list) else []
    for index, name in enumerate(names):
        if name in names[:index]:
            raise mistake(f"group {name} is named twice")
    return value


def _truth(value: object) -> object:
    return resolve_plain(value) if isinstance(value, str) and value else value


_Labels = Annotated[tuple[Any, ...], BeforeValidator(_series)]
_Values = Annotated[tuple[Any, ...], BeforeValidator(_samples)]
_PromQl = Annotated[Any, BeforeValidator(_expression)]
_Number = Annotated[float, Field(allow_inf_nan=True), BeforeValidator(_number)]
_Texts = dict[str, Annotated[str, BeforeValidator(_text)]]


class _SeriesDoc(Section):
    series: _Labels
    values: _Values


class _ExpectedAlertDoc(Section):
    exp_labels: _Texts | None = None
    exp_annotations: _Texts | None = None


class _AlertCaseDoc(Section):
    eval_time: PrometheusDuration = 0
    alertname: str = Field(min_length=1)
    exp_alerts: list[_ExpectedAlertDoc] | None = None


class _SampleDoc(Section):
    labels: _Labels = ()
    value: _Number


class _ExpressionCaseDoc(Section):
    expr: _PromQl
    eval_time: PrometheusDuration = 0
    exp_samples: list[_SampleDoc] | None = None


class _TestDoc(Section):
    name: str = ""
    interval: PrometheusDuration = 0
    input_series: list[_SeriesDoc] | None = None
    alert_rule_test: list[_AlertCaseDoc] | None = None
    promql_expr_test: list[_ExpressionCaseDoc] | None = None
    external_labels: _Texts | None = None
    external_url: str = ""


class _FileDoc(Section):
    rule_files: list[str] | None = None
    evaluation_interval: PrometheusDuration = NS_PER_MINUTE
    group_eval_order: Annotated[list[str] | None, BeforeValidator(_order)] = None
    fuzzy_compare: Annotated[bool, BeforeValidator(_truth)] = False
    tests: list[_TestDoc] | None = None


@dataclass(frozen=True, slots=True)
class RuleTestFile:
    """The tests of a file and the groups they are about, in the order of their evaluation.

    ``unmatched`` are the patterns among the rule files that match no file.
    """

    tests: tuple[RuleTest, ...]
    groups: tuple[RuleGroupConfig, ...]
    interval_ns: DurationNs
    is_fuzzy: bool
    unmatched: tuple[str, ...]


def read_rule_tests(path: Path) -> RuleTestFile:
    """Read a file of unit tests and the rule files that it names, beside it.

    Raises:
        ScenarioError: something is wrong with one of them; has every reason, located.
        OSError: one cannot be read.
    """
    problems = Problems()
    located = read_located(path, "tests", problems)
    document = None
    if located is not None and located.data is not None:
        document = validate_section(_FileDoc, located, problems)
    problems.raise_if_any()
    document = document or _FileDoc()
    files: list[Path] = []
    unmatched: list[str] = []
    for pattern in document.rule_files or ():
        found = _matching(path.parent, pattern)
        files += [one for one in found if one not in files]
        if not found:
            unmatched.append(pattern)
    groups = [group for file in files for group in read_rule_file(file)]
    interval_ns = document.evaluation_interval or NS_PER_MINUTE
    return RuleTestFile(
        tests=tuple(_test(one, interval_ns) for one in document.tests or ()),
        groups=_ordered(groups, document.group_eval_order or ()),
        interval_ns=interval_ns,
        is_fuzzy=document.fuzzy_compare,
        unmatched=tuple(unmatched),
    )


def _matching(directory: Path, pattern: str) -> list[Path]:
    asked = Path(pattern)
    if asked.is_absolute():
        return sorted(Path(asked.anchor).glob(str(asked.relative_to(asked.anchor))))
    return sorted(directory.glob(pattern))


def _ordered(
    groups: Sequence[RuleGroupConfig], names: Sequence[str]
) -> tuple[RuleGroupConfig, ...]:
    """Groups that are named come last, in the order of their names."""
    place = {name: index + 1 for index, name in enumerate(names)}
    return tuple(sorted(groups, key=lambda group: place.get(group.name, 0)))


def _test(doc: _TestDoc, interval_ns: DurationNs) -> RuleTest:
    return RuleTest(
        doc.name,
        doc.interval or interval_ns,
        tuple(InputSeries(one.series, one.values) for one in doc.input_series or ()),
        tuple(_alert_case(one) for one in doc.alert_rule_test or ()),
        tuple(
            ExpressionCase(
                one.eval_time,
                one.expr,
                tuple((sample.labels, sample.value) for sample in one.exp_samples or ()),
            )
            for one in doc.promql_expr_test or ()
        ),
        tuple(sorted((doc.external_labels or {}).items())),
        doc.external_url,
    )


def _alert_case(doc: _AlertCaseDoc) -> AlertCase:
    return AlertCase(
        doc.eval_time,
        doc.alertname,
        tuple(
            ExpectedAlert(
                label_set(one.exp_labels or {}), tuple(sorted((one.exp_annotations or {}).items()))
            )
            for one in doc.exp_alerts or ()
        ),
    )
