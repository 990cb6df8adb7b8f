"""One recording rule: the vector of its expression in, the series it writes out.

The result takes the rule's name, and the rule's labels are laid over it as they stand: unlike an
alert's they are no templates. Two elements that become one series are an error of the rule.

Source: semantics 3.1; prometheus rules/recording.go.
"""

from collections.abc import Iterable

from models.alerting.config import RecordingRuleConfig
from models.base.errors import ConfigError
from models.telemetry.labels import METRIC_NAME, LabelSet, overlay, series_text
from models.telemetry.promql.plan.moment import EvaluationError
from models.telemetry.series import VectorSample


class RecordingRule:
    """Writes results down under a name of their own.

    Raises:
        ConfigError: the name is empty.
    """

    def __init__(self, config: RecordingRuleConfig) -> None:
        if not config.name:
            raise ConfigError("a recording rule needs a name")
        self._config = config
        self._laid_over = dict(config.labels) | {METRIC_NAME: config.name}

    @property
    def name(self) -> str:
        """Name of the metric."""
        return self._config.name

    def evaluate(self, vector: Iterable[VectorSample], *, limit: int = 0) -> list[VectorSample]:
        """The series to write; at most ``limit`` of them if that is not 0.

        Raises:
            EvaluationError: two of them are the same series, or there are too many.
        """
        written: dict[LabelSet, VectorSample] = {}
        for sample in vector:
            labels = overlay(sample.labels, self._laid_over)
            if labels in written:
                raise EvaluationError(f"two results have the labels {series_text(labels)}")
            written[labels] = VectorSample(labels, sample.value)
        if limit and len(written) > limit:
            raise EvaluationError(f"exceeded limit of {limit} with {len(written)} series")
        return list(written.values())
