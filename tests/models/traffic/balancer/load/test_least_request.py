"""Least request with random choices. Semantics 6.2 (Envoy), 6.4 (two choices)."""

from collections import Counter
from collections.abc import Iterable
from itertools import islice

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from models.base.errors import ConfigError, SimulationError
from models.base.streams import Floats, Stream
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.load.least_request import LeastRequest


class ScriptedStream(Stream):
    """Yields the uniforms it was given."""

    __slots__ = ("script",)

    def __init__(self, script: Iterable[float]) -> None:
        super().__init__(0, "scripted")
        self.script = iter(script)

    def uniforms(self, count: int) -> Floats:
        return np.array([*islice(self.script, count)])


def two_samples(first: int, second: int, size: int) -> float:
    """The uniform whose first two digits in base ``size`` are these."""
    return (first + (second + 0.5) / size) / size


def balancer_of(count: int, stream: Stream, choices: int = 2) -> LeastRequest:
    balancer = LeastRequest(stream, choices)
    for member in range(count):
        balancer.add(member)
    return balancer


@pytest.mark.parametrize(
    ("loads", "samples", "expected"),
    [
        ((2, 1, 0), (0, 1), 1),
        ((2, 1, 0), (1, 0), 1),
        ((1, 1, 0), (0, 1), 0),
        ((1, 1, 0), (1, 0), 1),
        ((3, 1, 0), (0, 0), 0),
        ((0, 1, 0), (2, 0), 2),
    ],
)
def test_the_less_loaded_sample_wins_and_the_first_on_ties(
    loads: tuple[int, ...], samples: tuple[int, int], expected: int
) -> None:
    balancer = balancer_of(3, ScriptedStream([two_samples(*samples, size=3)]))
    for member, load in enumerate(loads):
        for _ in range(load):
            balancer.started(member)
    assert balancer.pick(0) == expected


def test_every_pair_of_samples_is_equally_likely() -> None:
    stream = Stream(3, "pairs")
    size, draws = 4, 16_000
    balancer = balancer_of(size, stream)
    for member in range(size):
        for _ in range(member):
            balancer.started(member)
    seen = Counter(balancer.pick(0) for _ in range(draws))
    # With strictly ordered loads, member m wins the 2 * (size - m) - 1 pairs where it is least.
    for member in range(size):
        expected = draws * (2 * (size - member) - 1) / size**2
        assert abs(seen[member] - expected) < 4 * expected**0.5


def test_of_two_members_the_busier_still_gets_a_quarter() -> None:
    balancer = balancer_of(2, Stream(5, "quarter"))
    balancer.started(0)
    busy = sum(balancer.pick(0) == 0 for _ in range(20_000))
    assert busy / 20_000 == pytest.approx(0.25, abs=0.012)


def test_one_choice_is_blind_to_load() -> None:
    balancer = balancer_of(2, Stream(5, "blind"), choices=1)
    balancer.started(0)
    busy = sum(balancer.pick(0) == 0 for _ in range(20_000))
    assert busy / 20_000 == pytest.approx(0.5, abs=0.015)


@pytest.mark.parametrize(
    ("script", "expected"),
    [([0.1, 0.5, 0.9], 2), ([0.9, 0.5, 0.1], 2), ([0.1, 0.5, 0.5], 1), ([0.1, 0.1, 0.1], 0)],
)
def test_three_choices_take_the_least_of_three(script: list[float], expected: int) -> None:
    balancer = balancer_of(3, ScriptedStream(script), choices=3)
    for member, load in enumerate((2, 1, 0)):
        for _ in range(load):
            balancer.started(member)
    assert balancer.pick(0) == expected


def test_of_three_equally_loaded_choices_the_first_wins() -> None:
    assert balancer_of(3, ScriptedStream([0.5, 0.1, 0.9]), choices=3).pick(0) == 1


def test_a_full_scan_finds_the_one_idle_member_every_time() -> None:
    balancer = LeastRequest(Stream(5, "scan"), scans_all=True)
    for member in range(9):
        balancer.add(member)
        balancer.started(member)
    balancer.finished(6, 0, 1)
    assert {balancer.pick(0) for _ in range(50)} == {6}


def test_a_full_scan_draws_among_the_least_loaded() -> None:
    """One in a thousand chi-square with 2 degrees of freedom is above 13.82."""
    balancer = LeastRequest(Stream(5, "ties"), scans_all=True)
    for member in range(5):
        balancer.add(member)
    balancer.started(1)
    balancer.started(3)
    seen = Counter(balancer.pick(0) for _ in range(9_000))
    assert set(seen) == {0, 2, 4}
    assert sum((count - 3_000) ** 2 / 3_000 for count in seen.values()) < 13.82


def test_a_full_scan_passes_over_the_avoided_member() -> None:
    balancer = LeastRequest(Stream(5, "scan"), scans_all=True)
    for member in range(3):
        balancer.add(member)
    balancer.started(1)
    balancer.started(2)
    balancer.started(2)
    assert [balancer.pick(0, 0), balancer.pick(0)] == [1, 0]


@pytest.mark.parametrize(("bias", "share"), [(0.0, 2 / 3), (1.0, 2 / 7), (2.0, 2 / 27)])
def test_the_bias_says_how_strongly_load_divides_an_unequal_weight(
    bias: float, share: float
) -> None:
    """Weight 2 with 4 active attempts against an idle weight 1: 2 / 5 ** bias to 1."""
    balancer = LeastRequest(Stream(5, "bias"), bias=bias)
    balancer.add(0, weight=2)
    balancer.add(1, weight=1)
    for _ in range(4):
        balancer.started(0)
    seen = Counter(balancer.pick(0) for _ in range(5_400))
    assert seen[0] == pytest.approx(5_400 * share, abs=3)


def test_a_full_scan_leaves_unequal_weights_to_their_turns() -> None:
    balancer = LeastRequest(Stream(5, "turns"), scans_all=True)
    balancer.add(0, weight=2)
    balancer.add(1, weight=1)
    assert Counter(balancer.pick(0) for _ in range(30)) == {0: 20, 1: 10}


def test_two_choices_keep_the_longest_queue_shorter_than_one() -> None:
    """Throwing n balls into n bins: log log n / log 2 against log n / log log n."""
    longest = {}
    for choices in (1, 2):
        balancer = balancer_of(1000, Stream(7, "balls"), choices)
        for _ in range(1000):
            balancer.started(balancer.pick(0))
        longest[choices] = max(entry.active or 0 for entry in balancer.snapshot().members)
    assert longest[2] <= 4 < longest[1]


def test_fewer_than_one_choice_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least one choice"):
        LeastRequest(Stream(1, "none"), 0)


def test_active_counts_survive_going_down_and_up() -> None:
    balancer = balancer_of(2, Stream(1, "counts"))
    balancer.started(1)
    balancer.mark_down(1)
    balancer.started(1)
    balancer.mark_up(1)
    assert [entry.active for entry in balancer.snapshot().members] == [0, 2]


def test_attempts_at_a_member_that_left_can_still_end() -> None:
    balancer = balancer_of(2, Stream(1, "left"))
    balancer.started(1)
    balancer.started(1)
    balancer.remove(1)
    balancer.finished(1, 0, 5)
    balancer.add(1)
    assert [entry.active for entry in balancer.snapshot().members] == [0, 1]


def test_an_end_without_a_start_is_an_error_and_changes_nothing() -> None:
    balancer = balancer_of(1, Stream(1, "ends"))
    before = balancer.snapshot()
    with pytest.raises(SimulationError, match="never started"):
        balancer.finished(0, 0, 5)
    assert balancer.snapshot() == before


def test_the_avoided_member_is_left_out_before_sampling() -> None:
    balancer = balancer_of(4, Stream(9, "others"))
    seen = Counter(balancer.pick(0, 2) for _ in range(9000))
    assert set(seen) == {0, 1, 3}
    assert all(abs(count - 3000) < 200 for count in seen.values())


def test_unequal_weights_share_idle_members_in_proportion() -> None:
    balancer = LeastRequest(Stream(1, "weights"))
    for member, weight in enumerate((1, 2, 5)):
        balancer.add(member, weight)
    assert Counter(balancer.pick(0) for _ in range(80)) == {0: 10, 1: 20, 2: 50}


def test_load_divides_the_weight() -> None:
    """Weight 2 with 4 active attempts counts as 2 / 5 = 0.4, against 1 for an idle weight 1."""
    balancer = LeastRequest(Stream(1, "load"))
    balancer.add(0, weight=2)
    balancer.add(1, weight=1)
    for _ in range(4):
        balancer.started(0)
    seen = Counter(balancer.pick(0) for _ in range(700))
    assert seen[0] == pytest.approx(200, abs=2)


def test_weights_that_become_equal_go_back_to_sampling() -> None:
    balancer = LeastRequest(ScriptedStream([two_samples(1, 1, size=2)]))
    balancer.add(0, weight=3)
    balancer.add(1, weight=2)
    balancer.add(0, weight=2)
    assert balancer.pick(0) == 1


def test_a_member_with_another_weight_that_is_down_does_not_end_sampling() -> None:
    balancer = LeastRequest(ScriptedStream([two_samples(1, 1, size=2)]))
    for member, weight in enumerate((2, 2, 7)):
        balancer.add(member, weight)
    balancer.mark_down(2)
    assert balancer.pick(0) == 1


def test_the_same_seed_picks_the_same_members() -> None:
    runs = [[balancer_of(10, Stream(4, "seed")).pick(0) for _ in range(3)] for _ in range(2)]
    assert runs[0] == runs[1]


class LoadMachine(RuleBasedStateMachine):
    """Never a member that is down while one is up; active counts as a naive ledger has them."""

    def __init__(self) -> None:
        super().__init__()
        self.balancer = LeastRequest(Stream(11, "machine"))
        self.members: dict[int, bool] = {}
        self.in_flight: Counter[int] = Counter()

    @rule(member=st.integers(0, 5), weight=st.sampled_from([1, 1, 1, 3]))
    def add(self, member: int, weight: int) -> None:
        self.balancer.add(member, weight)
        self.members.setdefault(member, True)

    @precondition(lambda self: self.members)
    @rule(data=st.data(), verb=st.sampled_from(["remove", "mark_down", "mark_up"]))
    def change(self, data: st.DataObject, verb: str) -> None:
        member = data.draw(st.sampled_from(sorted(self.members)))
        getattr(self.balancer, verb)(member)
        if verb == "remove":
            del self.members[member]
        else:
            self.members[member] = verb == "mark_up"

    @rule(avoid=st.integers(-1, 5))
    def send(self, avoid: int) -> None:
        up = {member for member, is_up in self.members.items() if is_up}
        picked = self.balancer.pick(0, avoid)
        assert picked in (up or {NO_MEMBER})
        assert picked != avoid or up <= {avoid}
        if picked != NO_MEMBER:
            self.balancer.started(picked)
            self.in_flight[picked] += 1

    @precondition(lambda self: +self.in_flight)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        member = data.draw(st.sampled_from(sorted(+self.in_flight)))
        self.balancer.finished(member, 0, 1)
        self.in_flight[member] -= 1

    def teardown(self) -> None:
        for entry in self.balancer.snapshot().members:
            assert entry.active == self.in_flight[entry.member]
            assert entry.is_up == self.members[entry.member]


LoadMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=50, stateful_step_count=40
)
TestLoad = LoadMachine.TestCase
