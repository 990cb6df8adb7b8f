"""A group of rules, evaluated in order at one common instant every interval.

Instants are ``start + k * interval``. A group that comes late evaluates once, for the latest
instant that has passed; the ones before it are counted as missed and never made up for. Later
rules see the ``ALERTS`` series that earlier rules wrote. A rule whose expression fails on the
series that are there is an error of that rule alone: its alerts stay as they were.

The group makes the store keep samples for as long as its expressions look back.

Source: semantics 3.2; prometheus rules/group.go.
"""

from dataclasses import dataclass

from models.alerting.alert import Alert
from models.alerting.config import AlertRuleConfig, MonitoringConfig, RuleGroupConfig
from models.alerting.rule import AlertRule, InstanceSnapshot, Transition
from models.base.errors import ConfigError
from models.base.time import TimeNs
from models.telemetry.promql import Expression, compile_expression
from models.telemetry.promql.plan.moment import EvaluationError
from models.telemetry.scrape import ScrapeTarget
from models.telemetry.series import SeriesStore

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
    rule: AlertRule
    expression: Expression
    output: ScrapeTarget


class RuleGroup:
    """The rules of one group over the store that monitoring scrapes into.

    ``start_ns`` is the first evaluation, on the clock that stamps the samples.

    Raises:
        ConfigError: the group has neither an interval of its own nor a global one.
        ExpressionError: an expression is no PromQL.
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
        return tuple(one for member in self._members for one in member.rule.snapshot())

    def _member(self, config: AlertRuleConfig, monitoring: MonitoringConfig) -> _Member:
        rule = AlertRule(
            config, interval_ns=self._interval_ns, resend_delay_ns=monitoring.resend_delay_ns
        )
        output = ScrapeTarget(self._store, (), reports_up=False)
        expression = compile_expression(config.expression)
        self._store.keep_at_least(
            KEPT_FOR_EVER_NS
            if expression.reach_ns is None
            else expression.reach_ns + self._lookback_ns + self._interval_ns
        )
        return _Member(rule, expression, output)

    def _evaluate(self, time_ns: TimeNs) -> GroupEvaluation:
        transitions: list[Transition] = []
        alerts: list[Alert] = []
        errors: list[str] = []
        for member in self._members:
            try:
                vector = member.expression.vector(
                    self._store,
                    now=time_ns,
                    lookback_ns=self._lookback_ns,
                    step_ns=self._step_ns,
                )
            except EvaluationError as error:
                errors.append(f"alert {member.rule.name}: {error}")
                continue
            evaluation = member.rule.evaluate(vector, now=time_ns)
            if evaluation.error is not None:
                errors.append(evaluation.error)
                continue
            transitions.extend(evaluation.transitions)
            member.output.record(member.rule.state_series(), now=time_ns)
            alerts.extend(member.rule.dispatch(now=time_ns))
        return GroupEvaluation(time_ns, tuple(transitions), tuple(alerts), tuple(errors))
