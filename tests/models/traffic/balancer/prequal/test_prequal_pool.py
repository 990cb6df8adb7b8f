"""The pool of probes and the hot-cold rule. Semantics 6.6 (Prequal)."""

import pytest

from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.prequal.hot_threshold import NOTHING_IS_HOT, HotThreshold
from models.traffic.balancer.prequal.pool import UNLIMITED, Probe, ProbePool
from models.traffic.balancer.prequal.probing import ProbeAnswer

AGE = 100


def probe(
    member: int, in_flight: int = 0, latency: int | None = 0, at: int = 0, uses: int = UNLIMITED
) -> Probe:
    answer = ProbeAnswer(in_flight, latency)
    return Probe(member, answer, sent_at=at, received_at=at, uses_left=uses)


def pool_of(*probes: Probe, size: int = 16) -> ProbePool:
    pool = ProbePool(size, AGE)
    for entry in probes:
        pool.put(entry)
    return pool


def members(pool: ProbePool) -> list[int]:
    return [entry.member for entry in pool.probes()]


def chosen(pool: ProbePool, hot_above: int, avoid: int = NO_MEMBER) -> int | None:
    best = pool.best(hot_above, avoid)
    return None if best is None else best.member


@pytest.mark.parametrize(
    ("loads", "latencies", "hot_above", "expected"),
    [
        ((1, 2, 3), (30, 20, 10), 3, 2),
        ((1, 2, 3), (30, 20, 10), 2, 1),
        ((1, 2, 3), (30, 20, 10), 0, 0),
        ((5, 4, 4), (10, 30, 20), 3, 2),
        ((2, 1, 1), (10, 10, 10), 3, 1),
        ((1, 1, 1), (10, 10, 10), 3, 0),
    ],
)
def test_the_fastest_cold_probe_wins_or_the_least_loaded_if_all_are_hot(
    loads: tuple[int, ...], latencies: tuple[int, ...], hot_above: int, expected: int
) -> None:
    """Rows: all cold; one hot; all hot; all hot with a tie; cold ties by load, then by age."""
    pool = pool_of(*(probe(m, loads[m], latencies[m]) for m in range(3)))
    assert chosen(pool, hot_above) == expected


def test_a_probe_at_the_threshold_is_cold_and_one_above_it_is_hot() -> None:
    pool = pool_of(probe(0, 4, 10), probe(1, 0, 99))
    assert chosen(pool, 4) == 0
    assert chosen(pool, 3) == 1


def test_who_has_finished_nothing_yet_is_tried_first() -> None:
    assert chosen(pool_of(probe(0, 0, 0), probe(1, 0, None)), 5) == 1


def test_the_avoided_member_is_passed_over() -> None:
    pool = pool_of(probe(0, 0, 1), probe(1, 0, 2))
    assert chosen(pool, 5, avoid=0) == 1
    assert chosen(pool_of(probe(0)), 5, avoid=0) is None


def test_a_use_makes_the_probe_look_busier() -> None:
    pool = pool_of(probe(0, 3, 1), probe(1, 0, 9))
    first = pool.best(3)
    assert first is not None
    pool.use(first)
    assert first.in_flight == 4
    assert chosen(pool, 3) == 1


def test_a_probe_is_gone_with_its_last_use() -> None:
    pool = pool_of(probe(0, uses=2))
    entry = pool.probes()[0]
    pool.use(entry)
    assert len(pool) == 1
    pool.use(entry)
    assert len(pool) == 0


def test_unlimited_uses_never_end() -> None:
    pool = pool_of(probe(0))
    for _ in range(50):
        pool.use(pool.probes()[0])
    assert len(pool) == 1


def test_a_newer_answer_replaces_the_older_one_of_the_same_member() -> None:
    pool = pool_of(probe(0, 1, at=1), probe(1, at=2))
    assert pool.put(probe(0, 7, at=3))
    assert [(entry.member, entry.in_flight) for entry in pool.probes()] == [(1, 0), (0, 7)]


@pytest.mark.parametrize(("sent_at", "is_taken"), [(4, False), (5, False), (6, True)])
def test_an_overtaken_or_repeated_answer_is_dropped(sent_at: int, is_taken: bool) -> None:
    pool = pool_of(probe(0, 1, at=5))
    assert pool.put(probe(0, 9, at=sent_at)) is is_taken
    assert pool.probes()[0].in_flight == (9 if is_taken else 1)


def test_the_oldest_leaves_a_full_pool() -> None:
    pool = pool_of(*(probe(m, at=m) for m in range(3)), size=3)
    pool.put(probe(7, at=9))
    assert members(pool) == [1, 2, 7]
    pool.put(probe(2, at=10))
    assert members(pool) == [1, 7, 2]


def test_a_probe_may_be_as_old_as_the_limit_and_no_older() -> None:
    pool = pool_of(probe(0, at=0), probe(1, at=1))
    pool.expire(AGE)
    assert members(pool) == [0, 1]
    pool.expire(AGE + 1)
    assert members(pool) == [1]
    pool.expire(10 * AGE)
    assert members(pool) == []


@pytest.mark.parametrize(
    ("loads", "latencies", "gone"),
    [((1, 5, 6), (99, 1, 1), 2), ((1, 2, 3), (10, 30, 20), 1), ((1, 5, 1), (99, 1, 1), 1)],
)
def test_the_worst_is_the_hottest_or_else_the_slowest(
    loads: tuple[int, ...], latencies: tuple[int, ...], gone: int
) -> None:
    pool = pool_of(*(probe(m, loads[m], latencies[m]) for m in range(3)))
    pool.remove_worst(4)
    assert set(members(pool)) == {0, 1, 2} - {gone}


def test_removing_from_an_empty_pool_does_nothing() -> None:
    pool = ProbePool(2, AGE)
    pool.remove_worst(0)
    pool.remove_oldest()
    pool.drop(3)
    assert len(pool) == 0


@pytest.mark.parametrize(("quantile", "value"), [(0.0, 1), (0.5, 5), (0.84, 9), (1.0, 10)])
def test_the_threshold_is_a_nearest_rank_quantile(quantile: float, value: int) -> None:
    threshold = HotThreshold(quantile, 128)
    assert threshold.value == NOTHING_IS_HOT
    for in_flight in (7, 1, 10, 4, 3, 9, 2, 6, 8, 5):
        threshold.note(in_flight)
    assert threshold.value == value


def test_answers_outside_the_window_are_forgotten() -> None:
    threshold = HotThreshold(1.0, 3)
    seen = []
    for in_flight in (9, 1, 9, 2, 3, 1):
        threshold.note(in_flight)
        seen.append(threshold.value)
    assert seen == [9, 9, 9, 9, 9, 3]
