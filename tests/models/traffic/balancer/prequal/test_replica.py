"""What a replica answers to a probe. Semantics 6.6 (Prequal)."""

from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError, SimulationError
from models.traffic.balancer.prequal.probing import ProbeAnswer
from models.traffic.balancer.prequal.replica import ReplicaLoad


def served(*pairs: tuple[int, int], window: int = 128) -> ReplicaLoad:
    """An idle replica that has served requests which met so many and took so long."""
    replica = ReplicaLoad(window)
    for met, duration in pairs:
        replica.started()
        replica.finished(met, duration)
    return replica


def test_a_fresh_replica_does_not_guess_its_latency() -> None:
    replica = ReplicaLoad()
    assert replica.answer() == ProbeAnswer(0, None)
    replica.started()
    assert replica.answer() == ProbeAnswer(1, None)


def test_a_request_learns_how_many_it_meets() -> None:
    replica = ReplicaLoad()
    assert [replica.started() for _ in range(3)] == [0, 1, 2]
    replica.finished(2, 10)
    assert replica.started() == 2


@pytest.mark.parametrize(
    ("durations", "median"), [((9,), 9), ((9, 1), 1), ((9, 1, 5), 5), ((9, 1, 5, 7), 5)]
)
def test_the_latency_is_a_median(durations: tuple[int, ...], median: int) -> None:
    assert served(*((0, duration) for duration in durations)).answer().latency_ns == median


@pytest.mark.parametrize(
    ("in_flight", "latency"), [(0, 10), (1, 10), (2, 40), (3, 40), (4, 40), (9, 40)]
)
def test_the_nearest_load_counts_and_the_higher_of_two_as_near(
    in_flight: int, latency: int
) -> None:
    replica = served((0, 10), (4, 40))
    for _ in range(in_flight):
        replica.started()
    assert replica.answer() == ProbeAnswer(in_flight, latency)


def test_requests_outside_the_window_are_forgotten() -> None:
    replica = served((0, 99), (3, 50), (3, 51), window=3)
    assert replica.answer().latency_ns == 99
    replica.started()
    replica.finished(3, 52)
    assert replica.answer().latency_ns == 51


def test_a_dropped_request_says_nothing_about_latency() -> None:
    replica = ReplicaLoad()
    replica.started()
    replica.dropped()
    assert replica.answer() == ProbeAnswer(0, None)


def test_an_end_without_a_start_is_an_error() -> None:
    with pytest.raises(SimulationError, match="none was in flight"):
        ReplicaLoad().finished(0, 1)


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(ConfigError, match="window"):
        ReplicaLoad(0)


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 50)), max_size=40),
    st.integers(1, 8),
    st.integers(0, 8),
)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_the_answer_is_that_of_a_plain_list(
    pairs: list[tuple[int, int]], window: int, in_flight: int
) -> None:
    replica = served(*pairs, window=window)
    for _ in range(in_flight):
        replica.started()
    kept = deque(pairs, window)
    nearest = min((abs(met - in_flight), -met) for met, _ in kept) if kept else (0, 0)
    near = sorted(duration for met, duration in kept if met == -nearest[1])
    expected = near[(len(near) + 1) // 2 - 1] if near else None
    assert replica.answer() == ProbeAnswer(in_flight, expected)
