"""Circuit breaker: stop calling a target that keeps failing, probe it later, resume.

The last calls are kept in a ring with running counts, so a record is O(1) however long the
window. Each change of state begins a new *epoch*; a permit carries the epoch it was granted in,
and the result of an older epoch says nothing about the present one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from models.base.errors import ConfigError, SimulationError
from models.base.time import TimeNs
from models.traffic.config import BreakerConfig

REFUSED = 0
"""What ``try_acquire`` answers instead of an epoch."""


class BreakerState(Enum):
    """Passing, refusing, probing."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class BreakerSignal(Enum):
    """What makes a breaker change its state."""

    FAILING = "failing"
    WAITED = "waited"
    RECOVERED = "recovered"


TRANSITIONS: Mapping[tuple[BreakerState, BreakerSignal], BreakerState] = MappingProxyType(
    {
        (BreakerState.CLOSED, BreakerSignal.FAILING): BreakerState.OPEN,
        (BreakerState.OPEN, BreakerSignal.WAITED): BreakerState.HALF_OPEN,
        (BreakerState.HALF_OPEN, BreakerSignal.FAILING): BreakerState.OPEN,
        (BreakerState.HALF_OPEN, BreakerSignal.RECOVERED): BreakerState.CLOSED,
    }
)

_CLOSED, _OPEN, _HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN


@dataclass(frozen=True, slots=True)
class BreakerSnapshot:
    """A breaker for reports: counts are those of the present window.

    ``failure_ratio`` is None below the minimum of calls. ``half_open_at`` is the first instant
    at which an open breaker lets a probe through, None in the other states. ``refused`` counts
    over the breaker's whole life.
    """

    state: BreakerState
    epoch: int
    recorded: int
    failures: int
    failure_ratio: float | None
    permits_left: int
    half_open_at: TimeNs | None
    refused: int


class CircuitBreaker:
    """Count-window breaker of one caller and one target.

    Closed, it passes everything and opens when a record leaves at least the minimum of calls in
    the window with failures / calls at or above the threshold. Open, it refuses until
    ``open_ns`` have passed, then the next caller is the first probe. Half-open, it grants
    ``half_open_permits`` probes and no more; once the minimum of them is in, the same threshold
    decides between open and closed. The minimum is ``minimum_calls``, but never more than
    the window or, half-open, the permits can hold.

    Each permit must come back once, through :meth:`record` or, when nobody will ever learn how
    the call went, through :meth:`release`. The verbs are on the path of every attempt and take
    positional arguments; ``now`` is nanoseconds on the caller's monotonic clock. The attribute
    ``closed_epoch`` is what ``try_acquire`` would answer while the breaker is closed, and 0 in the
    other states, where ``try_acquire`` must be asked.

    Source: resilience4j ``CircuitBreakerStateMachine``, COUNT_BASED; semantics 7.4. Differs in
    ignoring results of calls that were permitted in an earlier state, which there are counted
    in whatever state they meet.

    Raises:
        ConfigError: a count or ``open_ns`` below 1, or a ratio outside (0, 1].
    """

    __slots__ = (
        "_config", "_epoch", "_failures", "_minimum", "_opened_at", "_permits_left",
        "_probes_out", "_recorded", "_refused", "_ring", "_slot", "_state", "_threshold",
        "_window", "closed_epoch",
    )  # fmt: skip

    def __init__(self, config: BreakerConfig) -> None:
        _check(config)
        self._config = config
        self._threshold = config.failure_ratio
        self._state = _CLOSED
        self._epoch = 1
        self.closed_epoch = 1
        self._refused = 0
        self._opened_at: TimeNs = 0
        self._permits_left = 0
        self._probes_out = 0
        self._slot = 0
        self._recorded = 0
        self._failures = 0
        self._start_window(config.window_calls)

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
        if self._recorded < self._minimum:
            return None
        return self._failures / self._recorded

    def try_acquire(self, now: TimeNs) -> int:
        """Ask to call: ``REFUSED`` (0), or the epoch (>= 1) to hand back with the result."""
        if self._state is _CLOSED:
            return self._epoch
        if self._state is _OPEN and now >= self._opened_at + self._config.open_ns:
            self._move(BreakerSignal.WAITED, now)
        if not self._permits_left:
            self._refused += 1
            return REFUSED
        self._permits_left -= 1
        self._probes_out += 1
        return self._epoch

    def record(self, epoch: int, is_failure: bool, now: TimeNs) -> bool:
        """Hand back a permit with the call's result. True if the state changed.

        Raises:
            SimulationError: a result without a permit.
        """
        if epoch != self._epoch:
            return self._ignore(epoch)
        if self._state is _CLOSED:
            if not is_failure and not self._failures:
                # The ring holds only zeros, so where the next entry goes makes no difference.
                if self._recorded < self._window:
                    self._recorded += 1
                return False
            self._note(is_failure)
            if self._recorded >= self._minimum and self._is_failing():
                self._move(BreakerSignal.FAILING, now)
                return True
            return False
        return self._record_probe(is_failure, now)

    def release(self, epoch: int) -> None:
        """Hand back a permit unused: it counts nothing, and another call may have it.

        Raises:
            SimulationError: nothing was granted that could be handed back.
        """
        if epoch != self._epoch:
            self._ignore(epoch)
        elif self._state is not _CLOSED:
            self._return_probe()
            self._permits_left += 1

    def snapshot(self) -> BreakerSnapshot:
        """The breaker as it stands. Changes nothing."""
        is_open = self._state is _OPEN
        return BreakerSnapshot(
            state=self._state,
            epoch=self._epoch,
            recorded=self._recorded,
            failures=self._failures,
            failure_ratio=self.failure_ratio,
            permits_left=self._permits_left,
            half_open_at=self._opened_at + self._config.open_ns if is_open else None,
            refused=self._refused,
        )

    def _note(self, is_failure: bool) -> None:
        slot = self._slot
        if self._recorded < self._window:
            self._recorded += 1
        self._failures += is_failure - self._ring[slot]
        self._ring[slot] = is_failure
        slot += 1
        self._slot = slot if slot < self._window else 0

    def _is_failing(self) -> bool:
        return self._failures / self._recorded >= self._threshold

    def _record_probe(self, is_failure: bool, now: TimeNs) -> bool:
        self._return_probe()
        self._note(is_failure)
        if self._recorded < self._minimum:
            return False
        self._move(BreakerSignal.FAILING if self._is_failing() else BreakerSignal.RECOVERED, now)
        return True

    def _return_probe(self) -> None:
        if not self._probes_out:
            raise SimulationError(f"breaker in epoch {self._epoch}: a result without a permit")
        self._probes_out -= 1

    def _ignore(self, epoch: int) -> bool:
        if not 1 <= epoch < self._epoch:
            raise SimulationError(f"breaker in epoch {self._epoch} never granted epoch {epoch}")
        return False

    def _move(self, signal: BreakerSignal, now: TimeNs) -> None:
        state = TRANSITIONS.get((self._state, signal))
        if state is None:
            raise SimulationError(f"breaker cannot be {signal.value} while {self._state.value}")
        self._state = state
        self._epoch += 1
        self.closed_epoch = self._epoch if state is _CLOSED else REFUSED
        self._permits_left = self._probes_out = 0
        if state is _OPEN:
            self._opened_at = now
        elif state is _HALF_OPEN:
            self._permits_left = self._config.half_open_permits
            self._start_window(self._config.half_open_permits)
        else:
            self._start_window(self._config.window_calls)

    def _start_window(self, calls: int) -> None:
        self._window = calls
        self._minimum = min(self._config.minimum_calls, calls)
        self._ring = bytearray(calls)
        self._slot = 0
        self._recorded = 0
        self._failures = 0


def _check(config: BreakerConfig) -> None:
    for name in ("window_calls", "minimum_calls", "half_open_permits", "open_ns"):
        if getattr(config, name) < 1:
            raise ConfigError(f"breaker: {name} must be at least 1")
    if not 0.0 < config.failure_ratio <= 1.0:
        raise ConfigError(f"breaker: failure_ratio {config.failure_ratio} is not in (0, 1]")
