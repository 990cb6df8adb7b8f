"""Circuit breaker: stop calling a target that keeps failing, probe it later, resume.

What it remembers of past calls is a window of its own, see :mod:`models.traffic.breaker_window`.
Each change of state begins a new *epoch*; a permit carries the epoch it was granted in, and the
result of an older epoch says nothing about the present one.
"""

from models.base.errors import ConfigError, SimulationError
from models.base.time import NS_PER_S, DurationNs, TimeNs
from models.traffic.breaker_states import (
    TRANSITIONS,
    BreakerSignal,
    BreakerSnapshot,
    BreakerState,
)
from models.traffic.breaker_window import (
    FOREVER,
    CallWindow,
    CountWindow,
    TimeWindow,
)
from models.traffic.config import BreakerConfig

__all__ = [
    "REFUSED",
    "TRANSITIONS",
    "BreakerSignal",
    "BreakerSnapshot",
    "BreakerState",
    "CircuitBreaker",
]

REFUSED = 0
"""What ``try_acquire`` answers instead of an epoch."""

_CLOSED, _OPEN, _HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN
_DISABLED, _METRICS_ONLY = BreakerState.DISABLED, BreakerState.METRICS_ONLY


class CircuitBreaker:
    """Breaker of one caller and one target.

    Closed, it passes everything and opens when a record leaves at least the minimum of calls in
    the window with failures / calls, or slow calls / calls, at or above their thresholds. Open,
    it refuses until its wait has passed, then the next caller is the first probe. Half-open, it
    grants ``half_open_permits`` probes and no more; once the minimum of them is in, the same
    thresholds decide between open and closed. The minimum is ``minimum_calls``, but never more
    than a window of calls or, half-open, the permits can hold.

    Each permit must come back once, through :meth:`record` or, when nobody will ever learn how
    the call went or its outcome is none of the target's, through :meth:`release`. These verbs
    are on the path of every attempt and take positional arguments; ``now`` is nanoseconds on the
    caller's monotonic clock. The attribute ``closed_epoch`` is what ``try_acquire`` would answer
    while the breaker passes everything, and 0 in the other states, where it must be asked. While
    ``quiet_epoch`` is not 0, a success with that permit may be counted in ``quiet`` instead of
    being recorded: whenever it came and however long it took, it would change nothing else.

    Timers that are due are also honoured by the verbs, so a breaker that nobody ticks grants and
    counts the same as one that is ticked.

    Source: resilience4j ``CircuitBreakerStateMachine``; semantics 7.4. Differs in ignoring
    results of calls that were permitted in an earlier state, which there are counted in whatever
    state they meet, and in that an expired half-open breaker always opens.

    Raises:
        ConfigError: a count or ``open_ns`` below 1, a ratio outside (0, 1], a time window that
            is not whole seconds, or a wait that shrinks.
    """

    __slots__ = (
        "_config", "_due", "_epoch", "_failure_ratio", "_minimum", "_permits_left", "_probes_out",
        "_quiet_until", "_refused", "_slow_ns", "_slow_ratio", "_state", "_wait_ns",
        "_window", "closed_epoch", "quiet", "quiet_epoch",
    )  # fmt: skip

    def __init__(self, config: BreakerConfig) -> None:
        _check(config)
        self._config = config
        self._failure_ratio = config.failure_ratio
        self._slow_ratio = config.slow_ratio
        self._slow_ns: DurationNs = FOREVER if config.slow_ns is None else config.slow_ns
        self._state = _CLOSED
        self._epoch = 1
        self.closed_epoch = 1
        self._refused = 0
        self._wait_ns: DurationNs = 0
        self._due: TimeNs = FOREVER
        self._permits_left = 0
        self._probes_out = 0
        self._minimum = 0
        self.quiet = 0
        self.quiet_epoch = 0
        self._quiet_until: TimeNs = 0
        self._window: CallWindow
        self._look_back()

    @property
    def state(self) -> BreakerState:
        """The state as of the last verb; an open breaker stays open until someone asks."""
        return self._state

    @property
    def epoch(self) -> int:
        """Number of the present state, from 1, one higher with each change."""
        return self._epoch

    @property
    def failure_ratio(self) -> float | None:
        """Share of failures in the window, None while fewer than the minimum are in."""
        counts = self._window.counts(self.quiet, None)
        return None if counts.calls < self._minimum else counts.failures / counts.calls

    def try_acquire(self, now: TimeNs) -> int:
        """Ask to call: ``REFUSED`` (0), or the epoch (>= 1) to hand back with the result."""
        if self.closed_epoch:
            return self.closed_epoch
        if now >= self._due:
            self._pass_time(now, is_call=True)
        if not self._permits_left:
            self._refused += 1
            return REFUSED
        self._permits_left -= 1
        self._probes_out += 1
        return self._epoch

    def record(
        self, epoch: int, is_failure: bool, now: TimeNs, duration_ns: DurationNs = 0
    ) -> bool:
        """Hand back a permit with the call's result. True if the state changed.

        A call is slow if it took longer than ``slow_ns``, whether it failed or not.

        Raises:
            SimulationError: a result without a permit.
        """
        if epoch != self._epoch:
            return self._ignore(epoch)
        if now < self._quiet_until and not is_failure and duration_ns <= self._slow_ns:
            self.quiet += 1
            return False
        if self._state is _HALF_OPEN and now >= self._due:
            self._pass_time(now, is_call=False)
            return True
        return self._judge(is_failure, duration_ns > self._slow_ns, now)

    def release(self, epoch: int) -> None:
        """Hand back a permit unused: it counts nothing, and another call may have it.

        Raises:
            SimulationError: nothing was granted that could be handed back.
        """
        if epoch != self._epoch:
            self._ignore(epoch)
        elif not self.closed_epoch:
            self._return_probe()
            self._permits_left += 1

    def impose(self, signal: BreakerSignal, now: TimeNs) -> None:
        """Obey an operator: ``FORCE_OPEN``, ``DISABLE``, ``OBSERVE`` or ``CLOSE``.

        Raises:
            SimulationError: the signal is not for operators to give.
        """
        if (_CLOSED, signal) not in TRANSITIONS or signal is BreakerSignal.FAILING:
            raise SimulationError(f"no operator can declare a breaker {signal.value}")
        self._move(signal, now)

    def next_deadline(self) -> TimeNs | None:
        """When the breaker changes its state by itself, None if it will not."""
        waits_for_call = self._state is _OPEN and not self._config.is_automatic
        return None if self._due == FOREVER or waits_for_call else self._due

    def tick(self, *, now: TimeNs) -> bool:
        """Change the state if that is due. True if it changed."""
        epoch = self._epoch
        self._pass_time(now, is_call=False)
        return epoch != self._epoch

    def snapshot(self, now: TimeNs | None = None) -> BreakerSnapshot:
        """The breaker as it stands. Changes nothing.

        With ``now``, calls that have left a window of time by then are not counted.
        """
        counts = self._window.counts(self.quiet, now)
        is_judged = counts.calls >= self._minimum
        return BreakerSnapshot(
            state=self._state,
            epoch=self._epoch,
            recorded=counts.calls,
            failures=counts.failures,
            failure_ratio=counts.failures / counts.calls if is_judged else None,
            permits_left=self._permits_left,
            half_open_at=self._due if self._state is _OPEN else None,
            refused=self._refused,
            slow=counts.slow,
            slow_ratio=counts.slow / counts.calls if is_judged else None,
        )

    def _judge(self, is_failure: bool, is_slow: bool, now: TimeNs) -> bool:
        if not self.closed_epoch:
            self._return_probe()
        elif self._state is _DISABLED:
            return False
        window = self._window
        if self.quiet:
            window.note_quiet(self.quiet)
            self.quiet = 0
        window.note(is_failure, is_slow, now)
        calls = window.calls
        if calls >= self._minimum:
            if (
                window.failures / calls >= self._failure_ratio
                or window.slow / calls >= self._slow_ratio
            ):
                return self._trip(now)
            if self._state is _HALF_OPEN:
                self._move(BreakerSignal.RECOVERED, now)
                return True
        if self.closed_epoch:
            self._be_quiet_until(0 if window.failures or window.slow else window.quiet_until())
        return False

    def _trip(self, now: TimeNs) -> bool:
        self._be_quiet_until(0)
        if self._state is _METRICS_ONLY:
            return False
        self._move(BreakerSignal.FAILING, now)
        return True

    def _return_probe(self) -> None:
        if not self._probes_out:
            raise SimulationError(f"breaker in epoch {self._epoch}: a result without a permit")
        self._probes_out -= 1

    def _ignore(self, epoch: int) -> bool:
        if not 1 <= epoch < self._epoch:
            raise SimulationError(f"breaker in epoch {self._epoch} never granted epoch {epoch}")
        return False

    def _pass_time(self, now: TimeNs, *, is_call: bool) -> None:
        """Make the moves whose time has come, each at the instant it was due."""
        is_automatic = self._config.is_automatic
        while now >= self._due:
            if self._state is _HALF_OPEN:
                self._move(BreakerSignal.EXPIRED, self._due)
            elif is_automatic or is_call:
                self._move(BreakerSignal.WAITED, self._due if is_automatic else now)
            else:
                return

    def _move(self, signal: BreakerSignal, now: TimeNs) -> None:
        before = self._state
        state = TRANSITIONS.get((before, signal))
        if state is None:
            raise SimulationError(f"breaker cannot be {signal.value} while {before.value}")
        self._state = state
        self._epoch += 1
        is_passing = state in (_CLOSED, _DISABLED, _METRICS_ONLY)
        self.closed_epoch = self._epoch if is_passing else REFUSED
        self._permits_left = self._probes_out = 0
        self._due = FOREVER
        self._be_quiet_until(0)
        if state is _OPEN:
            self._due = now + self._next_wait(is_first=before is _CLOSED)
        elif state is _HALF_OPEN:
            if self._config.half_open_ns_max:
                self._due = now + self._config.half_open_ns_max
            self._permits_left = self._config.half_open_permits
            self._look_back()
        elif state is not BreakerState.FORCED_OPEN:
            self._look_back()

    def _next_wait(self, *, is_first: bool) -> DurationNs:
        """``open_ns``, grown once for every time in a row, by products of floats alone."""
        config = self._config
        if is_first:
            self._wait_ns = config.open_ns
        elif config.open_growth > 1.0:
            longest = max(config.open_ns_max, config.open_ns)
            self._wait_ns = min(int(self._wait_ns * config.open_growth), longest)
        return self._wait_ns

    def _look_back(self) -> None:
        """Start with an empty window, of the kind that the present state has."""
        config = self._config
        self.quiet = 0
        if self._state is _HALF_OPEN or not config.window_ns:
            is_probing = self._state is _HALF_OPEN
            size = config.half_open_permits if is_probing else config.window_calls
            self._window = CountWindow(size)
            self._minimum = min(config.minimum_calls, size)
        else:
            self._window = TimeWindow(config.window_ns // NS_PER_S)
            self._minimum = config.minimum_calls
        is_counting = self._state in (_CLOSED, _METRICS_ONLY)
        self._be_quiet_until(self._window.quiet_until() if is_counting else 0)

    def _be_quiet_until(self, until: TimeNs) -> None:
        """Successes before ``until`` change nothing but their number."""
        self._quiet_until = until
        is_endless = until == self._slow_ns == FOREVER
        self.quiet_epoch = self._epoch if is_endless else 0


def _check(config: BreakerConfig) -> None:
    for name in ("window_calls", "minimum_calls", "half_open_permits", "open_ns"):
        if getattr(config, name) < 1:
            raise ConfigError(f"breaker: {name} must be at least 1")
    for name in ("failure_ratio", "slow_ratio"):
        if not 0.0 < getattr(config, name) <= 1.0:
            raise ConfigError(f"breaker: {name} {getattr(config, name)} is not in (0, 1]")
    if config.window_ns < 0 or config.window_ns % NS_PER_S:
        raise ConfigError("breaker: window_ns must be whole seconds, or 0 for a window of calls")
    if config.half_open_ns_max < 0 or (config.slow_ns is not None and config.slow_ns < 0):
        raise ConfigError("breaker: durations must not be negative")
    if not 1.0 <= config.open_growth <= 100.0:
        raise ConfigError(f"breaker: open_growth {config.open_growth} is not in [1, 100]")
