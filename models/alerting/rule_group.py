"""A group of rules, evaluated in order at one common instant every interval.

Instants are ``start + k * interval``. A group that comes late evaluates once, for the latest
instant that has passed; the ones before it are counted as missed and never made up for. Later
rules see what earlier rules recorded, and their ``ALERTS`` series. A rule whose expression fails
on the series that are there is an error of that rule alone: its alerts stay as they were.

The group makes the store keep samples for as long as its expressions look back.

Source: semantics 3.2; prometheus rules/group.go.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache

from models.alerting.alert import Alert
from models.alerting.anomaly.watch import AnomalyWatch
from models.alerting.config import (
    AlertRuleConfig,
    AnomalyRuleConfig,
    MonitoringConfig,
    RuleConfig,
    RuleGroupConfig,
)
from models.alerting.recording import RecordingRule
from models.alerting.rule import AlertRule, InstanceSnapshot, Transition
from models.base.errors import ConfigError, ValueSyntaxError
from models.base.time import TimeNs
from models.telemetry.promql import Expression, compile_expression
from models.telemetry.promql.plan.moment import EvaluationError
from models.telemetry.scrape import ScrapeTarget
from models.telemetry.series import SeriesStore, VectorSample

KEPT_FOR_EVER_NS = 2**62
"""Retention for expressions that ``@`` pins to an instant."""


@dataclass(frozen=True, slots=True)
class GroupEvaluation:
    """What one evaluation of a group did: moves, alerts to send, and errors of single rules."""

    time_ns: TimeNs
    transitions: tuple[Transition, ...]
    alerts: tuple[Alert, ...]
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Member:
    rule: AlertRule | RecordingRule
    expression: Expression
    output: ScrapeTarget
    watch: AnomalyWatch | None


@dataclass(slots=True)
class _Done:
    transitions: list[Transition] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@lru_cache(maxsize=256)
def _compiled(text: str) -> Expression:
    return compile_expression(text)


class RuleGroup:
    """The rules of one group over the store that monitoring scrapes into.

    ``start_ns`` is the first evaluation, on the clock that stamps the samples.

    Raises:
        ConfigError: the group has neither an interval of its own nor a global one.
        ExpressionError: an expression is no PromQL.
        TemplateError: a label or annotation is no template.
    """

    def __init__(
        self,
        config: RuleGroupConfig,
        monitoring: MonitoringConfig,
        store: SeriesStore,
        *,
        start_ns: TimeNs = 0,
    ) -> None:
        self.name = config.name
        self.missed = 0
        self._interval_ns = config.interval_ns or monitoring.evaluation_interval_ns
        if self._interval_ns <= 0:
            raise ConfigError(f"rule group {config.name}: the interval must be positive")
        self._lookback_ns = monitoring.lookback_ns
        self._step_ns = monitoring.evaluation_interval_ns or self._interval_ns
        self._limit = config.limit
        self._offset_ns = config.query_offset_ns
        self._store = store
        self._next_ns = start_ns
        self._members = tuple(self._member(rule, monitoring) for rule in config.rules)

    def next_deadline(self) -> TimeNs:
        """Instant of the next evaluation."""
        return self._next_ns

    def tick(self, *, now: TimeNs) -> GroupEvaluation | None:
        """Evaluate every rule for the latest instant that is due, None when none is."""
        if now < self._next_ns:
            return None
        late = (now - self._next_ns) // self._interval_ns
        self.missed += late
        time_ns = self._next_ns + late * self._interval_ns
        self._next_ns = time_ns + self._interval_ns
        return self._evaluate(time_ns)

    def snapshot(self) -> tuple[InstanceSnapshot, ...]:
        """Every alert instance of every rule, in the order of the rules."""
        return tuple(one for rule in self.alert_rules() for one in rule.snapshot())

    def alert_rules(self) -> tuple[AlertRule, ...]:
        """The alerting rules, in order."""
        return tuple(one.rule for one in self._members if isinstance(one.rule, AlertRule))

    def _member(self, config: RuleConfig, monitoring: MonitoringConfig) -> _Member:
        rule: AlertRule | RecordingRule
        if isinstance(config, AlertRuleConfig):
            rule = AlertRule(
                config,
                interval_ns=self._interval_ns,
                resend_delay_ns=monitoring.resend_delay_ns,
                external_labels=monitoring.external_labels,
                external_url=monitoring.external_url,
            )
        else:
            rule = RecordingRule(config)
        output = ScrapeTarget(self._store, (), reports_up=False)
        expression = compile_expression(config.expression)
        self._keep_for(expression)
        if isinstance(rule, AlertRule):
            for text in rule.template_queries():
                with suppress(ValueSyntaxError):  # the alert's text will tell of it
                    self._keep_for(compile_expression(text))
        watch = AnomalyWatch(config.detector) if isinstance(config, AnomalyRuleConfig) else None
        return _Member(rule, expression, output, watch)

    def _keep_for(self, expression: Expression) -> None:
        self._store.keep_at_least(
            KEPT_FOR_EVER_NS
            if expression.reach_ns is None
            else expression.reach_ns + self._lookback_ns + self._interval_ns + self._offset_ns
        )

    def _query(self, text: str, time_ns: TimeNs) -> tuple[VectorSample, ...]:
        return _compiled(text).vector(
            self._store, now=time_ns, lookback_ns=self._lookback_ns, step_ns=self._step_ns
        )

    def _evaluate(self, time_ns: TimeNs) -> GroupEvaluation:
        done = _Done()
        for member in self._members:
            try:
                vector = member.expression.vector(
                    self._store,
                    now=time_ns - self._offset_ns,
                    lookback_ns=self._lookback_ns,
                    step_ns=self._step_ns,
                )
                if member.watch is not None:
                    vector = member.watch.unusual(vector, now=time_ns)
                if isinstance(member.rule, RecordingRule):
                    recorded = member.rule.evaluate(vector, limit=self._limit)
                    member.output.record(recorded, now=time_ns - self._offset_ns)
                else:
                    self._alert(member.rule, member.output, vector, time_ns, done)
            except EvaluationError as error:
                done.errors.append(f"{_what(member.rule)}: {error}")
        return GroupEvaluation(
            time_ns, tuple(done.transitions), tuple(done.alerts), tuple(done.errors)
        )

    def _alert(
        self,
        rule: AlertRule,
        output: ScrapeTarget,
        vector: tuple[VectorSample, ...],
        time_ns: TimeNs,
        done: _Done,
    ) -> None:
        evaluation = rule.evaluate(
            vector,
            now=time_ns,
            limit=self._limit,
            query=lambda text: self._query(text, time_ns),
        )
        done.transitions.extend(evaluation.transitions)
        if evaluation.error is not None:
            done.errors.append(evaluation.error)
            return
        output.record(rule.state_series(), now=time_ns - self._offset_ns)
        done.alerts.extend(rule.dispatch(now=time_ns))


def _what(rule: AlertRule | RecordingRule) -> str:
    return f"alert {rule.name}" if isinstance(rule, AlertRule) else f"record {rule.name}"
