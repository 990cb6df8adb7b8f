"""How long an ejection lasts and how many there may be: the vectors of semantics 7.2."""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from models.base.errors import ConfigError, SimulationError
from models.base.outcome import Outcome
from models.base.streams import Stream
from models.base.time import NS_PER_S
from models.traffic.outlier.config import ConsecutiveConfig, OutlierConfig, SuccessRateConfig
from models.traffic.outlier.detector import OutlierDetector
from models.traffic.outlier.ejections import TRANSITIONS, Ejections, Move, Record, Standing
from models.traffic.outlier.verdict import Cause

S = NS_PER_S
TEN = OutlierConfig(base_ns=10 * S, ejected_ratio_max=1.0)


def lone(config: OutlierConfig) -> OutlierDetector:
    made = OutlierDetector(config, Stream(1, "outlier"), now=0)
    made.add(0)
    return made


def eject(made: OutlierDetector, now: int) -> None:
    for _ in range(5):
        made.record(0, Outcome.ERROR, now)
    assert made.is_ejected(0)


def back_at(made: OutlierDetector, sweep: int) -> int:
    """Sweep every ten seconds after ``sweep`` until the member is in again."""
    while made.is_ejected(0):
        sweep += 10 * S
        made.tick(now=sweep)
    return sweep


def test_ejections_in_a_row_last_longer_and_good_behaviour_wears_that_down() -> None:
    made, now = lone(TEN), 0
    for out, back in ((0, 10), (10, 30), (30, 60)):
        eject(made, out * S)
        now = back_at(made, out * S)
        assert now == back * S
    for sweep in (70, 80):
        made.tick(now=sweep * S)
    eject(made, 80 * S)
    assert back_at(made, 80 * S) == 100 * S
    for sweep in range(110, 610, 10):
        made.tick(now=sweep * S)
    eject(made, 610 * S)
    assert back_at(made, 610 * S) == 620 * S


def test_no_ejection_is_longer_than_the_longest() -> None:
    """The i-th in a row lasts 10 x i seconds up to the thirtieth, then 300."""
    made, now = lone(TEN), 0
    for number in range(1, 36):
        eject(made, now)
        until = made.snapshot().members[0].until
        assert until is not None
        assert until - now == 10 * S * min(number, 30)
        now = back_at(made, now)
    assert made.snapshot().members[0].multiplier == 31


@pytest.mark.parametrize(("members", "allowed"), [(5, 0), (9, 0), (10, 1), (19, 1), (20, 2)])
def test_a_tenth_of_the_members_may_be_out_at_once(members: int, allowed: int) -> None:
    ejections = Ejections(OutlierConfig(), Stream(1, "outlier"))
    for member in range(members):
        ejections.add(member)
    out = [ejections.try_eject(m, Cause.CONSECUTIVE_5XX, 1.0, 0) for m in range(members)]
    assert (sum(out), ejections.active) == (allowed, allowed)
    assert ejections.overflows == members - allowed


def test_one_may_always_be_out_where_that_is_wanted() -> None:
    ejections = Ejections(OutlierConfig(always_eject_one=True), Stream(1, "outlier"))
    ejections.add(0)
    ejections.add(1)
    assert ejections.try_eject(0, Cause.CONSECUTIVE_5XX, 1.0, 0)
    assert not ejections.try_eject(1, Cause.CONSECUTIVE_5XX, 1.0, 0)


def test_an_ejected_member_that_leaves_makes_room() -> None:
    ejections = Ejections(OutlierConfig(always_eject_one=True), Stream(1, "outlier"))
    ejections.add(0)
    ejections.add(1)
    ejections.try_eject(0, Cause.CONSECUTIVE_5XX, 1.0, 0)
    ejections.remove(0)
    assert ejections.active == 0
    assert ejections.try_eject(1, Cause.CONSECUTIVE_5XX, 1.0, 0)


def test_jitter_lengthens_an_ejection_by_no_more_than_its_bound() -> None:
    config = replace(TEN, jitter_ns_max=3)
    lengths = set()
    for seed in range(60):
        ejections = Ejections(config, Stream(seed, "outlier"))
        ejections.add(0)
        ejections.try_eject(0, Cause.CONSECUTIVE_5XX, 1.0, 0)
        until = ejections.record_of(0).until
        assert until is not None
        lengths.add(until - 10 * S)
    assert lengths == {0, 1, 2, 3}


def test_a_share_that_is_enforced_is_drawn() -> None:
    config = replace(TEN, ejected_ratio_max=1.0)
    ejections = Ejections(config, Stream(4, "outlier"))
    for member in range(2000):
        ejections.add(member)
    out = sum(ejections.try_eject(m, Cause.CONSECUTIVE_5XX, 0.25, 0) for m in range(2000))
    assert 430 < out < 570


@pytest.mark.parametrize("standing", Standing)
@pytest.mark.parametrize("move", Move)
def test_moves_outside_the_table_are_refused_and_change_nothing(
    standing: Standing, move: Move
) -> None:
    record = Record()
    record.standing = standing
    if (standing, move) in TRANSITIONS:
        record.move(move)
        assert record.standing is TRANSITIONS[standing, move]
    else:
        with pytest.raises(SimulationError, match=move.value):
            record.move(move)
        assert record.standing is standing


@pytest.mark.parametrize(
    "change",
    [
        {"interval_ns": 0}, {"base_ns": 0}, {"ejection_ns_max": 29 * S}, {"jitter_ns_max": -1},
        {"ejected_ratio_max": 1.1}, {"ejected_ratio_max": -0.1},
    ],
)  # fmt: skip
def test_parameters_out_of_range_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="outlier"):
        replace(OutlierConfig(), **change)


class OutlierMachine(RuleBasedStateMachine):
    """Random results, sweeps, departures and health checks, beside a naive ledger."""

    def __init__(self) -> None:
        super().__init__()
        self.config = OutlierConfig(
            consecutive_5xx=ConsecutiveConfig(failures=3),
            success_rate=SuccessRateConfig(hosts_min=2, volume_min=4),
            ejected_ratio_max=0.5,
        )
        self.detector = OutlierDetector(self.config, Stream(1, "outlier"), now=0)
        self.now = 0
        self.rows: dict[int, int] = {}
        self.out: set[int] = set()

    @rule(member=st.integers(0, 5))
    def join(self, member: int) -> None:
        self.detector.add(member)
        self.rows.setdefault(member, 0)

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        member = data.draw(st.sampled_from(sorted(self.rows)))
        self.detector.remove(member)
        del self.rows[member]
        self.out.discard(member)

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), fails=st.booleans(), times=st.integers(1, 4))
    def results(self, data: st.DataObject, times: int, *, fails: bool) -> None:
        member = data.draw(st.sampled_from(sorted(self.rows)))
        for _ in range(times):
            said = self.detector.record(member, Outcome.ERROR if fails else Outcome.OK, self.now)
            self.rows[member] = self.rows[member] + 1 if fails else 0
            is_due = self.rows[member] == 3 and member not in self.out
            has_room = (len(self.out) + 1) / len(self.rows) <= 0.5
            assert bool(said) is (is_due and has_room)
            if is_due:
                self.rows[member] = 0
            if said:
                self.out.add(member)

    @rule(seconds=st.integers(1, 40))
    def sweep(self, seconds: int) -> None:
        self.now += seconds * S
        for action in self.detector.tick(now=self.now):
            if action.cause is None:
                self.out.remove(action.member)
                self.rows[action.member] = 0
            else:
                assert action.cause is Cause.SUCCESS_RATE
                self.out.add(action.member)
        assert self.detector.next_deadline() > self.now

    @invariant()
    def who_is_out_is_known_and_never_more_than_half_when_ejected(self) -> None:
        standings = self.detector.snapshot().members
        assert {one.member for one in standings} == set(self.rows)
        assert {one.member for one in standings if one.is_ejected} == self.out
        assert all((one.until is not None) is one.is_ejected for one in standings)


OutlierMachine.TestCase.settings = settings(max_examples=60, deadline=None, derandomize=True)
TestOutlierMachine = OutlierMachine.TestCase
