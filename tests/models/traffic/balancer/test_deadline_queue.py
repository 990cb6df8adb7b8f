"""Earliest-deadline order. Semantics 6.2 (Envoy's EDF scheduler)."""

from collections import Counter

from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.deadline_queue import DeadlineQueue


def take_and_put(queue: DeadlineQueue, weights: dict[int, int], avoid: int = NO_MEMBER) -> int:
    member = queue.take(avoid)
    queue.put(member, 1 / weights[member])
    return member


def line(weights: dict[int, int]) -> DeadlineQueue:
    queue = DeadlineQueue()
    for member, weight in weights.items():
        queue.put(member, 1 / weight)
    return queue


def test_weights_1_to_128_are_each_met_exactly_in_8256_picks() -> None:
    weights = {member: member + 1 for member in range(128)}
    queue = line(weights)
    assert Counter(take_and_put(queue, weights) for _ in range(8256)) == weights


def test_equal_weights_rotate_strictly() -> None:
    weights = dict.fromkeys((4, 1, 3), 1)
    queue = line(weights)
    assert [take_and_put(queue, weights) for _ in range(7)] == [4, 1, 3, 4, 1, 3, 4]


def test_an_avoided_member_keeps_its_place_in_line() -> None:
    weights = dict.fromkeys((4, 1, 3), 1)
    queue = line(weights)
    assert take_and_put(queue, weights, avoid=4) == 1
    assert [take_and_put(queue, weights) for _ in range(3)] == [4, 3, 1]


def test_the_clock_never_goes_back_to_an_avoided_deadline() -> None:
    queue = DeadlineQueue()
    queue.put(0, 1.0)
    queue.put(1, 8.0)
    assert queue.take(avoid=0) == 1
    queue.put(1, 1.0)
    assert queue.take() == 0
    queue.put(0, 1.5)
    assert queue.take() == 1


def test_a_member_alone_is_taken_even_if_avoided() -> None:
    weights = {4: 1}
    assert take_and_put(line(weights), weights, avoid=4) == 4


def test_an_empty_line_has_nobody_to_take() -> None:
    assert DeadlineQueue().take() == NO_MEMBER
