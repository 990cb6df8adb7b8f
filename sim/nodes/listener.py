"""Who an instance is on the network: its condition, what faults add to it, how it answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from heapq import heappush
from typing import TYPE_CHECKING

from models.base.outcome import Outcome
from models.base.streams import Stream
from models.faults.network import Carried
from models.service.spec import Cancel, InstanceSpec, ServiceSpec
from sim.kernel.clocks import NodeClock
from sim.kernel.environment import Kernel
from sim.kernel.ties import NETWORK
from sim.network.link import CONTROL_BYTES, Link
from sim.nodes.attempt import Attempt
from sim.nodes.condition import Condition, SummedDelay
from sim.nodes.mishap import Mishap

if TYPE_CHECKING:
    from sim.nodes.channel import Channel
    from sim.nodes.standstill import Standstill


class Listener(ABC):
    """A process behind an address, apart from its work.

    While it ``is_shut`` it refuses all requests. ``incarnation`` grows with every crash.
    ``answered`` and ``answered_badly`` count what was served, ``refused`` what was turned away,
    over all lives.
    """

    __slots__ = (
        "_agenda",
        "_is_late",
        "_is_plain",
        "_kernel",
        "_network_numbers",
        "added_delay",
        "answered",
        "answered_badly",
        "cancel_mode",
        "channels",
        "clock",
        "condition",
        "drops_abandoned",
        "error_ratio",
        "error_stream",
        "incarnation",
        "index",
        "is_shut",
        "labels",
        "mishaps",
        "name",
        "refused",
        "service",
        "standstill",
        "start_up_ns",
        "weight",
        "zone",
    )

    def __init__(
        self,
        kernel: Kernel,
        *,
        index: int,
        service: ServiceSpec,
        spec: InstanceSpec,
        clock: NodeClock,
        error_stream: Stream,
    ) -> None:
        self._kernel = kernel
        self._agenda = kernel.agenda
        self._network_numbers = kernel.numbers[NETWORK]
        self.index = index
        self.name = spec.name
        self.service = service.name
        self.zone = spec.zone
        self.weight = spec.weight
        self.labels = spec.labels
        self.clock = clock
        self.start_up_ns = service.start_up_ns
        self.cancel_mode = service.cancel
        self.drops_abandoned = service.cancel is not Cancel.NONE
        self.channels: Mapping[int, Channel] = {}
        self.condition = Condition.UP
        self.incarnation = 1
        self.added_delay: SummedDelay | None = None
        self.error_ratio = 0.0
        self.is_shut = False
        self.mishaps: tuple[Mishap, ...] = ()
        self.standstill: Standstill | None = None
        self.error_stream = error_stream
        self.answered = 0
        self.answered_badly = 0
        self.refused = 0
        self._is_plain = True
        self._is_late = False
        self.refresh_plainness()

    @property
    def is_up(self) -> bool:
        """True while the process listens."""
        return self.condition is Condition.UP

    def become(self, condition: Condition) -> None:
        """Move to STARTING, UP or, with power back but no process, CRASHED."""
        self.condition = condition
        self.refresh_plainness()

    def refresh_plainness(self) -> None:
        """Recompute whether arrivals may take the short way; call after changing a fault."""
        self._is_plain = (
            self.condition is Condition.UP
            and not self.error_ratio
            and not self.is_shut
            and not self.drops_abandoned
            and not self.mishaps
            and self.standstill is None
            and self.added_delay is None
        )

    def _admits(self, attempt: Attempt) -> bool:
        """The rare cases: the caller hung up first, nobody listens, or a fault makes errors."""
        if attempt.is_aborted or self.condition is Condition.DARK:
            return False
        if self.added_delay is not None and not self._is_late:
            late = self._kernel.now + self.added_delay.draw()
            self._kernel.post(late, NETWORK, self._arrive_late, attempt)
            return False
        if self.condition is not Condition.UP or self.is_shut:
            self._answer(attempt, Outcome.REFUSED)
            return False
        if self.standstill is not None:
            self.standstill.keep(self.arrive, attempt)
            return False
        if self.error_ratio and self.error_stream.uniform() < self.error_ratio:
            self.answered += 1
            self.answered_badly += 1
            self._answer(attempt, Outcome.ERROR)
            return False
        return not self.mishaps or self._is_spared(attempt)

    def _arrive_late(self, attempt: Attempt) -> None:
        """A request whose message a fault has held up."""
        self._is_late = True
        self.arrive(attempt)
        self._is_late = False

    def _is_spared(self, attempt: Attempt) -> bool:
        for mishap in self.mishaps:
            if mishap.happens():
                if mishap.answer is not None:
                    self._answer(attempt, mishap.answer)
                return False
        return True

    @abstractmethod
    def arrive(self, attempt: Attempt) -> None:
        """A request has reached this host."""

    def reset(self, attempt: Attempt) -> None:
        """The connection of a request that nobody has heard breaks; in the dark, in silence."""
        attempt.is_aborted = True
        if self.condition is not Condition.DARK:
            self._answer(attempt, Outcome.RESET)

    def _answer(self, attempt: Attempt, outcome: Outcome) -> None:
        target = attempt.target
        assert target is not None
        link = target.back
        attempt.result = outcome
        if link.is_plain:
            arrival = self._kernel.now + next(link.latencies)
            if self.added_delay is not None:
                arrival += self.added_delay.draw()
            heappush(
                self._agenda,
                (arrival, next(self._network_numbers), attempt.channel.answer, attempt),
            )
        else:
            self._answer_through_faults(link, attempt)

    def _answer_through_faults(self, link: Link, attempt: Attempt) -> None:
        """As rules of the network say; of two copies the caller takes the first."""
        kernel, channel = self._kernel, attempt.channel
        size_bytes = attempt.node.response_bytes if attempt.result is Outcome.OK else CONTROL_BYTES
        for arrival in link.arrivals(
            self.index, channel.caller_index, Carried.REQUESTS, size_bytes, kernel.now
        ):
            delay_ns = 0 if self.added_delay is None else self.added_delay.draw()
            kernel.post(arrival + delay_ns, NETWORK, channel.answer, attempt)

    def refuse(self, attempt: Attempt) -> None:
        """A connection that cannot be made although the host is there: no trust, no work."""
        if self.condition is not Condition.DARK and not attempt.is_aborted:
            self._answer(attempt, Outcome.REFUSED)
