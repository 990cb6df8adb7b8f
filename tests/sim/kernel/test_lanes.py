"""Time-out lanes expire exactly what did not settle, exactly on time, in both tie modes."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.streams import Stream
from sim.kernel import ties
from sim.kernel.environment import Kernel
from sim.kernel.lanes import TimeoutLane


@dataclass(eq=False)
class Item:
    id: int
    start_ns: int
    settles_at: int | None = None


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, 50), st.none() | st.integers(0, 30)), max_size=30),
    st.integers(1, 20),
    st.booleans(),
)
def test_what_has_not_settled_by_its_deadline_expires_then(
    script: list[tuple[int, int | None]], duration: int, shuffled: bool
) -> None:
    kernel = Kernel(ties=Stream(1, "ties") if shuffled else None)
    expired: list[tuple[int, Item]] = []
    items = [
        Item(number, start, None if after is None else start + after)
        for number, (start, after) in enumerate(sorted(script, key=lambda entry: entry[0]))
    ]

    def expire(item: Item) -> None:
        settle(item)
        expired.append((kernel.now, item))

    lane: TimeoutLane[Item] = TimeoutLane(kernel, duration, expire)

    def settle(item: Item) -> None:
        lane.waiting.pop(item.id, None)

    for item in items:
        kernel.post(item.start_ns, ties.FAULT, lane.add, item)
        if item.settles_at is not None:
            kernel.post(item.settles_at, ties.NETWORK, settle, item)
    kernel.advance(1000)
    overdue = [
        item
        for item in items
        if item.settles_at is None or item.settles_at > item.start_ns + duration
    ]
    assert sorted(id(item) for _, item in expired) == sorted(id(item) for item in overdue)
    assert all(now == item.start_ns + duration for now, item in expired)


def test_a_lane_without_duration_only_remembers_what_is_outstanding() -> None:
    kernel = Kernel()
    lane: TimeoutLane[Item] = TimeoutLane(kernel, 0, lambda _: pytest.fail("expired"))
    first, second, third = Item(0, 0), Item(1, 1), Item(2, 2)
    for item in (first, second, third):
        lane.add(item)
    del lane.waiting[second.id]
    kernel.advance(10**9)
    assert list(lane.outstanding()) == [first, third]


def test_an_answer_at_the_deadline_is_in_time() -> None:
    kernel, expired = Kernel(), []
    lane: TimeoutLane[Item] = TimeoutLane(kernel, 10, expired.append)
    item = Item(0, 0)
    lane.add(item)
    kernel.post(10, ties.NETWORK, lane.waiting.pop, item.id)
    kernel.advance(20)
    assert expired == []
