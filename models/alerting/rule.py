"""One alerting rule: the vector of its expression in, moves and messages of its alerts out.

An alert instance is identified by the labels of a result element without the metric's name,
overlaid by the rule's labels and ``alertname``. What each evaluation does, in order: new elements
become pending; instances without an element are dropped (pending), kept (``keep_firing_for``)
or resolved (firing); pending instances that are at least ``for`` old fire. So a rule without
``for`` fires at its first evaluation, and one of 5 m evaluated every minute needs six in a row.

With more pending and firing instances than the group's ``limit`` the rule fails and forgets all.

Left out: restoring ``for`` after a restart.
Source: semantics 3.2; prometheus rules/alerting.go.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from models.alerting.alert import ALERT_NAME, Alert
from models.alerting.alert_state import AlertState, Stimulus, moved
from models.alerting.config import AlertRuleConfig
from models.alerting.templating.template import (
    Occasion,
    Query,
    Template,
    compile_template,
    no_query,
)
from models.base.errors import ConfigError
from models.base.time import NS_PER_MINUTE, NS_PER_S, DurationNs, TimeNs
from models.telemetry.labels import (
    METRIC_NAME,
    LabelSet,
    label_set,
    overlay,
    series_text,
    without_metric_name,
)
from models.telemetry.series import VectorSample

RESOLVED_RETENTION_NS = 15 * NS_PER_MINUTE
"""How long a resolved instance is remembered and its resolution sent again."""
LIFETIME_INTERVALS = 4
"""A message is good for that many intervals; then the Alertmanager takes the alert as resolved."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One move of one instance, at the instant of the evaluation that caused it."""

    labels: LabelSet
    previous: AlertState
    state: AlertState
    value: float
    time_ns: TimeNs


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one evaluation did. With an ``error`` nothing is to be written or sent."""

    transitions: tuple[Transition, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class InstanceSnapshot:
    """One instance as it stands. Instants that have not come are None."""

    labels: LabelSet
    state: AlertState
    value: float
    annotations: tuple[tuple[str, str], ...]
    active_at_ns: TimeNs
    fired_at_ns: TimeNs | None
    keep_firing_since_ns: TimeNs | None
    resolved_at_ns: TimeNs | None
    last_sent_at_ns: TimeNs | None


@dataclass(slots=True)
class _Instance:
    value: float
    annotations: tuple[tuple[str, str], ...]
    active_at_ns: TimeNs
    state: AlertState = AlertState.INACTIVE
    fired_at_ns: TimeNs | None = None
    keep_firing_since_ns: TimeNs | None = None
    resolved_at_ns: TimeNs | None = None
    last_sent_at_ns: TimeNs | None = None


@dataclass(frozen=True, slots=True)
class _Templates:
    labels: tuple[tuple[str, Template], ...]
    annotations: tuple[tuple[str, Template], ...]

    @classmethod
    def of(cls, config: AlertRuleConfig) -> "_Templates":
        return cls(
            tuple((name, compile_template(text)) for name, text in config.labels),
            tuple((name, compile_template(text)) for name, text in config.annotations),
        )

    def labelled(self, occasion: Occasion) -> dict[str, str]:
        return {name: template.expand(occasion) for name, template in self.labels}

    def annotated(self, occasion: Occasion) -> tuple[tuple[str, str], ...]:
        return tuple((name, template.expand(occasion)) for name, template in self.annotations)

    def queries(self) -> tuple[str, ...]:
        templates = (one for _, one in (*self.labels, *self.annotations))
        return tuple(text for template in templates for text in template.queries())


class AlertRule:
    """State of one rule. ``interval_ns`` is how often its group is evaluated.

    Raises:
        ConfigError: the name is empty, a duration is negative or the interval is not positive.
        TemplateError: a label or annotation is no template.
    """

    def __init__(
        self,
        config: AlertRuleConfig,
        *,
        interval_ns: DurationNs,
        resend_delay_ns: DurationNs,
        external_labels: tuple[tuple[str, str], ...] = (),
        external_url: str = "",
    ) -> None:
        _check(config)
        if interval_ns <= 0 or resend_delay_ns < 0:
            raise ConfigError(f"alert {config.name}: interval and resend delay must be positive")
        self._config = config
        self._templates = _Templates.of(config)
        self._external = (external_labels, external_url)
        self._resend_delay_ns = resend_delay_ns
        self._lifetime_ns = LIFETIME_INTERVALS * max(interval_ns, resend_delay_ns)
        self._instances: dict[LabelSet, _Instance] = {}

    @property
    def name(self) -> str:
        """Name of the alert."""
        return self._config.name

    def reconfigure(self, config: AlertRuleConfig) -> None:
        """Take a new ``for``, ``keep_firing_for`` or annotations from the next evaluation on.

        A firing instance that is younger than the new ``for`` falls back to pending then.

        Raises:
            ConfigError: name, expression or labels differ, which makes it another rule.
        """
        _check(config)
        mine = (self._config.name, self._config.expression, self._config.labels)
        if mine != (config.name, config.expression, config.labels):
            raise ConfigError(f"alert {self.name}: another expression or labels is another rule")
        self._config = config
        self._templates = _Templates.of(config)

    def template_queries(self) -> tuple[str, ...]:
        """The PromQL that labels and annotations ask for, as far as their texts show."""
        return self._templates.queries()

    def evaluate(
        self,
        vector: Iterable[VectorSample],
        *,
        now: TimeNs,
        limit: int = 0,
        query: Query = no_query,
    ) -> Evaluation:
        """Digest the result of the expression at ``now``; ``limit`` 0 is none.

        ``query`` answers what templates ask, at the same instant.

        Two elements that become the same instance are an error of the whole rule: nothing
        changes, as if there had been no evaluation.
        """
        found: dict[LabelSet, _Instance] = {}
        for sample in vector:
            occasion = Occasion(sample.labels, sample.value, *self._external, query)
            labels = self._instance_labels(occasion)
            if labels in found:
                error = f"alert {self.name}: two results have the labels {series_text(labels)}"
                return Evaluation(error=error)
            found[labels] = _Instance(sample.value, self._templates.annotated(occasion), now)
        moves: list[Transition] = []
        for labels, fresh in found.items():
            self._admit(labels, fresh, moves, now)
        for labels in list(self._instances):
            if labels in found:
                self._age(labels, moves, now)
            else:
                self._miss(labels, moves, now)
        if limit and (count := self._active_count()) > limit:
            error = f"alert {self.name}: exceeded limit of {limit} with {count} alerts"
            return Evaluation(self._forget_all(now), error)
        return Evaluation(tuple(moves))

    def dispatch(self, *, now: TimeNs) -> tuple[Alert, ...]:
        """The alerts to send to the Alertmanager at this evaluation, which counts as sent.

        A firing alert goes out when it starts and again once its last message is older than
        the resend delay; a resolved one at once, and again likewise until it is forgotten.
        """
        due = []
        for labels, instance in self._instances.items():
            if not self._needs_sending(instance, now):
                continue
            instance.last_sent_at_ns = now
            resolved_at = instance.resolved_at_ns
            ends_at = now + self._lifetime_ns if resolved_at is None else resolved_at
            fired_at = instance.fired_at_ns
            starts_at = instance.active_at_ns if fired_at is None else fired_at
            due.append(Alert(labels, starts_at, ends_at, instance.annotations))
        return tuple(due)

    def state_series(self) -> tuple[VectorSample, ...]:
        """The series ``ALERTS`` and ``ALERTS_FOR_STATE`` of every pending or firing instance.

        The second has the value of the instant the instance became pending, in seconds.
        """
        written = []
        for labels, instance in self._instances.items():
            if instance.state not in (AlertState.PENDING, AlertState.FIRING):
                continue
            state = {METRIC_NAME: "ALERTS", "alertstate": instance.state.value}
            written.append(VectorSample(overlay(labels, state), 1.0))
            since = overlay(labels, {METRIC_NAME: "ALERTS_FOR_STATE"})
            written.append(VectorSample(since, instance.active_at_ns / NS_PER_S))
        return tuple(written)

    def snapshot(self) -> tuple[InstanceSnapshot, ...]:
        """Every instance the rule knows, sorted by labels."""
        return tuple(
            InstanceSnapshot(
                labels,
                instance.state,
                instance.value,
                instance.annotations,
                instance.active_at_ns,
                instance.fired_at_ns,
                instance.keep_firing_since_ns,
                instance.resolved_at_ns,
                instance.last_sent_at_ns,
            )
            for labels, instance in sorted(self._instances.items(), key=lambda item: item[0])
        )

    def _active_count(self) -> int:
        active = (AlertState.PENDING, AlertState.FIRING)
        return sum(instance.state in active for instance in self._instances.values())

    def _forget_all(self, now: TimeNs) -> tuple[Transition, ...]:
        gone = tuple(
            Transition(labels, instance.state, AlertState.INACTIVE, instance.value, now)
            for labels, instance in self._instances.items()
            if instance.state in (AlertState.PENDING, AlertState.FIRING)
        )
        self._instances.clear()
        return gone

    def _instance_labels(self, occasion: Occasion) -> LabelSet:
        added = self._templates.labelled(occasion)
        added[ALERT_NAME] = self._config.name
        return overlay(without_metric_name(occasion.labels), added)

    def _admit(
        self, labels: LabelSet, fresh: _Instance, moves: list[Transition], now: TimeNs
    ) -> None:
        known = self._instances.get(labels)
        if known is not None and known.state is not AlertState.RESOLVED:
            known.value, known.annotations = fresh.value, fresh.annotations
            return
        if known is not None:
            fresh.state = known.state
        self._instances[labels] = fresh
        self._move(labels, Stimulus.APPEARED, moves, now)

    def _age(self, labels: LabelSet, moves: list[Transition], now: TimeNs) -> None:
        instance = self._instances[labels]
        instance.keep_firing_since_ns = None
        is_old_enough = now - instance.active_at_ns >= self._config.for_ns
        if instance.state is AlertState.PENDING and is_old_enough:
            instance.fired_at_ns = now
            self._move(labels, Stimulus.HELD, moves, now)
        elif instance.state is AlertState.FIRING and not is_old_enough:
            self._move(labels, Stimulus.TOO_YOUNG, moves, now)

    def _miss(self, labels: LabelSet, moves: list[Transition], now: TimeNs) -> None:
        instance = self._instances[labels]
        if instance.state is AlertState.PENDING:
            self._move(labels, Stimulus.GONE, moves, now)
        elif instance.state is AlertState.FIRING and not self._keeps_firing(instance, now):
            instance.resolved_at_ns = now
            self._move(labels, Stimulus.GONE, moves, now)
        elif instance.state is AlertState.RESOLVED:
            resolved_at = instance.resolved_at_ns
            if resolved_at is not None and now - resolved_at > RESOLVED_RETENTION_NS:
                instance.state = moved(instance.state, Stimulus.FORGOTTEN)
        if instance.state is AlertState.INACTIVE:
            del self._instances[labels]

    def _keeps_firing(self, instance: _Instance, now: TimeNs) -> bool:
        if self._config.keep_firing_for_ns == 0:
            return False
        if instance.keep_firing_since_ns is None:
            instance.keep_firing_since_ns = now
        return now - instance.keep_firing_since_ns < self._config.keep_firing_for_ns

    def _move(
        self, labels: LabelSet, stimulus: Stimulus, moves: list[Transition], now: TimeNs
    ) -> None:
        instance = self._instances[labels]
        previous, instance.state = instance.state, moved(instance.state, stimulus)
        moves.append(Transition(labels, previous, instance.state, instance.value, now))

    def _needs_sending(self, instance: _Instance, now: TimeNs) -> bool:
        if instance.state is AlertState.PENDING:
            return False
        last = instance.last_sent_at_ns
        if last is None:
            return True
        if instance.resolved_at_ns is not None and instance.resolved_at_ns > last:
            return True
        return last + self._resend_delay_ns < now


def _check(config: AlertRuleConfig) -> None:
    if not config.name:
        raise ConfigError("an alert needs a name")
    if config.for_ns < 0 or config.keep_firing_for_ns < 0:
        raise ConfigError(f"alert {config.name}: 'for' and 'keep_firing_for' cannot be negative")
    for pairs in (config.labels, config.annotations):
        label_set(pairs)
