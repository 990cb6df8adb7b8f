"""A message queue: at-least-once delivery to competing consumers, and a place for what fails.

A message that is received is not gone, only invisible: unless it is acknowledged in time it
comes back, in its old place, and somebody else receives it. What was received too often is set
aside as a dead letter, what lies too long expires. A receipt is good while it is the message's
latest: an acknowledgement that comes after somebody else has received the message is late, and
the work was done twice.

States of a message, and what leads from one to the next, are in ``MOVES``.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from heapq import heappop, heappush

from models.base.errors import ConfigError, SimulationError
from models.base.time import NS_PER_DAY, NS_PER_S, DurationNs, TimeNs


class MessageState(Enum):
    """READY can be received, DELAYED will be, IN_FLIGHT is with a consumer; the rest are ends."""

    READY = "ready"
    DELAYED = "delayed"
    IN_FLIGHT = "in_flight"
    CONSUMED = "consumed"
    DEAD = "dead"
    EXPIRED = "expired"
    LOST = "lost"


class MessageEvent(Enum):
    """What can happen to a message."""

    RECEIVE = "receive"
    ACKNOWLEDGE = "acknowledge"
    DELAY = "delay"
    RETURN = "return"
    GIVE_UP = "give_up"
    EXPIRE = "expire"
    LOSE = "lose"


_S, _E = MessageState, MessageEvent
MOVES: Mapping[tuple[MessageState, MessageEvent], MessageState] = {
    (_S.READY, _E.RECEIVE): _S.IN_FLIGHT,
    (_S.READY, _E.ACKNOWLEDGE): _S.CONSUMED,
    (_S.READY, _E.EXPIRE): _S.EXPIRED,
    (_S.READY, _E.LOSE): _S.LOST,
    (_S.DELAYED, _E.ACKNOWLEDGE): _S.CONSUMED,
    (_S.DELAYED, _E.RETURN): _S.READY,
    (_S.DELAYED, _E.EXPIRE): _S.EXPIRED,
    (_S.DELAYED, _E.LOSE): _S.LOST,
    (_S.IN_FLIGHT, _E.ACKNOWLEDGE): _S.CONSUMED,
    (_S.IN_FLIGHT, _E.DELAY): _S.DELAYED,
    (_S.IN_FLIGHT, _E.RETURN): _S.READY,
    (_S.IN_FLIGHT, _E.GIVE_UP): _S.DEAD,
    (_S.IN_FLIGHT, _E.EXPIRE): _S.EXPIRED,
    (_S.IN_FLIGHT, _E.LOSE): _S.LOST,
}


@dataclass(frozen=True, slots=True)
class MessageQueueConfig:
    """A received message comes back after ``visibility_ns``, one that failed after ``delay_ns``.

    After ``receives_max`` receives without an acknowledgement it is a dead letter. Messages
    older than ``retention_ns`` expire, unless a consumer has them just then. At most
    ``capacity`` are kept, in whichever state.
    """

    visibility_ns: DurationNs = 30 * NS_PER_S
    delay_ns: DurationNs = NS_PER_S
    receives_max: int = 5
    retention_ns: DurationNs = 4 * NS_PER_DAY
    capacity: int = 100_000


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message in the hands of a consumer; ``receives`` is 1 the first time."""

    message: int
    receipt: int
    receives: int


@dataclass(frozen=True, slots=True)
class Lapse:
    """What time has done to a message: it is READY again, DEAD or EXPIRED."""

    message: int
    state: MessageState


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """What has happened so far. ``published`` counts what was kept, ``refused`` what was not.

    ``redelivered`` are deliveries after the first of a message, ``late`` acknowledgements that
    came when the message was no longer the consumer's. ``lost`` went with their store.
    """

    published: int = 0
    refused: int = 0
    delivered: int = 0
    redelivered: int = 0
    consumed: int = 0
    late: int = 0
    dead: int = 0
    expired: int = 0
    lost: int = 0


@dataclass(slots=True)
class _Message:
    published_at: TimeNs
    state: MessageState = MessageState.READY
    receipt: int = 0
    receives: int = 0


@dataclass(slots=True)
class _Tallies:
    now: QueueCounts = field(default_factory=QueueCounts)

    def add(self, **more: int) -> None:
        values = {name: getattr(self.now, name) + count for name, count in more.items()}
        self.now = replace(self.now, **values)


class MessageQueue:
    """Keeps messages, which it numbers in order of publication, and hands them out.

    Time moves messages in :meth:`tick` alone; call it at :meth:`next_deadline`. Verbs take
    logarithmic time in the number of messages.

    Source: semantics of Amazon SQS (visibility time-out, receipt handles, redrive policy);
    a message that comes back takes its old place, as in RabbitMQ.

    Raises:
        ConfigError: a duration, capacity or number of receives below 1.
    """

    __slots__ = (
        "_by_age",
        "_config",
        "_held",
        "_in_flight",
        "_next_message",
        "_ready",
        "_tallies",
        "_timers",
    )

    def __init__(self, config: MessageQueueConfig) -> None:
        durations = (config.visibility_ns, config.delay_ns, config.retention_ns)
        if min(*durations, config.receives_max, config.capacity) < 1:
            raise ConfigError("message queue: durations, receives_max and capacity start at 1")
        self._config = config
        self._held: dict[int, _Message] = {}
        self._ready: list[int] = []
        self._timers: list[tuple[TimeNs, int, int, MessageState]] = []
        self._by_age: deque[int] = deque()
        self._next_message = 0
        self._in_flight = 0
        self._tallies = _Tallies()

    @property
    def counts(self) -> QueueCounts:
        """What has happened so far."""
        return self._tallies.now

    @property
    def held(self) -> int:
        """Messages kept in any state; published less consumed, dead, expired and lost ones."""
        return len(self._held)

    @property
    def in_flight(self) -> int:
        """Messages that consumers have."""
        return self._in_flight

    @property
    def waiting(self) -> int:
        """Messages that no consumer has: those ready, and those delayed."""
        return len(self._held) - self._in_flight

    def state_of(self, message: int) -> MessageState | None:
        """Where a message is, None once it has ended."""
        kept = self._held.get(message)
        return None if kept is None else kept.state

    def oldest_age(self, *, now: TimeNs) -> DurationNs | None:
        """Age of the oldest message kept, None when there is none."""
        oldest = next(iter(self._held.values()), None)
        return None if oldest is None else now - oldest.published_at

    def publish(self, *, now: TimeNs) -> int | None:
        """Keep one more message; returns its number, or None when the queue is full."""
        if len(self._held) >= self._config.capacity:
            self._tallies.add(refused=1)
            return None
        message = self._next_message
        self._next_message += 1
        self._held[message] = _Message(now)
        self._by_age.append(message)
        heappush(self._ready, message)
        self._tallies.add(published=1)
        return message

    def receive(self, *, now: TimeNs) -> Delivery | None:
        """Hand out the oldest message that is ready; it is invisible from now on."""
        while self._ready:
            message = heappop(self._ready)
            kept = self._held.get(message)
            if kept is None or kept.state is not MessageState.READY:
                continue
            self._move(kept, MessageEvent.RECEIVE)
            self._in_flight += 1
            kept.receipt += 1
            kept.receives += 1
            self._tallies.add(delivered=1, redelivered=int(kept.receipt > 1))
            self._wake(message, kept, now + self._config.visibility_ns)
            return Delivery(message, kept.receipt, kept.receives)
        return None

    def acknowledge(self, message: int, receipt: int) -> bool:
        """The message has been dealt with. False, and late, if it is not this consumer's any more.

        A message that has come back but that nobody else has received is still its consumer's.
        """
        kept = self._held.get(message)
        if kept is None or kept.receipt != receipt:
            self._tallies.add(late=1)
            return False
        self._end(message, kept, MessageEvent.ACKNOWLEDGE)
        self._forget_stale_timers()
        return True

    def release(self, message: int, receipt: int, *, now: TimeNs, counts: bool = True) -> bool:
        """The consumer gives the message back; False if it does not have it any more.

        Without ``counts`` it never reached anybody, and this receive is not held against it.
        """
        kept = self._held.get(message)
        if kept is None or kept.receipt != receipt or kept.state is not MessageState.IN_FLIGHT:
            return False
        if not counts:
            kept.receives -= 1
        if counts and kept.receives >= self._config.receives_max:
            self._end(message, kept, MessageEvent.GIVE_UP)
        else:
            self._move(kept, MessageEvent.DELAY)
            self._in_flight -= 1
            self._wake(message, kept, now + self._config.delay_ns)
        self._forget_stale_timers()
        return True

    def lose(self) -> int:
        """The store is gone with all that was kept, also what consumers have; how many these were.

        An acknowledgement of one of them is late.
        """
        kept = list(self._held.items())
        for message, one in kept:
            self._end(message, one, MessageEvent.LOSE)
        self._forget_stale_timers()
        return len(kept)

    def next_deadline(self) -> TimeNs | None:
        """When :meth:`tick` wants to be called; None while nothing can lapse."""
        ends = [self._timers[0][0]] if self._timers else []
        if self._by_age:
            oldest = self._held[self._by_age[0]]
            ends.append(oldest.published_at + self._config.retention_ns)
        return min(ends, default=None)

    def tick(self, *, now: TimeNs) -> tuple[Lapse, ...]:
        """Bring back what is due, give up or let expire what is over; in that order by message."""
        lapses = []
        while self._timers and self._timers[0][0] <= now:
            _, message, receipt, state = heappop(self._timers)
            kept = self._held.get(message)
            if kept is not None and kept.receipt == receipt and kept.state is state:
                lapses.append(Lapse(message, self._come_back(message, kept, now)))
        while self._by_age and self._is_over(self._held[self._by_age[0]], now):
            message = self._by_age.popleft()
            kept = self._held[message]
            if kept.state is not MessageState.IN_FLIGHT:
                self._end(message, kept, MessageEvent.EXPIRE)
                lapses.append(Lapse(message, MessageState.EXPIRED))
            self._forget_ended()
        self._forget_stale_timers()
        return tuple(lapses)

    def _come_back(self, message: int, kept: _Message, now: TimeNs) -> MessageState:
        """A consumer's time is over, or a delay."""
        was_in_flight = kept.state is MessageState.IN_FLIGHT
        if self._is_over(kept, now):
            return self._end(message, kept, MessageEvent.EXPIRE)
        if was_in_flight and kept.receives >= self._config.receives_max:
            return self._end(message, kept, MessageEvent.GIVE_UP)
        self._move(kept, MessageEvent.RETURN)
        self._in_flight -= was_in_flight
        heappush(self._ready, message)
        return MessageState.READY

    def _is_over(self, kept: _Message, now: TimeNs) -> bool:
        return now - kept.published_at >= self._config.retention_ns

    def _wake(self, message: int, kept: _Message, when: TimeNs) -> None:
        heappush(self._timers, (when, message, kept.receipt, kept.state))

    def _move(self, kept: _Message, event: MessageEvent) -> None:
        target = MOVES.get((kept.state, event))
        if target is None:
            raise SimulationError(
                f"message queue: '{event.value}' cannot happen to a message that is"
                f" '{kept.state.value}'"
            )
        kept.state = target

    def _end(self, message: int, kept: _Message, event: MessageEvent) -> MessageState:
        self._in_flight -= kept.state is MessageState.IN_FLIGHT
        self._move(kept, event)
        del self._held[message]
        self._forget_ended()
        self._tallies.add(**{kept.state.value: 1})
        return kept.state

    def _forget_ended(self) -> None:
        while self._by_age and self._by_age[0] not in self._held:
            self._by_age.popleft()

    def _forget_stale_timers(self) -> None:
        """So that the deadline is that of something that can still lapse."""
        timers = self._timers
        while timers:
            _, message, receipt, state = timers[0]
            kept = self._held.get(message)
            if kept is not None and kept.receipt == receipt and kept.state is state:
                return
            heappop(timers)
