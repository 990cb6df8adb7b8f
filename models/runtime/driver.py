"""Pumps a decider under real time, on the monotonic clock of this machine.

The twin of ``sim.kernel.driver``: the same decider takes the same decisions under both, which a
parity test shows by feeding one script to each.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from models.base.decider import Decider
from models.base.errors import SimulationError
from models.base.time import NS_PER_S, TimeNs

ActionsT = TypeVar("ActionsT")


class Driver(Generic[ActionsT]):
    """Calls ``decider.tick`` when a deadline has come and hands the result to ``deliver``.

    Whoever gives the decider an input that may move its deadline calls :meth:`poke` afterwards,
    on the same event loop. A tick is as late as the machine is busy, never early. ``clock``
    returns monotonic ns; its zero is whatever the inputs of the decider are measured from.
    """

    __slots__ = ("_clock", "_decider", "_deliver", "_is_stopped", "_poked")

    def __init__(
        self,
        decider: Decider[ActionsT],
        *,
        deliver: Callable[[ActionsT], object],
        clock: Callable[[], TimeNs] = time.monotonic_ns,
    ) -> None:
        self._decider = decider
        self._deliver = deliver
        self._clock = clock
        self._poked = asyncio.Event()
        self._is_stopped = False

    @property
    def now(self) -> TimeNs:
        """Monotonic time, for the inputs of the decider."""
        return self._clock()

    async def run(self) -> None:
        """Pump until :meth:`stop`. What the decider or ``deliver`` raises ends it."""
        while not self._is_stopped:
            self._poked.clear()
            deadline = self._decider.next_deadline()
            if deadline is not None and deadline <= self.now:
                self._tick()
                await asyncio.sleep(0)
            else:
                await self._wait(deadline)

    def stop(self) -> None:
        """Cease to pump: :meth:`run` returns."""
        self._is_stopped = True
        self._poked.set()

    def poke(self) -> None:
        """Look at the deadline again."""
        self._poked.set()

    def _tick(self) -> None:
        now = self.now
        actions = self._decider.tick(now=now)
        following = self._decider.next_deadline()
        if following is not None and following <= now:
            raise SimulationError(
                f"{type(self._decider).__name__} ticked at {now} ns and still wants {following} ns"
            )
        self._deliver(actions)

    async def _wait(self, deadline: TimeNs | None) -> None:
        """Wait until poked, or until about the deadline."""
        timeout_s = None if deadline is None else (deadline - self.now) / NS_PER_S
        try:
            async with asyncio.timeout(timeout_s):
                await self._poked.wait()
        except TimeoutError:
            return
