"""Alert rules and the settings of monitoring as frozen values."""

from dataclasses import dataclass, field
from typing import TypeAlias

from models.alerting.anomaly.config import AnomalyConfig, EwmaConfig
from models.alerting.routing.conduct import ReceiverConduct
from models.alerting.routing.settings import AlertmanagerConfig, single_route
from models.alerting.routing.silence import Silence
from models.base.time import NS_PER_MINUTE, NS_PER_S, DurationNs
from models.telemetry.presenting.presentation import Presentation


@dataclass(frozen=True, slots=True)
class AlertRuleConfig:
    """One alerting rule: fires when ``expression`` has held for ``for_ns``."""

    name: str
    expression: str
    for_ns: DurationNs = 0
    keep_firing_for_ns: DurationNs = 0
    labels: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AnomalyRuleConfig(AlertRuleConfig):
    """One alerting rule about what is unusual instead of about what is there.

    Each series of ``expression`` has a detector of its own; the alert is active while it fires.
    """

    detector: AnomalyConfig = AnomalyConfig(EwmaConfig())


@dataclass(frozen=True, slots=True)
class RecordingRuleConfig:
    """One recording rule: writes the result of ``expression`` down as the metric ``name``.

    A label with an empty text is taken away from the result.
    """

    name: str
    expression: str
    labels: tuple[tuple[str, str], ...] = ()


RuleConfig: TypeAlias = AlertRuleConfig | RecordingRuleConfig


@dataclass(frozen=True, slots=True)
class RuleGroupConfig:
    """Rules evaluated in order at one instant every ``interval_ns`` (0: the global interval).

    A rule that gives more than ``limit`` (0: none) series or alerts fails. Expressions are asked
    for, and results written at, ``query_offset_ns`` before the instant.
    """

    name: str
    rules: tuple[RuleConfig, ...]
    interval_ns: DurationNs = 0
    limit: int = 0
    query_offset_ns: DurationNs = 0


@dataclass(frozen=True, slots=True)
class MonitoringConfig:
    """Where monitoring sits, how often it scrapes and evaluates, and whom it notifies.

    Targets show their metrics under the names of all ``presentations`` as well as their own.
    Alertmanager is on the same node unless it has a zone of its own. ``receivers`` says which
    receivers are slow, down or failing; ``silences`` are known from the start.
    ``external_labels`` and ``external_url`` are what templates of alerts know by these names.
    """

    zone: str
    scrape_interval_ns: DurationNs = 15 * NS_PER_S
    scrape_timeout_ns: DurationNs = 10 * NS_PER_S
    evaluation_interval_ns: DurationNs = 15 * NS_PER_S
    lookback_ns: DurationNs = 5 * NS_PER_MINUTE
    resend_delay_ns: DurationNs = NS_PER_MINUTE
    groups: tuple[RuleGroupConfig, ...] = ()
    alertmanager: AlertmanagerConfig = field(default_factory=single_route)
    alertmanager_zone: str | None = None
    receivers: tuple[ReceiverConduct, ...] = ()
    silences: tuple[Silence, ...] = ()
    presentations: tuple[Presentation, ...] = ()
    external_labels: tuple[tuple[str, str], ...] = ()
    external_url: str = ""
