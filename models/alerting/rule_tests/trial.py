"""The verdict on one unit test of rules.

All groups are evaluated, in order, at 0 and every evaluation interval up to the last instant
asked for; at each step the samples up to it are there and none after it. An alert case is judged
by the evaluation at or before its instant. Expressions are asked at the end. Numbers are equal
when all their bits are, and NaN never is; ``is_fuzzy`` forgives the last bit.

Source: semantics 3.3; prometheus cmd/promtool/unittest.go.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import inf, nextafter

from models.alerting.alert import ALERT_NAME
from models.alerting.alert_state import AlertState
from models.alerting.config import MonitoringConfig, RuleGroupConfig
from models.alerting.rule_group import KEPT_FOR_EVER_NS, RuleGroup
from models.alerting.rule_tests.cases import AlertCase, ExpectedAlert, ExpressionCase, RuleTest
from models.alerting.rule_tests.notation import NoNumber
from models.base.time import DurationNs, TimeNs, format_duration
from models.telemetry.labels import LabelSet, label_set, series_text
from models.telemetry.promql.plan.moment import EvaluationError
from models.telemetry.series import LOOKBACK_NS, SeriesStore

_NOTHING = "nothing"


class Trial:
    """One test, run against the groups it is about."""

    def __init__(
        self,
        test: RuleTest,
        groups: Sequence[RuleGroupConfig],
        *,
        interval_ns: DurationNs,
        is_fuzzy: bool = False,
    ) -> None:
        self._test = test
        self._interval_ns = interval_ns
        self._is_fuzzy = is_fuzzy
        self._store = SeriesStore()
        self._store.keep_at_least(KEPT_FOR_EVER_NS)
        monitoring = MonitoringConfig(
            "",
            evaluation_interval_ns=interval_ns,
            external_labels=test.external_labels,
            external_url=test.external_url,
        )
        self._groups = tuple(
            RuleGroup(replace(one, interval_ns=interval_ns), monitoring, self._store)
            for one in groups
        )
        self._loaded = 0

    def run(self) -> tuple[str, ...]:
        """What differs from what was expected, a paragraph each; empty if nothing does."""
        test = self._test
        instants = [case.time_ns for case in test.alerts]
        instants += [case.time_ns for case in test.expressions]
        complaints: list[str] = []
        for time_ns in range(0, max(instants, default=-1) + 1, self._interval_ns):
            self._load(time_ns)
            errors = [
                f"rule error at {format_duration(time_ns)}: {error}"
                for group in self._groups
                for error in _errors_of(group, time_ns)
            ]
            if errors:
                return tuple(errors)
            for case in test.alerts:
                if time_ns <= case.time_ns < time_ns + self._interval_ns:
                    complaints += self._judge_alerts(case)
        for question in test.expressions:
            complaints += self._judge_expression(question)
        return tuple(complaints)

    def _load(self, until_ns: TimeNs) -> None:
        step_ns = self._test.interval_ns
        count = until_ns // step_ns + 1
        for index in range(self._loaded, count):
            for series in self._test.series:
                if index >= len(series.samples):
                    continue
                sample = series.samples[index]
                if sample is NoNumber.GAP:
                    continue
                value = None if isinstance(sample, NoNumber) else sample
                self._store.append(series.labels, time_ns=index * step_ns, value=value)
        self._loaded = max(self._loaded, count)

    def _judge_alerts(self, case: AlertCase) -> Iterable[str]:
        firing = [
            (instance.labels, instance.annotations)
            for group in self._groups
            for rule in group.alert_rules()
            if rule.name == case.name
            for instance in rule.snapshot()
            if instance.state is AlertState.FIRING
        ]
        expected = [_full(case.name, one) for one in case.alerts]
        if sorted(firing) != sorted(expected):
            yield _difference(
                f"alertname: {case.name}, time: {format_duration(case.time_ns)}",
                [_alert_text(*one) for one in sorted(expected)],
                [_alert_text(*one) for one in sorted(firing)],
            )

    def _judge_expression(self, case: ExpressionCase) -> Iterable[str]:
        about = f'expr: "{case.expression.text}", time: {format_duration(case.time_ns)}'
        try:
            vector = case.expression.vector(
                self._store,
                now=case.time_ns,
                lookback_ns=LOOKBACK_NS,
                step_ns=self._interval_ns,
            )
        except EvaluationError as error:
            yield f"{about}\n  error: {error}"
            return
        got = sorted((one.labels, one.value) for one in vector)
        expected = sorted(case.samples)
        is_same = len(got) == len(expected) and all(
            mine[0] == theirs[0] and self._equal(mine[1], theirs[1])
            for mine, theirs in zip(got, expected, strict=True)
        )
        if not is_same:
            yield _difference(
                about,
                [f"{series_text(labels)} {value!r}" for labels, value in expected],
                [f"{series_text(labels)} {value!r}" for labels, value in got],
            )

    def _equal(self, mine: float, theirs: float) -> bool:
        if mine == theirs:
            return True
        return self._is_fuzzy and theirs in (nextafter(mine, inf), nextafter(mine, -inf))


def _errors_of(group: RuleGroup, time_ns: TimeNs) -> tuple[str, ...]:
    evaluation = group.tick(now=time_ns)
    return () if evaluation is None else evaluation.errors


def _full(name: str, alert: ExpectedAlert) -> tuple[LabelSet, tuple[tuple[str, str], ...]]:
    labels = label_set(dict(alert.labels) | {ALERT_NAME: name})
    return labels, tuple(sorted(alert.annotations))


def _alert_text(labels: LabelSet, annotations: tuple[tuple[str, str], ...]) -> str:
    notes = ", ".join(f'{name}="{text}"' for name, text in annotations)
    return f"Labels:{series_text(labels)} Annotations:{{{notes}}}"


def _difference(about: str, expected: list[str], got: list[str]) -> str:
    lines = [about]
    for word, found in (("exp", expected), ("got", got)):
        lines += [f"  {word}: {one}" for one in found or [_NOTHING]]
    return "\n".join(lines)
