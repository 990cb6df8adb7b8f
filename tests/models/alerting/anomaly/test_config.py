"""What an anomaly detector can be told, and what not."""

from collections.abc import Callable

import pytest

from models.alerting.anomaly.config import (
    AnomalyConfig,
    ChangeConfig,
    EwmaConfig,
    SeasonalConfig,
)
from models.base.errors import ConfigError


@pytest.mark.parametrize(
    "make",
    [
        lambda: SeasonalConfig(period_ns=0),
        lambda: SeasonalConfig(periods=0, periods_min=0),
        lambda: SeasonalConfig(periods=2, periods_min=3),
        lambda: SeasonalConfig(periods=61),
        lambda: SeasonalConfig(periods_min=0),
        lambda: SeasonalConfig(neighbours=-1),
        lambda: SeasonalConfig(neighbours=31),
        lambda: EwmaConfig(0),
        lambda: ChangeConfig(window_ns=0),
        lambda: ChangeConfig(ratio=0.0),
        lambda: ChangeConfig(floor=0.0),
        lambda: AnomalyConfig(EwmaConfig(), in_a_row=0),
        lambda: AnomalyConfig(EwmaConfig(), calm_ns=-1),
    ],
)
def test_a_number_out_of_range_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ConfigError, match="anomaly"):
        make()


def test_the_ends_of_the_ranges_are_allowed() -> None:
    widest = SeasonalConfig(period_ns=1, periods=60, periods_min=60, neighbours=30)
    assert widest.memory_ns == 60
    assert SeasonalConfig(periods=1, periods_min=1, neighbours=0).periods == 1
    assert AnomalyConfig(EwmaConfig(1), in_a_row=1, calm_ns=0).calm_ns == 0


def test_a_change_remembers_two_windows():
    assert ChangeConfig(window_ns=7).memory_ns == 14
