"""Limits of a connection pool. Semantics 7.3 (Envoy circuit breakers)."""

import pytest

from models.base.errors import ConfigError, SimulationError
from models.traffic.concurrency.pool_limits import (
    Admission,
    PoolLimits,
    PoolLimitsConfig,
    PoolSnapshot,
)

SEND, WAIT, OVERFLOW = Admission


def test_the_defaults_send_1024_let_none_wait_and_allow_three_retries() -> None:
    """Requests and connections have the same default, so requests run out first."""
    limits = PoolLimits(PoolLimitsConfig())
    assert [limits.arrive() for _ in range(1025)] == [SEND] * 1024 + [OVERFLOW]
    assert [limits.try_retry() for _ in range(4)] == [True, True, True, False]


def test_requests_wait_for_a_connection_until_the_bench_is_full() -> None:
    limits = PoolLimits(PoolLimitsConfig(connections_max=1, pending_max=2, requests_max=9))
    assert [limits.arrive() for _ in range(4)] == [SEND, WAIT, WAIT, OVERFLOW]
    assert limits.snapshot() == PoolSnapshot(1, 2, 0, 1, 0)


def test_a_request_that_ends_lets_a_waiting_one_go() -> None:
    limits = PoolLimits(PoolLimitsConfig(connections_max=1))
    limits.arrive()
    limits.arrive()
    assert [limits.finish(), limits.finish()] == [True, False]
    assert limits.snapshot() == PoolSnapshot(0, 0, 0, 0, 0)


def test_streams_share_connections() -> None:
    limits = PoolLimits(PoolLimitsConfig(connections_max=2, streams_max=3, pending_max=0))
    assert [limits.arrive() for _ in range(7)] == [SEND] * 6 + [OVERFLOW]


def test_a_request_that_gives_up_makes_room_on_the_bench() -> None:
    limits = PoolLimits(PoolLimitsConfig(connections_max=1, pending_max=1))
    limits.arrive()
    limits.arrive()
    limits.give_up()
    assert limits.arrive() is WAIT


def test_a_retry_that_ends_makes_room_for_another() -> None:
    limits = PoolLimits(PoolLimitsConfig(retries_max=1))
    assert limits.try_retry()
    assert not limits.try_retry()
    limits.finish_retry()
    assert limits.try_retry()
    assert limits.snapshot().retries_overflowed == 1


def test_what_never_began_can_not_end() -> None:
    limits = PoolLimits(PoolLimitsConfig())
    for end in (limits.finish, limits.give_up, limits.finish_retry):
        with pytest.raises(SimulationError, match="pool limits"):
            end()
    assert limits.snapshot() == PoolSnapshot(0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    "config",
    [
        PoolLimitsConfig(connections_max=-1),
        PoolLimitsConfig(pending_max=-1),
        PoolLimitsConfig(requests_max=-1),
        PoolLimitsConfig(retries_max=-1),
        PoolLimitsConfig(streams_max=0),
    ],
)
def test_limits_that_make_no_sense_are_refused(config: PoolLimitsConfig) -> None:
    with pytest.raises(ConfigError, match="pool limits"):
        PoolLimits(config)


def test_a_smaller_pool_lets_who_is_under_way_go_on_and_hands_nothing_over() -> None:
    """Three under way and one waiting in a pool that shrinks to two: two must end first."""
    limits = PoolLimits(PoolLimitsConfig(connections_max=3))
    for _ in range(4):
        limits.arrive()
    assert limits.resize(2) == 0
    assert [limits.finish(), limits.finish()] == [False, True]
    assert limits.snapshot() == PoolSnapshot(2, 0, 0, 0, 0)


def test_a_pool_of_nothing_makes_all_wait() -> None:
    limits = PoolLimits(PoolLimitsConfig(connections_max=3))
    assert limits.resize(0) == 0
    assert limits.arrive() is WAIT


def test_a_larger_pool_sends_those_who_wait_as_far_as_it_goes() -> None:
    limits = PoolLimits(PoolLimitsConfig(connections_max=1))
    for _ in range(5):
        limits.arrive()
    assert limits.resize(3) == 2
    assert limits.snapshot() == PoolSnapshot(3, 2, 0, 0, 0)
    assert limits.resize(9) == 2
    assert limits.arrive() is SEND


def test_a_pool_cannot_be_less_than_nothing() -> None:
    with pytest.raises(ConfigError):
        PoolLimits(PoolLimitsConfig()).resize(-1)
