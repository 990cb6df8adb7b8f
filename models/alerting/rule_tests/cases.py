"""What a unit test of rules gives and expects, as frozen values. Instants are ns from its start."""

from dataclasses import dataclass

from models.alerting.rule_tests.notation import Sample
from models.base.time import DurationNs, TimeNs
from models.telemetry.labels import LabelSet
from models.telemetry.promql import Expression


@dataclass(frozen=True, slots=True)
class InputSeries:
    """One series; its samples are one ``interval_ns`` of the test apart, the first at 0."""

    labels: LabelSet
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class ExpectedAlert:
    """A firing alert: its labels without ``alertname``, and its annotations."""

    labels: LabelSet = ()
    annotations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AlertCase:
    """The alerts called ``name`` that fire at an instant: these and no others."""

    time_ns: TimeNs
    name: str
    alerts: tuple[ExpectedAlert, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpressionCase:
    """What an expression gives at an instant: these elements and no others."""

    time_ns: TimeNs
    expression: Expression
    samples: tuple[tuple[LabelSet, float], ...] = ()


@dataclass(frozen=True, slots=True)
class RuleTest:
    """One test. ``name`` may be empty."""

    name: str
    interval_ns: DurationNs
    series: tuple[InputSeries, ...] = ()
    alerts: tuple[AlertCase, ...] = ()
    expressions: tuple[ExpressionCase, ...] = ()
    external_labels: tuple[tuple[str, str], ...] = ()
    external_url: str = ""
