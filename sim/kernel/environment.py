"""Virtual time: a SimPy environment whose queue also carries plain callbacks.

Every entry of the queue is ``(time, number, callback, argument)``; the number holds the tie class
in its high bits and the order of scheduling in the low ones. A SimPy event is the entry whose
callback runs the event's own callbacks, so processes, resources and our slotted callbacks share
one clock and one order, and the loop has no branch.

Source: design section 4 and 5; SimPy 4 ``core.py``, ``events.py``.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from heapq import heappop, heappush
from itertools import count, repeat
from operator import length_hint
from typing import Any, TypeAlias

import simpy
from simpy.core import EmptySchedule
from simpy.events import NORMAL, Event, Process

from models.base.errors import SimulationError
from models.base.streams import Stream
from models.base.time import DurationNs, TimeNs, format_duration
from sim.kernel.ties import END, OBSERVER, TIE_CLASSES, URGENT, USER

Callback: TypeAlias = Callable[[Any], object]
Entry: TypeAlias = tuple[TimeNs, int, Callback, Any]
Numbers: TypeAlias = Iterator[int]

BATCH = 32_768
STALLED_BATCHES = 64
_COUNTED_BITS = 50
_DRAWN_BITS = 32


Post: TypeAlias = Callable[[TimeNs, int, Callback, Any], None]


def _numbers(ties: Stream | None) -> dict[int, Numbers]:
    """By tie class, what numbers its entries: ascending, or shuffled where ``ties`` are drawn.

    Urgent entries and observers always keep their order.
    """
    if ties is None:
        return {tie_class: count(tie_class << _COUNTED_BITS) for tie_class in TIE_CLASSES}
    numbers: dict[int, Numbers] = {}
    for tie_class in TIE_CLASSES:
        ascending = count(tie_class << _COUNTED_BITS + _DRAWN_BITS)
        is_shuffled = URGENT < tie_class < OBSERVER
        numbers[tie_class] = _shuffled(ascending, ties) if is_shuffled else ascending
    return numbers


def _shuffled(ascending: Numbers, ties: Stream) -> Numbers:
    drawn_bits = 64 - _DRAWN_BITS
    return (number + (ties.word() >> drawn_bits << _COUNTED_BITS) for number in ascending)


def _poster(agenda: list[Entry], numbers: Mapping[int, Numbers]) -> Post:
    def post(when: TimeNs, tie_class: int, callback: Callback, argument: Any) -> None:
        heappush(agenda, (when, next(numbers[tie_class]), callback, argument))

    return post


class Timer:
    """A callback that can still be called off. Cancelling twice, or too late, does nothing."""

    __slots__ = ("argument", "callback")

    def __init__(self, callback: Callback, argument: Any) -> None:
        self.callback: Callback | None = callback
        self.argument = argument

    def cancel(self) -> None:
        """Make sure the callback never runs."""
        self.callback = None
        self.argument = None

    def fire(self) -> None:
        """Run the callback unless it was cancelled."""
        callback, argument = self.callback, self.argument
        if callback is not None:
            self.cancel()
            callback(argument)


class _EndOfRun(Exception):
    """Raised by the entry that closes a phase, to leave the loop."""


class Kernel(simpy.Environment):
    """The one clock of a world, in integer nanoseconds.

    ``ties`` is the stream that permutes events of equal (time, class); None keeps their order of
    scheduling. ``seed`` is only for messages.

    :meth:`post` has no way back; :meth:`call_at` costs one object more and can be cancelled.
    The data path does what ``post`` does by itself, as
    ``heappush(agenda, (when, next(some_numbers), callback, argument))``, out of ``numbers``.
    """

    now: TimeNs = 0
    """Current virtual time in nanoseconds; a plain attribute, because everyone reads it."""

    agenda: list[Entry]
    """SimPy's heap of entries. The data path pushes onto it by itself."""

    numbers: Mapping[int, Numbers]
    """By tie class: the numbers of new entries of that class."""

    post: Post
    """``post(when, tie_class, callback, argument)`` runs ``callback(argument)`` at ``when``,
    which must not lie in the past. There is no way to call it off."""

    def __init__(self, *, seed: int = 0, ties: Stream | None = None) -> None:
        super().__init__(initial_time=0)
        self.agenda = []
        self._queue = self.agenda  # type: ignore[assignment] # our entries, not SimPy's
        self.shuffles_ties = ties is not None
        self.seed = seed
        self.events = 0
        self.numbers = _numbers(ties)
        self.post = _poster(self.agenda, self.numbers)

    @property
    def _now(self) -> TimeNs:
        """SimPy's own name for :attr:`now`."""
        return self.now

    @_now.setter
    def _now(self, now: TimeNs) -> None:
        self.now = now

    def call_at(
        self, when: TimeNs, tie_class: int, callback: Callback, argument: Any = None
    ) -> Timer:
        """Like :meth:`post`, and returns a handle that can be cancelled."""
        if when < self.now:
            raise SimulationError(
                f"asked at {format_duration(self.now)} for something at {format_duration(when)}"
            )
        timer = Timer(callback, argument)
        self.post(when, tie_class, Timer.fire, timer)
        return timer

    def wait(self, delay: DurationNs, tie_class: int = USER) -> Event:
        """An event for processes that triggers after ``delay`` in the given tie class."""
        event = Event(self)
        event._ok = True  # noqa: SLF001 - a pre-triggered event, as simpy.Timeout makes itself
        event._value = None  # noqa: SLF001
        self.post(self.now + delay, tie_class, self._run_event, event)
        return event

    def schedule(self, event: Event, priority: int = NORMAL, delay: float = 0) -> None:
        """Queue a SimPy event: urgent ones first, all others as user traffic.

        Raises:
            SimulationError: the delay is not a whole, non-negative number of nanoseconds.
        """
        if not isinstance(delay, int) or delay < 0:
            raise SimulationError(f"delays are whole nanoseconds, not {delay!r}")
        tie_class = USER if priority >= NORMAL else URGENT
        self.post(self.now + delay, tie_class, self._run_event, event)

    def _run_event(self, event: Event) -> None:
        callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
        for callback in callbacks:
            callback(event)
        if not event._ok and not event.defused:  # noqa: SLF001 - the check of Environment.step
            raise event._value  # noqa: SLF001

    def step(self) -> None:
        """Process one entry, as :class:`simpy.Environment` does."""
        if not self.agenda:
            raise EmptySchedule
        self.now, _, callback, argument = heappop(self.agenda)
        self.events += 1
        callback(argument)

    def advance(
        self,
        until: TimeNs,
        *,
        after_batch: Callable[[], bool] | None = None,
        batch: int = BATCH,
    ) -> bool:
        """Process everything up to and including ``until``.

        ``after_batch`` is asked every ``batch`` events whether to go on. Returns False when it
        said no, or when time stands still although events keep coming; True at ``until``.
        """
        self.post(until, END, _end_of_run, None)
        queue, pop = self.agenda, heappop
        stalled, batch_began = 0, self.now
        turns = repeat(None, batch)
        try:
            while stalled < STALLED_BATCHES:
                for _ in turns:
                    self.now, _, callback, argument = pop(queue)
                    callback(argument)
                self.events += batch
                turns = repeat(None, batch)
                stalled = stalled + 1 if self.now == batch_began else 0
                batch_began = self.now
                if after_batch is not None and not after_batch():
                    return False
        except _EndOfRun:
            return True
        finally:
            self.events += batch - length_hint(turns)
        return False

    def supervise(self, name: str, script: Generator[Event, Any, Any]) -> Process:
        """Run a process; if it crashes, the run ends and says which process, when and the seed."""
        process = self.process(script)

        def report(event: Event) -> None:
            if not event.ok:
                event.defused = True
                raise SimulationError(
                    f"process '{name}' crashed at {format_duration(self.now)}"
                    f" (seed {self.seed}): {event.value!r}"
                ) from event.value

        if process.callbacks is not None:
            process.callbacks.append(report)
        return process


def _end_of_run(_: object) -> None:
    raise _EndOfRun
