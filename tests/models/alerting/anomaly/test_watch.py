"""Series under watch, each by its own past."""

from math import inf, nan

import pytest

from models.alerting.anomaly import watch as module
from models.alerting.anomaly.config import AnomalyConfig, ChangeConfig
from models.alerting.anomaly.watch import AnomalyWatch
from models.telemetry.promql.plan.moment import EvaluationError
from models.telemetry.series import VectorSample

A, B = (("job", "a"),), (("job", "b"),)
CHANGE = AnomalyConfig(ChangeConfig(window_ns=10, ratio=0.5), calm_ns=0)


def fed(watch, now, **values):
    vector = [VectorSample(A if name == "a" else B, value) for name, value in values.items()]
    return [sample.labels for sample in watch.unusual(vector, now=now)]


def test_every_series_is_judged_by_its_own_past():
    watch = AnomalyWatch(CHANGE)
    assert fed(watch, 0, a=1.0, b=100.0) == []
    assert fed(watch, 10, a=2.0, b=101.0) == [A]
    assert fed(watch, 11, a=1.1, b=200.0) == [B]


def test_what_is_no_number_is_not_judged_and_leaves_the_alert_as_it_is():
    watch = AnomalyWatch(CHANGE)
    fed(watch, 0, a=1.0)
    assert fed(watch, 9, a=nan) == []
    assert fed(watch, 10, a=2.0) == [A]
    assert fed(watch, 11, a=nan) == [A]
    assert fed(watch, 12, a=inf) == [A]
    assert fed(watch, 13, a=1.0) == []


def test_a_series_that_stays_away_for_longer_than_the_memory_is_forgotten():
    watch = AnomalyWatch(CHANGE)
    fed(watch, 0, a=1.0)
    assert fed(watch, 20) == []
    assert len(watch) == 1
    assert fed(watch, 21) == []
    assert len(watch) == 0


def test_more_series_than_can_be_remembered_are_an_error(monkeypatch):
    monkeypatch.setattr(module, "SERIES_MAX", 1)
    watch = AnomalyWatch(CHANGE)
    fed(watch, 0, a=1.0)
    with pytest.raises(EvaluationError, match="more than 1 series"):
        fed(watch, 1, a=1.0, b=1.0)
