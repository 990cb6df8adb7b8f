"""Prequal as a policy. Semantics 6.6."""

from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.prequal.config import PrequalConfig
from models.traffic.balancer.prequal.policy import Prequal, uses_of_a_probe
from models.traffic.balancer.prequal.probing import ProbeAnswer, ProbingBalancer

MS = 1_000_000
KEEP = PrequalConfig(removals_per_pick=0.0)


def prequal_of(count: int, config: PrequalConfig = KEEP, seed: int = 1) -> Prequal:
    balancer = Prequal(config, Stream(seed, "prequal"))
    for member in range(count):
        balancer.add(member)
    return balancer


def tell(balancer: Prequal, *answers: tuple[int, int, int], now: int = 0) -> None:
    for member, in_flight, latency in answers:
        balancer.probe_answered(member, now, ProbeAnswer(in_flight, latency), now)


def test_it_is_a_balancer_that_probes() -> None:
    assert isinstance(prequal_of(1), ProbingBalancer)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (100, 2 / (0.84 * 3 - 1)),
        (32, 4.0),
        (1600, 2 / (0.99 * 3 - 1)),
        (24, None),
        (16, None),
        (10, None),
    ],
)
def test_a_probe_may_be_used_as_often_as_the_formula_says(
    members: int, expected: float | None
) -> None:
    """b = max(1, (1 + delta) / ((1 - m / n) * r_probe - r_remove)) with m 16, delta 1, 3 and 1."""
    uses = uses_of_a_probe(PrequalConfig(), members)
    assert uses == (None if expected is None else pytest.approx(expected))


def test_a_probe_may_always_be_used_once() -> None:
    assert uses_of_a_probe(PrequalConfig(probes_per_pick=10.0), 1000) == 1.0


def test_each_pick_asks_for_three_probes_of_distinct_members() -> None:
    balancer = prequal_of(8)
    balancer.pick(0)
    asked = balancer.probes()
    assert len(asked) == len(set(asked)) == 3
    assert balancer.probes() == ()


def test_every_member_is_probed_as_often() -> None:
    balancer = prequal_of(10)
    seen: Counter[int] = Counter()
    for _ in range(3000):
        balancer.pick(0)
        seen.update(balancer.probes())
    assert all(abs(seen[member] - 900) < 4 * 900**0.5 for member in range(10))


def test_a_fraction_of_a_probe_is_made_up_over_several_picks() -> None:
    balancer = prequal_of(8, PrequalConfig(probes_per_pick=0.25))
    asked = []
    for _ in range(8):
        balancer.pick(0)
        asked.append(len(balancer.probes()))
    assert asked == [0, 0, 0, 1, 0, 0, 0, 1]


def test_no_more_members_are_probed_than_are_up() -> None:
    balancer = prequal_of(4)
    balancer.mark_down(1)
    balancer.mark_down(2)
    balancer.pick(0)
    assert set(balancer.probes()) == {0, 3}


def test_with_two_probes_the_better_one_is_believed() -> None:
    balancer = prequal_of(9)
    tell(balancer, (4, 1, 30), (7, 1, 20))
    assert balancer.pick(0) == 7


def test_with_fewer_than_two_probes_the_pick_is_random() -> None:
    balancer = prequal_of(4)
    tell(balancer, (2, 0, 1))
    seen = Counter(balancer.pick(0) for _ in range(4000))
    assert all(abs(seen[member] - 1000) < 130 for member in range(4))
    assert len(balancer.pooled()) == 1


def test_a_slow_member_with_few_requests_loses_and_a_busy_fast_one_is_hot() -> None:
    balancer = prequal_of(6, PrequalConfig(removals_per_pick=0.0, hot_quantile=0.5))
    tell(balancer, (0, 1, 90), (1, 2, 40), (2, 9, 10), (3, 9, 10))
    assert balancer.hot_above == 2
    assert balancer.pick(0) == 1


def test_its_own_requests_make_a_probe_hot() -> None:
    balancer = prequal_of(3, PrequalConfig(removals_per_pick=0.0, hot_quantile=1.0))
    tell(balancer, (0, 2, 10), (1, 3, 50))
    assert [balancer.pick(0) for _ in range(3)] == [0, 0, 1]


def test_the_retry_goes_to_the_next_best_probe() -> None:
    balancer = prequal_of(9)
    tell(balancer, (4, 1, 30), (7, 1, 20))
    assert balancer.pick(0, 7) == 4


def test_a_random_retry_avoids_the_member_tried_last() -> None:
    balancer = prequal_of(2)
    assert {balancer.pick(0, 1) for _ in range(20)} == {0}
    balancer.mark_down(0)
    assert balancer.pick(0, 1) == 1


@pytest.mark.parametrize(("took", "pooled"), [(3 * MS, 1), (3 * MS + 1, 0)])
def test_an_answer_after_the_time_out_says_nothing(took: int, pooled: int) -> None:
    balancer = prequal_of(3)
    balancer.probe_answered(1, 100, ProbeAnswer(0, 5), 100 + took)
    assert len(balancer.pooled()) == pooled


@pytest.mark.parametrize("verb", ["remove", "mark_down"])
def test_who_leaves_takes_its_probe_along_and_late_answers_are_dropped(verb: str) -> None:
    balancer = prequal_of(4)
    tell(balancer, (0, 0, 1), (1, 0, 5), (2, 0, 6))
    getattr(balancer, verb)(0)
    assert balancer.pick(0) == 1
    tell(balancer, (0, 0, 1), now=1)
    assert 0 not in [probe.member for probe in balancer.pooled()]


def test_old_probes_are_forgotten_by_a_pick() -> None:
    balancer = prequal_of(4)
    tell(balancer, (0, 0, 1), (1, 0, 5))
    balancer.pick(1000 * MS)
    assert len(balancer.pooled()) == 2
    balancer.pick(1000 * MS + 1)
    assert balancer.pooled() == ()


def test_removal_takes_the_oldest_and_the_worst_in_turn() -> None:
    balancer = prequal_of(6, PrequalConfig(removals_per_pick=1.0, hot_quantile=1.0))
    tell(balancer, (0, 0, 5), (1, 0, 1), (2, 0, 99), (3, 0, 2), (4, 9, 3))
    left = []
    for _ in range(3):
        balancer.pick(0)
        left.append([probe.member for probe in balancer.pooled()])
    assert left == [[1, 2, 3, 4], [1, 3, 4], [3, 4]]


def test_half_a_removal_is_made_every_other_pick() -> None:
    balancer = prequal_of(6, PrequalConfig(removals_per_pick=0.5))
    tell(balancer, (0, 0, 5), (1, 0, 1), (2, 0, 99))
    balancer.pick(0)
    assert len(balancer.pooled()) == 3
    balancer.pick(0)
    assert len(balancer.pooled()) == 2


def test_a_fractional_number_of_uses_is_rounded_at_random_by_its_fraction() -> None:
    """Of 100 members, with four probes a pick and a slack of 2, it is used 1.27 times."""
    config = PrequalConfig(probes_per_pick=4.0, reuse_slack=2.0)
    expected = 3 / (0.84 * 4 - 1)
    balancer = prequal_of(100, config)
    uses = []
    for now in range(3000):
        tell(balancer, (now % 100, 0, 1), now=now)
        uses.append(balancer.pooled()[-1].uses_left)
    assert set(uses) == {1, 2}
    assert sum(uses) / len(uses) == pytest.approx(expected, abs=0.04)


def test_a_whole_number_of_uses_costs_no_draw() -> None:
    balancer, fresh = prequal_of(32, PrequalConfig()), Stream(1, "prequal")
    tell(balancer, (3, 0, 1))
    assert balancer.pooled()[0].uses_left == 4
    assert balancer._stream.uniform() == fresh.uniform()


def test_nobody_up_means_nobody_picked_and_nobody_probed() -> None:
    balancer = prequal_of(1)
    balancer.mark_down(0)
    assert balancer.pick(0) == NO_MEMBER
    assert balancer.probes() == ()


@pytest.mark.parametrize("answer", [ProbeAnswer(-1, 0), ProbeAnswer(0, -1)])
def test_an_answer_of_less_than_nothing_is_refused(answer: ProbeAnswer) -> None:
    with pytest.raises(ConfigError, match="negative"):
        prequal_of(1).probe_answered(0, 0, answer, 0)


@pytest.mark.parametrize(
    "field",
    [
        {"pool_size": 1}, {"probes_per_pick": 0.0}, {"probes_per_pick": 101.0},
        {"removals_per_pick": -0.1}, {"removals_per_pick": 101.0}, {"reuse_slack": -0.1},
        {"reuse_slack": 1001.0}, {"hot_quantile": 1.1}, {"hot_quantile": -0.1},
        {"quantile_window": 0}, {"age_ns_max": 0}, {"timeout_ns": 0},
    ],
)  # fmt: skip
def test_senseless_parameters_are_refused(field: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="prequal"):
        PrequalConfig(**field)


class PrequalMachine(RuleBasedStateMachine):
    """The choice against a naive one over a plain list of answers; probes late or repeated."""

    config = PrequalConfig(
        pool_size=3, removals_per_pick=0.0, age_ns_max=50, timeout_ns=20, hot_quantile=0.5
    )

    def __init__(self) -> None:
        super().__init__()
        self.balancer = Prequal(self.config, Stream(5, "machine"))
        self.members: dict[int, bool] = {}
        self.pool: list[list[int]] = []
        self.answers: list[int] = []
        self.asked: list[tuple[int, int]] = []
        self.now = 0

    def forget(self, member: int) -> None:
        self.pool = [entry for entry in self.pool if entry[0] != member]

    @rule(step=st.integers(0, 15))
    def wait(self, step: int) -> None:
        self.now += step

    @rule(member=st.integers(0, 5))
    def add(self, member: int) -> None:
        self.balancer.add(member)
        self.members.setdefault(member, True)

    @precondition(lambda self: self.members)
    @rule(data=st.data(), verb=st.sampled_from(["remove", "mark_down", "mark_up"]))
    def change(self, data: st.DataObject, verb: str) -> None:
        member = data.draw(st.sampled_from(sorted(self.members)))
        getattr(self.balancer, verb)(member)
        if verb == "mark_up":
            self.members[member] = True
            return
        self.forget(member)
        if verb == "remove":
            del self.members[member]
        else:
            self.members[member] = False

    @rule(avoid=st.integers(-1, 5))
    def send(self, avoid: int) -> None:
        up = {member for member, is_up in self.members.items() if is_up}
        picked = self.balancer.pick(self.now, avoid)
        assert picked in (up or {NO_MEMBER})
        assert picked != avoid or up <= {avoid}
        if picked == NO_MEMBER:
            return
        self.pool = [entry for entry in self.pool if self.now - entry[4] <= 50]
        others = [entry for entry in self.pool if entry[0] != avoid]
        if len(self.pool) >= 2:
            median = sorted(self.answers)[(len(self.answers) + 1) // 2 - 1]
            cold = [entry for entry in others if entry[1] <= median]
            best = min(cold, key=lambda e: (e[2], e[1]), default=None)
            best = best or min(others, key=lambda e: (e[1], e[2]))
            assert picked == best[0]
            best[1] += 1
        asked = self.balancer.probes()
        assert len(asked) == len(set(asked)) == min(3, len(up))
        assert set(asked) <= up
        self.asked += [(member, self.now) for member in asked]

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), load=st.integers(0, 4), latency=st.integers(0, 3), again=st.booleans())
    def answer(self, data: st.DataObject, load: int, latency: int, again: bool) -> None:
        place = data.draw(st.integers(0, len(self.asked) - 1))
        member, sent_at = self.asked[place]
        if not again:
            del self.asked[place]
        self.balancer.probe_answered(member, sent_at, ProbeAnswer(load, latency), self.now)
        known = [entry for entry in self.pool if entry[0] == member]
        is_stale = any(entry[3] >= sent_at for entry in known)
        if self.now - sent_at > 20 or not self.members.get(member) or is_stale:
            return
        self.forget(member)
        self.pool = [*self.pool, [member, load, latency, sent_at, self.now]][-3:]
        self.answers.append(load)

    @invariant()
    def the_pool_is_the_list(self) -> None:
        pooled = self.balancer.pooled()
        assert [(p.member, p.in_flight, p.latency_ns) for p in pooled] == [
            (entry[0], entry[1], entry[2]) for entry in self.pool
        ]


PrequalMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=60, stateful_step_count=50
)
TestPrequal = PrequalMachine.TestCase
