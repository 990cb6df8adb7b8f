"""The guard of an experiment, in the order of semantics 13.1."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from models.base.errors import SimulationError
from models.base.time import NS_PER_S
from models.faults.experiment.guard import Guard, Stage, Status
from models.faults.experiment.probe import ExperimentConfig, Goal, Measure, Probe, Stop

S = NS_PER_S
STEADY = Probe("steady", Measure.ERROR_RATIO, "users", below=0.1)
HURT = Probe("hurt", Measure.ERROR_RATIO, "users", above=0.5)
DEAD = Probe("dead", Measure.THROUGHPUT, "users", below=1.0)
SERVED = Probe("served", Measure.THROUGHPUT, "users", above=90.0)
CONFIG = ExperimentConfig((STEADY,), (Stop(HURT, 3 * S), Stop(DEAD)), (Goal(SERVED, 0.5),))


def readings(errors: float | None, rate: float | None = 100.0):
    return {STEADY: errors, HURT: errors, DEAD: rate, SERVED: rate}


def begun() -> Guard:
    guard = Guard(CONFIG)
    assert guard.begin(readings(0.0)) == ()
    return guard


def test_without_a_steady_state_before_the_method_is_not_applied() -> None:
    """13.1: before fails -> status failed, nothing was run."""
    guard = Guard(CONFIG)
    assert guard.begin(readings(0.1)) == (STEADY,)
    assert guard.stage is Stage.CALLED_OFF
    assert guard.observe(readings(1.0, 0.0), now=S) is None
    journal = guard.end(readings(0.3))
    assert (journal.status, journal.deviated) == (Status.FAILED, False)
    assert journal.shares == ((Goal(SERVED, 0.5), None),)


def test_without_a_steady_state_afterwards_the_experiment_deviated() -> None:
    """13.1: after fails -> deviated, though completed."""
    journal = begun().end(readings(0.2))
    assert (journal.status, journal.deviated, journal.unmet) == (Status.COMPLETED, True, (STEADY,))


def test_with_a_steady_state_before_and_after_it_is_completed() -> None:
    journal = begun().end(readings(0.0))
    assert (journal.status, journal.deviated, journal.unmet) == (Status.COMPLETED, False, ())


def test_nothing_measured_is_no_steady_state() -> None:
    assert Guard(CONFIG).begin(readings(None)) == (STEADY,)


def test_a_condition_aborts_once_it_has_held_for_its_time() -> None:
    guard = begun()
    assert guard.observe(readings(0.6), now=10 * S) is None
    assert guard.observe(readings(0.6), now=13 * S - 1) is None
    assert guard.observe(readings(0.6), now=13 * S) == Stop(HURT, 3 * S)
    assert guard.stage is Stage.ABORTED
    assert guard.end(readings(0.0)).status is Status.ABORTED


@pytest.mark.parametrize("between", [0.5, None])
def test_a_condition_that_let_go_begins_anew(between: float | None) -> None:
    guard = begun()
    guard.observe(readings(0.6), now=10 * S)
    guard.observe(readings(between), now=12 * S)
    assert guard.observe(readings(0.6), now=13 * S) is None
    assert guard.observe(readings(0.6), now=16 * S) == Stop(HURT, 3 * S)


def test_a_condition_without_a_time_aborts_at_once() -> None:
    assert begun().observe(readings(0.0, 0.5), now=S) == Stop(DEAD)


def test_an_experiment_is_aborted_once() -> None:
    guard = begun()
    guard.observe(readings(0.0, 0.5), now=S)
    assert guard.observe(readings(0.0, 0.5), now=2 * S) is None


def test_goals_are_counted_over_all_samples_also_after_an_abort() -> None:
    guard = begun()
    for second, rate in enumerate((100.0, 90.0, 0.0, 91.0)):
        guard.observe(readings(0.0, rate), now=second * S)
    assert guard.end(readings(0.0)).shares == ((Goal(SERVED, 0.5), 0.5),)


@pytest.mark.parametrize("move", ["observe", "end"])
def test_nothing_is_asked_before_the_beginning_or_after_the_end(move: str) -> None:
    def ask(guard: Guard) -> object:
        if move == "end":
            return guard.end(readings(0.0))
        return guard.observe(readings(0.0), now=S)

    with pytest.raises(SimulationError, match="planned"):
        ask(Guard(CONFIG))
    ended = begun()
    ended.end(readings(0.0))
    with pytest.raises(SimulationError, match="ended"):
        ask(ended)


def test_an_experiment_begins_once() -> None:
    with pytest.raises(SimulationError, match="running cannot begin"):
        begun().begin(readings(0.0))


class GuardMachine(RuleBasedStateMachine):
    """Against a model that keeps every sample and looks back."""

    def __init__(self) -> None:
        super().__init__()
        self.guard = begun()
        self.now = 0
        self.samples: list[tuple[int, float, float]] = []
        self.aborted: Stop | None = None

    def naive(self) -> Stop | None:
        for stop, of in ((CONFIG.stops[0], 1), (CONFIG.stops[1], 2)):
            since = None
            for sample in reversed(self.samples):
                if not stop.probe.holds(sample[of]):
                    break
                since = sample[0]
            if since is not None and self.now - since >= stop.for_ns:
                return stop
        return None

    @rule(
        step=st.integers(1, 2 * S),
        errors=st.sampled_from([0.0, 0.5, 0.6, 0.9]),
        rate=st.sampled_from([0.9, 1.0, 100.0, 100.0, 100.0]),
    )
    def sample(self, step: int, errors: float, rate: float) -> None:
        self.now += step
        self.samples.append((self.now, errors, rate))
        stop = None if self.aborted else self.naive()
        assert self.guard.observe(readings(errors, rate), now=self.now) == stop
        self.aborted = self.aborted or stop

    @invariant()
    def is_aborted_like_the_model(self) -> None:
        assert (self.guard.stage is Stage.ABORTED) is (self.aborted is not None)


TestGuardMachine = GuardMachine.TestCase
TestGuardMachine.settings = settings(derandomize=True, deadline=None, max_examples=50)
