"""A process that stands still: stopped by its system, or by a virtual machine that does not run.

Its host lives on: connections stay open and messages are kept. So work under way is put off by
the length of the standstill, and everything else that was due meanwhile (messages in, time-outs
and retries of its own calls) happens when the process goes on, in the order in which it was due.

The healthy path knows nothing of this: entries of the agenda that belong to the process are
found and rewritten when it stops, which takes O(n) of the agenda.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from sim.kernel.environment import Entry, Kernel
from sim.kernel.ties import USER
from sim.nodes.equipped import EquippedInstance

if TYPE_CHECKING:
    from models.base.time import DurationNs
    from sim.nodes.attempt import Attempt
    from sim.nodes.channel import Channel
    from sim.nodes.instance import Instance

_CAUSE = "standstill"
Verb = Callable[[Any], object]


def take_work(kernel: Kernel, instance: Instance) -> list[tuple[DurationNs, Attempt]]:
    """Take the work of an instance off the agenda; returns how much of each job is left."""
    left: list[tuple[DurationNs, Attempt]] = []
    others: list[Entry] = []
    for entry in sorted(kernel.agenda):
        when, _, callback, argument = entry
        if callback == instance.when_done:
            left.append((when - kernel.now, argument))
        else:
            others.append(entry)
    kernel.agenda[:] = others
    return left


def give_work(kernel: Kernel, instance: Instance, left: list[tuple[DurationNs, Attempt]]) -> None:
    """Put work back on the agenda, so much of each job still to be done."""
    for left_ns, attempt in left:
        kernel.post(kernel.now + left_ns, USER, instance.when_done, attempt)


class Standstill:
    """Begins when it is made; ``instance`` knows of it until :meth:`end` or :meth:`die`."""

    __slots__ = ("_answers", "_instance", "_is_over", "_kept", "_kernel", "left")

    def __init__(self, kernel: Kernel, instance: Instance) -> None:
        self._kernel = kernel
        self._instance = instance
        self._is_over = False
        self._kept: deque[tuple[Verb, Any]] = deque()
        if isinstance(instance, EquippedInstance):
            instance.pace.hold(_CAUSE)
        self.left = take_work(kernel, instance)
        self._answers: dict[Channel, Callable[[Attempt], None]] = {}
        for channel in instance.channels.values():
            self._answers[channel] = channel.answer
            channel.answer = partial(self.keep, channel.answer)
        self._intercept()
        instance.standstill = self
        instance.refresh_plainness()

    def _intercept(self) -> None:
        """Let what is due to the process's channels and their clocks go by us."""
        owners = {id(channel) for channel in self._answers}
        owners |= {id(channel.lane) for channel in self._answers}
        agenda = self._kernel.agenda
        for place, (when, number, callback, argument) in enumerate(agenda):
            if id(getattr(callback, "__self__", None)) in owners:
                agenda[place] = (when, number, partial(self.keep, callback), argument)

    def keep(self, verb: Verb, argument: Any) -> None:
        """Do it when the process goes on, or now if it has."""
        if self._is_over:
            verb(argument)
        else:
            self._kept.append((verb, argument))

    def end(self) -> None:
        """The process goes on: with its work, then with all that has come meanwhile."""
        self._finish()
        give_work(self._kernel, self._instance, self.left)
        for verb, argument in self._kept:
            verb(argument)

    def die(self) -> None:
        """The process has died as it stood; who waited at its door is reset, or hears nothing."""
        self._finish()
        for verb, argument in self._kept:
            if verb == self._instance.arrive:
                self._instance.reset(argument)

    def _finish(self) -> None:
        self._is_over = True
        self._instance.standstill = None
        if isinstance(self._instance, EquippedInstance):
            self._instance.pace.let_go(_CAUSE)
        self._instance.refresh_plainness()
        for channel, answer in self._answers.items():
            channel.answer = answer
