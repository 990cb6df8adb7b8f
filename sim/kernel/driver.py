"""Pumps a decider under virtual time, on the monotonic clock of its node.

Its twin under real time is ``models.runtime.driver``; a parity test feeds one script to both.
"""

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from models.base.decider import Decider
from models.base.errors import SimulationError
from models.base.time import TimeNs

ActionsT = TypeVar("ActionsT")


class Timer(Protocol):
    """A pending call."""

    def cancel(self) -> None:
        """Make sure the call never happens."""


class Timers(Protocol):
    """What the driver needs of the kernel: true time, and calls at an instant."""

    @property
    def now(self) -> TimeNs:
        """Current true time in ns."""

    def call_at(
        self, when: TimeNs, tie_class: int, callback: Callable[[Any], object], argument: Any, /
    ) -> Timer:
        """Run ``callback(argument)`` at true time ``when``, which is not in the past."""


class MonotonicClock(Protocol):
    """What the driver needs of a node's clocks."""

    def monotonic_at(self, true_ns: TimeNs, /) -> TimeNs:
        """Reading of the monotonic clock at a true instant."""

    def true_at(self, monotonic_ns: TimeNs, /) -> TimeNs:
        """First true instant at which the monotonic clock shows at least ``monotonic_ns``."""


class Driver(Generic[ActionsT]):
    """Calls ``decider.tick`` at each deadline and hands the result to ``deliver``.

    Whoever gives the decider an input that may move its deadline calls :meth:`poke` afterwards.
    ``tie_class`` is the kernel's class of these calls among events of the same instant.
    """

    __slots__ = (
        "_armed_for",
        "_clock",
        "_decider",
        "_deliver",
        "_is_running",
        "_kernel",
        "_tie_class",
        "_timer",
    )

    def __init__(
        self,
        kernel: Timers,
        clock: MonotonicClock,
        decider: Decider[ActionsT],
        *,
        tie_class: int,
        deliver: Callable[[ActionsT], object],
    ) -> None:
        self._kernel = kernel
        self._clock = clock
        self._decider = decider
        self._tie_class = tie_class
        self._deliver = deliver
        self._timer: Timer | None = None
        self._armed_for: TimeNs | None = None
        self._is_running = False

    @property
    def now(self) -> TimeNs:
        """Monotonic time of the decider's node, for its inputs."""
        return self._clock.monotonic_at(self._kernel.now)

    def start(self) -> None:
        """Begin to pump; a deadline already past is served at the current instant."""
        self._is_running = True
        self.poke()

    def stop(self) -> None:
        """Cease to pump, as when the node dies; :meth:`start` resumes."""
        self._is_running = False
        self._disarm()

    def poke(self) -> None:
        """Look at the deadline again. Without effect while stopped."""
        if not self._is_running:
            return
        deadline = self._decider.next_deadline()
        if deadline != self._armed_for:
            self._disarm()
            if deadline is not None:
                self._arm(deadline)

    def _arm(self, deadline: TimeNs) -> None:
        when = max(self._clock.true_at(deadline), self._kernel.now)
        self._armed_for = deadline
        self._timer = self._kernel.call_at(when, self._tie_class, self._fire, deadline)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self._armed_for = None

    def _fire(self, deadline: TimeNs) -> None:
        self._timer = None
        self._armed_for = None
        now = self.now
        if now < deadline:
            raise SimulationError(f"a timer for {deadline} ns went off at {now} ns on its clock")
        actions = self._decider.tick(now=now)
        following = self._decider.next_deadline()
        if following is not None and following <= now:
            raise SimulationError(
                f"{type(self._decider).__name__} ticked at {now} ns and still wants {following} ns"
            )
        self.poke()
        self._deliver(actions)
