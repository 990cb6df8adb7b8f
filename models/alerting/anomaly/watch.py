"""All series of one expression under watch: a detector for each, made when the series appears.

What is no finite number is neither learned nor judged, and an alert about its series stays as it
is. A series that stays away for longer than the method remembers is forgotten.
"""

from collections.abc import Iterable
from math import isfinite

from models.alerting.anomaly.config import AnomalyConfig
from models.alerting.anomaly.detector import AnomalyDetector
from models.base.time import TimeNs
from models.telemetry.labels import LabelSet
from models.telemetry.promql.plan.moment import EvaluationError
from models.telemetry.series import VectorSample

SERIES_MAX = 10_000


class AnomalyWatch:
    """Judges one result after the other, in order of time."""

    __slots__ = ("_config", "_detectors", "_seen")

    def __init__(self, config: AnomalyConfig) -> None:
        self._config = config
        self._detectors: dict[LabelSet, AnomalyDetector] = {}
        self._seen: dict[LabelSet, TimeNs] = {}

    def __len__(self) -> int:
        return len(self._detectors)

    def unusual(self, vector: Iterable[VectorSample], *, now: TimeNs) -> tuple[VectorSample, ...]:
        """The elements whose detector fires, as they are.

        Raises:
            EvaluationError: there are more than 10,000 series to remember.
        """
        self._forget(now)
        firing = []
        for sample in vector:
            detector = self._detector(sample.labels)
            self._seen[sample.labels] = now
            if isfinite(sample.value):
                detector.observe(sample.value, now=now)
            if detector.is_firing:
                firing.append(sample)
        return tuple(firing)

    def _detector(self, labels: LabelSet) -> AnomalyDetector:
        detector = self._detectors.get(labels)
        if detector is None:
            if len(self._detectors) >= SERIES_MAX:
                raise EvaluationError(f"more than {SERIES_MAX:,} series to watch for anomalies")
            detector = self._detectors[labels] = AnomalyDetector(self._config)
        return detector

    def _forget(self, now: TimeNs) -> None:
        oldest_ns = now - self._config.method.memory_ns
        for labels in [one for one, seen_ns in self._seen.items() if seen_ns < oldest_ns]:
            del self._seen[labels], self._detectors[labels]
