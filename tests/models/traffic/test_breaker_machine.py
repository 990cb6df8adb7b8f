"""The breaker against a naive model that keeps every result and every permit in lists."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models.traffic.breaker import REFUSED, BreakerState, CircuitBreaker
from models.traffic.config import BreakerConfig


class BreakerMachine(RuleBasedStateMachine):
    @initialize(
        window=st.integers(1, 6),
        minimum=st.integers(1, 7),
        tenths=st.integers(1, 10),
        permits=st.integers(1, 4),
    )
    def start(self, window: int, minimum: int, tenths: int, permits: int) -> None:
        self.config = BreakerConfig(window, minimum, tenths / 10, 10, permits)
        self.tenths = tenths
        self.breaker = CircuitBreaker(self.config)
        self.now = 0
        self.state = BreakerState.CLOSED
        self.opened_at = 0
        self.results: list[bool] = []
        self.period = 0
        self.granted = 0
        self.in_flight: list[tuple[int, int]] = []

    def enter(self, state: BreakerState) -> None:
        self.state = state
        self.period += 1
        self.granted = 0
        if state is not BreakerState.OPEN:
            self.results = []

    def capacity(self) -> int:
        if self.state is BreakerState.HALF_OPEN:
            return self.config.half_open_permits
        return self.config.window_calls

    @rule(wait=st.integers(0, 6))
    def wait(self, wait: int) -> None:
        self.now += wait

    @rule()
    def acquire(self) -> None:
        if self.state is BreakerState.OPEN and self.now - self.opened_at >= 10:
            self.enter(BreakerState.HALF_OPEN)
        is_probe = self.state is BreakerState.HALF_OPEN
        may_call = self.state is BreakerState.CLOSED or (
            is_probe and self.granted < self.config.half_open_permits
        )
        epoch = self.breaker.try_acquire(self.now)
        assert (epoch != REFUSED) is may_call
        if may_call:
            self.granted += 1
            self.in_flight.append((self.period, epoch))

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data(), is_failure=st.booleans(), counts_by_itself=st.booleans())
    def record(self, data: st.DataObject, is_failure: bool, counts_by_itself: bool) -> None:
        period, epoch = self.in_flight.pop(data.draw(st.integers(0, len(self.in_flight) - 1)))
        state_before = self.state
        if period == self.period:
            self.results = [*self.results, is_failure][-self.capacity() :]
            self.judge()
        if counts_by_itself and not is_failure and self.breaker.quiet_epoch == epoch:
            self.breaker.quiet += 1
            assert state_before is self.state
        else:
            has_moved = state_before is not self.state
            assert self.breaker.record(epoch, is_failure, self.now) is has_moved

    def judge(self) -> None:
        if len(self.results) < min(self.config.minimum_calls, self.capacity()):
            return
        if 10 * sum(self.results) >= self.tenths * len(self.results):
            self.opened_at = self.now
            self.enter(BreakerState.OPEN)
        elif self.state is BreakerState.HALF_OPEN:
            self.enter(BreakerState.CLOSED)

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        period, epoch = self.in_flight.pop(data.draw(st.integers(0, len(self.in_flight) - 1)))
        self.breaker.release(epoch)
        if period == self.period:
            self.granted -= 1

    @invariant()
    def agrees_with_the_model(self) -> None:
        snapshot = self.breaker.snapshot()
        assert snapshot == self.breaker.snapshot()
        assert snapshot.state is self.state
        assert snapshot.epoch == self.period + 1
        assert (snapshot.recorded, snapshot.failures) == (len(self.results), sum(self.results))

    @invariant()
    def probes_in_flight_never_exceed_the_permits(self) -> None:
        if self.state is BreakerState.HALF_OPEN:
            probes = [period for period, _ in self.in_flight if period == self.period]
            assert len(probes) + len(self.results) <= self.config.half_open_permits


BreakerMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=60, stateful_step_count=50
)
TestBreaker = BreakerMachine.TestCase
