"""Alerts on what is unusual: a group of rules whose results are judged by detectors."""

from collections.abc import Sequence

from models.alerting.anomaly.config import (
    AnomalyConfig,
    ChangeConfig,
    Direction,
    EwmaConfig,
    Method,
    SeasonalConfig,
    Sensitivity,
)
from models.alerting.config import AnomalyRuleConfig, RuleGroupConfig
from models.alerting.templating.template import compile_template
from models.alerting.templating.tokens import TemplateError
from models.base.errors import ConfigError
from models.telemetry.promql import ValueKind, compile_expression
from models.telemetry.promql.syntax.tokens import ExpressionError
from scenarios.compile.findings import Findings
from scenarios.document.anomalies import METHODS, AnomalyDoc, EwmaDoc
from scenarios.source.marks import KeyPath

GROUP = "anomalies"


def compile_anomalies(docs: Sequence[AnomalyDoc], findings: Findings) -> list[RuleGroupConfig]:
    """One group with a rule per entry, none without entries."""
    rules = [
        _rule(doc, ("alerting", "anomalies", index), findings) for index, doc in enumerate(docs)
    ]
    return [RuleGroupConfig(GROUP, tuple(rules))] if rules else []


def _rule(doc: AnomalyDoc, path: KeyPath, findings: Findings) -> AnomalyRuleConfig:
    _check_expression(doc.expr, (*path, "expr"), findings)
    for key, texts in (("labels", doc.labels), ("annotations", doc.annotations)):
        for name, text in texts.items():
            _check_template(text, (*path, key, name), findings)
    return AnomalyRuleConfig(
        name=doc.alert,
        expression=doc.expr,
        for_ns=doc.pending,
        keep_firing_for_ns=doc.keep_firing_for,
        labels=tuple(sorted(doc.labels.items())),
        annotations=tuple(sorted(doc.annotations.items())),
        detector=AnomalyConfig(
            _method(doc, path, findings),
            Sensitivity[doc.sensitivity.upper()],
            Direction(doc.direction),
            in_a_row=doc.in_a_row,
            calm_ns=doc.calm,
        ),
    )


def _method(doc: AnomalyDoc, path: KeyPath, findings: Findings) -> Method:
    given = [name for name in METHODS if getattr(doc, name) is not None]
    if len(given) > 1:
        findings.at_key((*path, given[1]), f"an anomaly has one method, not {' and '.join(given)}")
    if doc.seasonal is not None:
        one = doc.seasonal
        try:
            return SeasonalConfig(one.period, one.periods, one.neighbours, one.periods_min)
        except ConfigError as error:
            findings.at_value((*path, "seasonal"), str(error).removeprefix("anomaly: "))
            return SeasonalConfig()
    if doc.change is not None:
        return ChangeConfig(doc.change.window, doc.change.ratio, doc.change.floor)
    return EwmaConfig((doc.ewma or EwmaDoc()).half_life)


def _check_expression(text: str, path: KeyPath, findings: Findings) -> None:
    try:
        kind = compile_expression(text).kind
    except ExpressionError as error:
        findings.at_value(path, str(error))
        return
    if kind not in (ValueKind.VECTOR, ValueKind.SCALAR):
        findings.at_value(path, f"the expression gives a {kind.value}, no vector")


def _check_template(text: str, path: KeyPath, findings: Findings) -> None:
    try:
        compile_template(text)
    except TemplateError as error:
        findings.at_value(path, str(error))
