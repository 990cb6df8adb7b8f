"""Processor sharing: exact ends by hand, and any history against a model that takes small steps."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.time import NS_PER_MS
from sim.kernel.environment import Kernel
from sim.kernel.ties import USER
from sim.nodes.resources.pace import Pace
from sim.nodes.resources.processor import FULL_SPEED, Processor

MS = NS_PER_MS


@dataclass
class Job:
    id: int


class Bench:
    """A processor, and jobs that are started, stopped and slowed at given instants."""

    def __init__(self, millicores: int) -> None:
        self.kernel = Kernel()
        self.ended: list[tuple[int, int]] = []
        self.processor = Processor(self.kernel, millicores=millicores, done=self._done)
        self.jobs: dict[int, Any] = {}

    def _done(self, job: Any) -> None:
        self.ended.append((job.id, self.kernel.now))

    def start(self, number: int, work_ns: int, at: int = 0) -> None:
        self.jobs[number] = Job(number)
        self.kernel.post(at, USER, lambda _: self.processor.start(self.jobs[number], work_ns), None)

    def at(self, when: int, deed: Any) -> None:
        self.kernel.post(when, USER, lambda _: deed(), None)

    def run(self) -> list[tuple[int, int]]:
        self.kernel.advance(10_000 * MS)
        return self.ended


def test_one_job_alone_takes_its_work() -> None:
    bench = Bench(1000)
    bench.start(0, 10 * MS + 1)
    assert bench.run() == [(0, 10 * MS + 1)]


def test_two_jobs_share_one_core_equally() -> None:
    bench = Bench(1000)
    bench.start(0, 10 * MS)
    bench.start(1, 10 * MS, at=5 * MS)
    assert bench.run() == [(0, 15 * MS), (1, 20 * MS)]


def test_a_short_job_overtakes_a_long_one() -> None:
    bench = Bench(1000)
    bench.start(0, 100 * MS)
    bench.start(1, 2 * MS, at=10 * MS)
    assert bench.run() == [(1, 14 * MS), (0, 102 * MS)]


def test_nobody_uses_more_than_one_core() -> None:
    bench = Bench(4000)
    bench.start(0, 10 * MS)
    bench.start(1, 10 * MS)
    assert bench.run() == [(0, 10 * MS), (1, 10 * MS)]


def test_three_jobs_on_two_cores_run_at_two_thirds() -> None:
    bench = Bench(2000)
    for number in range(3):
        bench.start(number, 10 * MS)
    assert bench.run() == [(number, 15 * MS) for number in range(3)]


def test_half_a_core_takes_twice_as_long() -> None:
    bench = Bench(500)
    bench.start(0, 10 * MS)
    assert bench.run() == [(0, 20 * MS)]


def test_a_processor_at_no_speed_stands_still_and_goes_on() -> None:
    bench = Bench(1000)
    bench.start(0, 10 * MS)
    bench.at(4 * MS, lambda: bench.processor.run_at(0))
    bench.at(104 * MS, lambda: bench.processor.run_at(FULL_SPEED // 2))
    assert bench.run() == [(0, 116 * MS)]


def test_a_job_taken_off_says_how_much_work_is_left_and_never_ends() -> None:
    bench = Bench(1000)
    left: list[int] = []
    bench.start(0, 10 * MS)
    bench.start(1, 10 * MS)
    bench.at(8 * MS, lambda: left.append(bench.processor.stop(bench.jobs[0])))
    assert bench.run() == [(1, 14 * MS)]
    assert left == [6 * MS]


def test_a_job_may_go_on_after_it_was_taken_off() -> None:
    bench = Bench(1000)
    bench.start(0, 10 * MS)

    def again() -> None:
        left = bench.processor.stop(bench.jobs[0])
        bench.processor.start(bench.jobs[0], left)

    bench.at(3 * MS, again)
    assert bench.run() == [(0, 10 * MS)]


def test_a_processor_that_was_cleared_serves_its_next_life() -> None:
    bench = Bench(1000)
    bench.start(0, 10 * MS)
    bench.at(5 * MS, bench.processor.clear)
    bench.start(1, 10 * MS, at=7 * MS)
    assert bench.run() == [(1, 17 * MS)]


def naive(
    millicores: int, jobs: list[tuple[int, int]], speeds: list[tuple[int, int]]
) -> dict[int, Fraction]:
    """Ends in exact fractions: from change to change, every job gets its share."""
    changes = sorted({at for at, _ in jobs} | {at for at, _ in speeds})
    left: dict[int, Fraction] = {}
    ends: dict[int, Fraction] = {}
    now, speed = Fraction(0), Fraction(1)
    while True:
        for number, (at, work) in enumerate(jobs):
            if at == now:
                left[number] = Fraction(work)
        for at, factor in speeds:
            if at == now:
                speed = Fraction(factor, FULL_SPEED)
        if not left and all(at <= now for at in changes):
            return ends
        share = min(Fraction(1), Fraction(millicores, 1000 * max(1, len(left)))) * speed
        coming = [Fraction(at) for at in changes if at > now]
        if left and share:
            coming.append(now + min(left.values()) / share)
        step = min(coming) - now
        now += step
        for number in list(left):
            left[number] -= step * share
            if left[number] <= 0:
                ends[number] = now
                del left[number]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    millicores=st.sampled_from([250, 1000, 1500, 3000]),
    jobs=st.lists(
        st.tuples(st.integers(0, 20), st.integers(1, 15)).map(lambda p: (p[0] * MS, p[1] * MS)),
        min_size=1,
        max_size=8,
    ),
    speeds=st.lists(
        st.tuples(st.integers(0, 30), st.sampled_from([0, 300_000, FULL_SPEED])),
        max_size=4,
        unique_by=lambda pair: pair[0],
    ),
)
def test_any_history_ends_as_exact_sharing_would(
    millicores: int, jobs: list[tuple[int, int]], speeds: list[tuple[int, int]]
) -> None:
    changes = [(at * MS + 1, speed) for at, speed in speeds] + [(200 * MS, FULL_SPEED)]
    bench = Bench(millicores)
    for number, (at, work_ns) in enumerate(jobs):
        bench.start(number, work_ns, at)
    for at, speed in changes:
        bench.at(at, lambda speed=speed: bench.processor.run_at(speed))
    expected = naive(millicores, jobs, changes)
    found = dict(bench.run())
    assert found.keys() == expected.keys()
    for number, end in expected.items():
        assert end <= found[number] < end + 20
    assert len(bench.processor) == 0


def test_causes_of_slowness_multiply_and_any_hold_stops() -> None:
    heard: list[int] = []
    pace = Pace(heard.append)
    pace.slow("host", FULL_SPEED // 2)
    pace.slow("version", FULL_SPEED // 5)
    pace.hold("pause")
    pace.hold("collector")
    pace.let_go("pause")
    assert pace.speed == 0
    assert pace.is_held_by("collector")
    assert not pace.is_held_by("pause")
    pace.let_go("collector")
    pace.forget("host")
    pace.forget("version")
    assert heard == [
        FULL_SPEED // 2,
        FULL_SPEED // 10,
        0,
        FULL_SPEED // 10,
        FULL_SPEED // 5,
        FULL_SPEED,
    ]


@pytest.mark.parametrize("verb", ["let_go", "forget"])
def test_a_cause_that_never_was_may_go(verb: str) -> None:
    heard: list[int] = []
    getattr(Pace(heard.append), verb)("nobody")
    assert heard == []
