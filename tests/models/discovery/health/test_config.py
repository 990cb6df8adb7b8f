"""What a health check can be told, and what not."""

from collections.abc import Callable

import pytest

from models.base.errors import ConfigError
from models.discovery.health.config import CheckConfig, HttpProbe, Schedule, TcpProbe


@pytest.mark.parametrize(
    "make",
    [
        lambda: HttpProbe(method="get"),
        lambda: HttpProbe(method=""),
        lambda: HttpProbe(path="healthz"),
        lambda: HttpProbe(expected=()),
        lambda: HttpProbe(expected=((299, 200),)),
        lambda: HttpProbe(expected=((99, 200),)),
        lambda: HttpProbe(retriable=((500, 600),)),
        lambda: TcpProbe(0),
        lambda: TcpProbe(65536),
        lambda: CheckConfig(rise=0),
        lambda: CheckConfig(fall=0),
        lambda: CheckConfig(interval_ns=0),
        lambda: CheckConfig(timeout_ns=0),
        lambda: CheckConfig(jitter_ns=-1),
        lambda: CheckConfig(initial_delay_ns=-1),
        lambda: CheckConfig(unhealthy_interval_ns=-1),
        lambda: CheckConfig(interval_ns=9, timeout_ns=10),
        lambda: CheckConfig(interval_ns=10, timeout_ns=10, unhealthy_interval_ns=9),
        lambda: CheckConfig(interval_ns=10, timeout_ns=10, edge_interval_ns=9),
    ],
)
def test_what_makes_no_sense_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ConfigError, match="health check"):
        make()


def test_a_timeout_as_long_as_the_interval_is_allowed() -> None:
    assert CheckConfig(interval_ns=10, timeout_ns=10).timeout_ns == 10


def test_from_end_to_start_probes_cannot_overlap_whatever_the_timeout() -> None:
    config = CheckConfig(interval_ns=1, timeout_ns=10, schedule=Schedule.END_TO_START)
    assert config.timeout_ns == 10
