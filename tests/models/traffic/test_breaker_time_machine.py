"""The breaker with window of time, slow calls and timers, against lists of everything.

Two breakers get the same calls; one is ticked at every deadline, the other never. They must not
differ in what they grant.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models.traffic.breaker import REFUSED, BreakerState, CircuitBreaker
from models.traffic.config import BreakerConfig

S = 1_000_000_000
HALF = S // 2
SLOW = 100


class TimeWindowMachine(RuleBasedStateMachine):
    @initialize(
        seconds=st.integers(1, 4),
        minimum=st.integers(1, 5),
        fail_tenths=st.integers(1, 10),
        slow_tenths=st.integers(1, 10),
        permits=st.integers(1, 3),
        bound=st.sampled_from([0, HALF, 3 * S]),
        is_automatic=st.booleans(),
    )
    def start(
        self,
        seconds: int,
        minimum: int,
        fail_tenths: int,
        slow_tenths: int,
        permits: int,
        bound: int,
        is_automatic: bool,
    ) -> None:
        self.config = BreakerConfig(
            minimum_calls=minimum,
            failure_ratio=fail_tenths / 10,
            open_ns=2 * S,
            half_open_permits=permits,
            window_ns=seconds * S,
            slow_ratio=slow_tenths / 10,
            slow_ns=SLOW,
            half_open_ns_max=bound,
            is_automatic=is_automatic,
        )
        self.tenths = (fail_tenths, slow_tenths)
        self.seconds = seconds
        self.ticked, self.untouched = CircuitBreaker(self.config), CircuitBreaker(self.config)
        self.now = 0
        self.state, self.since, self.period = BreakerState.CLOSED, 0, 0
        self.results: list[tuple[int, bool, bool]] = []
        self.granted = 0
        self.in_flight: list[tuple[int, int]] = []

    def enter(self, state: BreakerState, at: int) -> None:
        self.state, self.since = state, at
        self.period += 1
        self.granted = 0
        if state is not BreakerState.OPEN:
            self.results = []

    def pass_time(self) -> None:
        config = self.config
        while True:
            over = self.now - self.since
            if self.state is BreakerState.OPEN and config.is_automatic and over >= 2 * S:
                self.enter(BreakerState.HALF_OPEN, self.since + 2 * S)
            elif (
                self.state is BreakerState.HALF_OPEN
                and config.half_open_ns_max
                and over >= config.half_open_ns_max
            ):
                self.enter(BreakerState.OPEN, self.since + config.half_open_ns_max)
            else:
                return

    @rule(steps=st.integers(0, 7))
    def wait(self, steps: int) -> None:
        end = self.now + steps * HALF
        while (deadline := self.ticked.next_deadline()) is not None and deadline <= end:
            assert self.ticked.tick(now=deadline)
        self.now = end
        self.pass_time()

    @rule()
    def acquire(self) -> None:
        if self.state is BreakerState.OPEN and self.now - self.since >= 2 * S:
            self.enter(BreakerState.HALF_OPEN, self.now)
        may_call = self.state is BreakerState.CLOSED or (
            self.state is BreakerState.HALF_OPEN and self.granted < self.config.half_open_permits
        )
        epoch = self.ticked.try_acquire(self.now)
        assert self.untouched.try_acquire(self.now) == epoch
        assert (epoch != REFUSED) is may_call
        if may_call:
            self.granted += 1
            self.in_flight.append((self.period, epoch))

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data(), is_failure=st.booleans(), duration=st.sampled_from([0, SLOW, SLOW + 1]))
    def record(self, data: st.DataObject, is_failure: bool, duration: int) -> None:
        period, epoch = self.in_flight.pop(data.draw(st.integers(0, len(self.in_flight) - 1)))
        for breaker in (self.ticked, self.untouched):
            breaker.record(epoch, is_failure, self.now, duration)
        if period != self.period:
            return
        self.results.append((self.now, is_failure, duration > SLOW))
        if self.state is BreakerState.CLOSED:
            oldest = self.now // S - self.seconds
            self.results = [entry for entry in self.results if entry[0] // S > oldest]
        self.judge()

    def judge(self) -> None:
        is_probing = self.state is BreakerState.HALF_OPEN
        needed = self.config.minimum_calls
        if is_probing:
            needed = min(needed, self.config.half_open_permits)
        count = len(self.results)
        if count < needed:
            return
        shares = [sum(column) * 10 for column in list(zip(*self.results, strict=True))[1:]]
        if any(share >= tenths * count for share, tenths in zip(shares, self.tenths, strict=True)):
            self.enter(BreakerState.OPEN, self.now)
        elif is_probing:
            self.enter(BreakerState.CLOSED, self.now)

    @invariant()
    def agrees_with_the_model(self) -> None:
        snapshot = self.ticked.snapshot()
        assert snapshot == self.ticked.snapshot()
        assert (snapshot.state, snapshot.epoch) == (self.state, self.period + 1)
        counts = (len(self.results), *(sum(e[n] for e in self.results) for n in (1, 2)))
        assert (snapshot.recorded, snapshot.failures, snapshot.slow) == counts

    @invariant()
    def half_open_admits_at_most_its_permits(self) -> None:
        if self.state is BreakerState.HALF_OPEN:
            probes = [period for period, _ in self.in_flight if period == self.period]
            assert len(probes) + len(self.results) <= self.config.half_open_permits


TimeWindowMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=60, stateful_step_count=50
)
TestTimeWindow = TimeWindowMachine.TestCase
