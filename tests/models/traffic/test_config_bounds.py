"""The bounds that settings state are themselves allowed, and what lies just outside is not."""

from collections.abc import Callable
from math import nextafter

import pytest

from models.base.errors import ConfigError
from models.traffic.balancer.facts import PRIORITY_MAX, MemberFacts
from models.traffic.balancer.layers.config import PriorityConfig, SlowStartConfig, SubsetConfig
from models.traffic.balancer.prequal.config import PrequalConfig
from models.traffic.outlier.config import FailureShareConfig, OutlierConfig, SuccessRateConfig

OUT = nextafter
BOUNDS: tuple[tuple[Callable[..., object], str, float, float], ...] = (
    (OutlierConfig, "interval_ns", 1, 0),
    (OutlierConfig, "base_ns", 1, 0),
    (OutlierConfig, "ejection_ns_max", OutlierConfig().base_ns, OutlierConfig().base_ns - 1),
    (OutlierConfig, "jitter_ns_max", 0, -1),
    (OutlierConfig, "ejected_ratio_max", 0.0, OUT(0.0, -1.0)),
    (OutlierConfig, "ejected_ratio_max", 1.0, OUT(1.0, 2.0)),
    (SuccessRateConfig, "hosts_min", 1, 0),
    (SuccessRateConfig, "volume_min", 1, 0),
    (SuccessRateConfig, "stdev_factor", 0.0, OUT(0.0, -1.0)),
    (SuccessRateConfig, "stdev_factor", 1000.0, OUT(1000.0, 2000.0)),
    (FailureShareConfig, "hosts_min", 1, 0),
    (FailureShareConfig, "volume_min", 1, 0),
    (FailureShareConfig, "failure_ratio", 1.0, OUT(1.0, 2.0)),
    (PriorityConfig, "overprovisioning_percent", 100, 99),
    (SlowStartConfig, "window_ns", 1, 0),
    (SlowStartConfig, "aggression", 0.01, OUT(0.01, 0.0)),
    (SlowStartConfig, "aggression", 100.0, OUT(100.0, 200.0)),
    (SlowStartConfig, "weight_ratio_min", OUT(0.0, 1.0), 0.0),
    (SlowStartConfig, "weight_ratio_min", 1.0, OUT(1.0, 2.0)),
    (SubsetConfig, "size", 1, 0),
    (PrequalConfig, "quantile_window", 1, 0),
    (PrequalConfig, "age_ns_max", 1, 0),
    (PrequalConfig, "timeout_ns", 1, 0),
    (PrequalConfig, "pool_size", 2, 1),
    (PrequalConfig, "probes_per_pick", OUT(0.0, 1.0), 0.0),
    (PrequalConfig, "probes_per_pick", 100.0, OUT(100.0, 200.0)),
    (PrequalConfig, "removals_per_pick", 0.0, OUT(0.0, -1.0)),
    (PrequalConfig, "removals_per_pick", 100.0, OUT(100.0, 200.0)),
    (PrequalConfig, "reuse_slack", 0.0, OUT(0.0, -1.0)),
    (PrequalConfig, "reuse_slack", 1000.0, OUT(1000.0, 2000.0)),
    (PrequalConfig, "hot_quantile", 0.0, OUT(0.0, -1.0)),
    (PrequalConfig, "hot_quantile", 1.0, OUT(1.0, 2.0)),
    (MemberFacts, "priority", 0, -1),
    (MemberFacts, "priority", PRIORITY_MAX, PRIORITY_MAX + 1),
)


@pytest.mark.parametrize(("config", "name", "bound", "outside"), BOUNDS)
def test_a_bound_is_allowed_and_just_outside_is_refused(
    config: Callable[..., object], name: str, bound: float, outside: float
) -> None:
    config(**{name: bound})
    with pytest.raises(ConfigError):
        config(**{name: outside})
