"""CoDel against its RFC's pseudocode, run literally over a queue. RFC 8289; semantics 8.7."""

from collections import deque
from decimal import Decimal, getcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.traffic.shedding.codel import Codel, CodelConfig, next_drop

MS = 1_000_000
DEFAULT = CodelConfig()


@given(interval=st.integers(1, 10**10), count=st.integers(1, 10**6))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_the_control_law_is_the_interval_over_the_root_of_the_count(
    interval: int, count: int
) -> None:
    getcontext().prec = 60
    assert next_drop(7, interval, count) == 7 + int(Decimal(interval) / Decimal(count).sqrt())


def test_the_control_law_at_squares_is_exact() -> None:
    steps = [next_drop(0, 100 * MS, count) for count in (1, 4, 9, 16, 100)]
    assert steps == [100 * MS, 50 * MS, 33_333_333, 25 * MS, 10 * MS]


def test_nothing_is_dropped_before_a_whole_interval_above_the_target() -> None:
    codel = Codel(DEFAULT)
    waits = [codel.drops(now * MS, (now - 5) * MS, 9) for now in range(10, 110)]
    assert not any(waits)
    assert codel.drops(110 * MS, 105 * MS, 9)


def test_a_wait_just_under_the_target_starts_the_interval_anew() -> None:
    codel = Codel(DEFAULT)
    codel.drops(0, -5 * MS, 9)
    codel.drops(50 * MS, 45 * MS + 1, 9)
    assert not codel.drops(100 * MS, 95 * MS, 9)
    assert not codel.drops(199 * MS, 194 * MS, 9)
    assert codel.drops(200 * MS, 195 * MS, 9)


def test_drops_come_at_the_interval_over_the_root_of_their_count() -> None:
    codel = Codel(DEFAULT)
    drops = [now for now in range(1_000) if codel.drops(now * MS, (now - 50) * MS, 99)]
    expected, at = [100], 100 * MS
    for count in range(1, len(drops)):
        at = next_drop(at, 100 * MS, count)
        expected.append(-(-at // MS))
    assert drops == expected
    assert drops[:4] == [100, 200, 271, 329]


def test_a_short_queue_is_left_alone_however_late_it_is() -> None:
    codel = Codel(DEFAULT)
    assert not any(codel.drops(now * MS, 0, 1) for now in range(1_000))
    assert any(codel.drops(now * MS, 0, 2) for now in range(1_000, 2_000))


def test_an_empty_queue_ends_the_dropping() -> None:
    codel = Codel(DEFAULT)
    for now in range(101):
        codel.drops(now * MS, -50 * MS, 9)
    assert codel.is_dropping
    codel.emptied()
    assert not codel.is_dropping
    assert not codel.drops(201 * MS, 0, 9)


@pytest.mark.parametrize("config", [CodelConfig(0), CodelConfig(1, 0), CodelConfig(kept=-1)])
def test_a_config_that_makes_no_sense_is_refused(config: CodelConfig) -> None:
    with pytest.raises(ConfigError, match="CoDel"):
        Codel(config)


class Reference:
    """The RFC's deque() and dodeque(), over a list of arrival times."""

    def __init__(self, target: int, interval: int, kept: int) -> None:
        self.target, self.interval, self.kept = target, interval, kept
        self.queue: deque[int] = deque()
        self.first_above = self.drop_next = self.count = self.last_count = 0
        self.dropping = False
        self.dropped: list[int] = []

    def dodeque(self, now: int) -> tuple[int | None, bool]:
        if not self.queue:
            self.first_above = 0
            return None, False
        item = self.queue.popleft()
        if now - item < self.target or len(self.queue) <= self.kept:
            self.first_above = 0
            return item, False
        if self.first_above == 0:
            self.first_above = now + self.interval
            return item, False
        return item, now >= self.first_above

    def law(self, at: int) -> int:
        getcontext().prec = 40
        return at + int(Decimal(self.interval) / Decimal(self.count).sqrt())

    def deque(self, now: int) -> int | None:
        item, is_ok = self.dodeque(now)
        if self.dropping:
            if not is_ok:
                self.dropping = False
            while now >= self.drop_next and self.dropping:
                assert item is not None
                self.dropped.append(item)
                self.count += 1
                item, is_ok = self.dodeque(now)
                if is_ok:
                    self.drop_next = self.law(self.drop_next)
                else:
                    self.dropping = False
        elif is_ok:
            assert item is not None
            self.dropped.append(item)
            item, is_ok = self.dodeque(now)
            self.dropping = True
            delta = self.count - self.last_count
            self.count = 1
            if delta > 1 and now - self.drop_next < 16 * self.interval:
                self.count = delta
            self.drop_next = self.law(now)
            self.last_count = self.count
        return item


@given(
    target=st.integers(1, 8),
    interval=st.integers(40, 120),
    kept=st.integers(0, 2),
    steps=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 4)), min_size=20, max_size=200),
)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_the_same_requests_are_served_and_dropped_as_in_the_rfc(
    target: int, interval: int, kept: int, steps: list[tuple[int, int]]
) -> None:
    """Each step lets time pass, some requests arrive and one is asked for.

    Intervals are long enough that the control law's step never rounds down to nothing.
    """
    reference = Reference(target, interval, kept)
    codel, queue, dropped = Codel(CodelConfig(target, interval, kept)), deque[int](), []
    now = 1
    for gap, arrivals in steps:
        now += gap
        reference.queue.extend([now] * arrivals)
        queue.extend([now] * arrivals)
        served = None
        while served is None and queue:
            item = queue.popleft()
            if codel.drops(now, item, len(queue)):
                dropped.append(item)
            else:
                served = item
        if served is None:
            codel.emptied()
        assert reference.deque(now) == served
        assert reference.dropped == dropped
        assert list(reference.queue) == list(queue)
        assert reference.count == codel.count


@pytest.mark.parametrize(("pause_ns", "count"), [(1_600 * MS - 1, 2), (1_600 * MS, 1)])
def test_dropping_goes_on_as_fast_as_it_was_within_sixteen_intervals(
    pause_ns: int, count: int
) -> None:
    codel = Codel(DEFAULT)
    for at in range(300):
        codel.drops(at * MS, (at - 50) * MS, 9)
    assert codel.count == 3
    last_drop_at = next_drop(next_drop(200 * MS, 100 * MS, 2), 100 * MS, 3)
    codel.drops(300 * MS, 300 * MS, 9)
    start = last_drop_at + pause_ns
    codel.drops(start - 100 * MS, start - 150 * MS, 9)
    assert codel.drops(start, start - 50 * MS, 9)
    assert codel.count == count


def test_a_nanosecond_is_the_shortest_target_and_interval() -> None:
    assert not Codel(CodelConfig(1, 1, 0)).is_dropping
