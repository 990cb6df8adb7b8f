"""Servers that say when to come back. Semantics 6.5, 8.1."""

import pytest

from models.base.streams import Stream
from models.traffic.pushback import (
    DISCARDED,
    FORBIDDEN,
    bounded_delay,
    envoy_delay,
    grpc_delay,
)

S = 1_000_000_000


@pytest.mark.parametrize(("hint", "delay"), [(0, 0), (7 * S, 7 * S), (-1, FORBIDDEN)])
def test_grpc_does_exactly_as_told(hint: int, delay: int) -> None:
    assert grpc_delay(hint) == delay


def test_envoy_waits_between_the_hint_and_half_as_long_again() -> None:
    stream = Stream(1, "hint")
    waits = [envoy_delay(4 * S, stream) for _ in range(200)]
    assert 4 * S <= min(waits) < 4.1 * S
    assert 5.9 * S < max(waits) < 6 * S


@pytest.mark.parametrize(
    ("hint", "is_used"), [(300 * S, True), (300 * S + 1, False), (0, True), (-1, False)]
)
def test_envoy_discards_hints_above_five_minutes(hint: int, is_used: bool) -> None:
    assert (envoy_delay(hint, Stream(1, "hint")) != DISCARDED) is is_used


@pytest.mark.parametrize(("hint_s", "delay_s"), [(1, 2), (2, 2), (4, 4), (7, 7), (8, 7)])
def test_botocore_waits_at_least_its_own_and_at_most_five_seconds_more(
    hint_s: int, delay_s: int
) -> None:
    assert bounded_delay(hint_s * S, 2 * S) == delay_s * S
