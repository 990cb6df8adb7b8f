"""Queues that stand: controlled delay and adaptive LIFO. Semantics 8.7."""

import pytest

from models.base.errors import ConfigError
from models.traffic.shedding.adaptive_lifo import AdaptiveLifo, AdaptiveLifoConfig, Order
from models.traffic.shedding.codel import CodelConfig
from models.traffic.shedding.controlled_delay import ControlledDelay
from models.traffic.shedding.standing import Standing

FIFO, LIFO = Order.OLDEST_FIRST, Order.NEWEST_FIRST


def test_a_queue_stands_from_the_moment_it_was_last_calm() -> None:
    standing = Standing(mark=2)
    standing.changed(1, 0)
    standing.changed(3, 100)
    standing.changed(5, 120)
    assert [standing.duration_ns(now) for now in (100, 120, 150)] == [0, 20, 50]
    standing.changed(2, 160)
    assert standing.duration_ns(999) == 0


def test_a_queue_nobody_has_joined_does_not_stand() -> None:
    assert Standing().duration_ns(10**12) == 0


def test_a_negative_mark_is_refused() -> None:
    with pytest.raises(ConfigError, match="mark"):
        Standing(-1)


def test_a_burst_may_wait_the_interval_and_a_standing_queue_the_target() -> None:
    delay = ControlledDelay(CodelConfig(target_ns=5, interval_ns=100))
    delay.changed(7, 1_000)
    assert [delay.wait_ns_max(now) for now in (1_000, 1_100, 1_101)] == [100, 100, 5]
    delay.changed(0, 1_200)
    delay.changed(1, 2_000)
    assert delay.wait_ns_max(2_050) == 100


@pytest.mark.parametrize("config", [CodelConfig(0, 1), CodelConfig(1, 0)])
def test_a_delay_of_nothing_is_refused(config: CodelConfig) -> None:
    with pytest.raises(ConfigError, match="controlled delay"):
        ControlledDelay(config)


def test_the_newest_is_served_first_once_the_queue_has_stood_too_long() -> None:
    lifo = AdaptiveLifo(AdaptiveLifoConfig(standing_ns=100))
    lifo.changed(1, 1_000)
    assert [lifo.order(now) for now in (1_100, 1_101)] == [FIFO, LIFO]
    lifo.changed(0, 1_200)
    assert lifo.order(1_200) is FIFO


def test_the_newest_is_served_first_from_a_length_on_until_the_mark_below() -> None:
    lifo = AdaptiveLifo(AdaptiveLifoConfig(length_from=5, standing_ns=0, length_back=2))
    orders = []
    for waiting in (4, 5, 4, 3, 2, 3, 4, 5):
        lifo.changed(waiting, 0)
        orders.append(lifo.order(10**12))
    assert orders == [FIFO, LIFO, LIFO, LIFO, FIFO, FIFO, FIFO, LIFO]


def test_a_queue_down_to_its_mark_does_not_stand() -> None:
    lifo = AdaptiveLifo(AdaptiveLifoConfig(standing_ns=100, length_back=2))
    lifo.changed(9, 0)
    lifo.changed(2, 150)
    lifo.changed(3, 160)
    assert [lifo.order(now) for now in (260, 261)] == [FIFO, LIFO]


@pytest.mark.parametrize(
    "config",
    [
        AdaptiveLifoConfig(length_from=-1),
        AdaptiveLifoConfig(standing_ns=-1),
        AdaptiveLifoConfig(length_back=-1),
        AdaptiveLifoConfig(length_from=0, standing_ns=0),
        AdaptiveLifoConfig(length_from=3, length_back=3),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(config: AdaptiveLifoConfig) -> None:
    with pytest.raises(ConfigError, match="adaptive LIFO"):
        AdaptiveLifo(config)


def test_a_nanosecond_is_the_shortest_delay() -> None:
    assert ControlledDelay(CodelConfig(1, 1)).wait_ns_max(0) == 1
