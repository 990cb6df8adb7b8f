"""One flush on its way: a message to each integration that has news, tried until it arrives.

A failed try is repeated after 0.5 s, then 1.5 times longer each time up to 60 s, until the
flush's deadline (the group interval, at least 10 s). Retries have no jitter.

Source: semantics 4.1, 4.3; alertmanager notify/notify.go (RetryStage).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from models.alerting.alert import Alert
from models.alerting.routing.held_alert import HeldAlert
from models.alerting.routing.notification_log import LogEntry, LogKey
from models.base.time import NS_PER_MS, NS_PER_S, DurationNs, TimeNs
from models.telemetry.labels import LabelSet

RETRY_FIRST_NS = 500 * NS_PER_MS
RETRY_NS_MAX = 60 * NS_PER_S
FLUSH_DEADLINE_NS_MIN = 10 * NS_PER_S


@dataclass(frozen=True, slots=True)
class Send:
    """One try to tell a receiver about a group by one integration.

    Firing alerts have no end; resolved ones carry theirs. ``attempt`` counts from 1 within a
    flush; every attempt has an id of its own, so a late answer to an earlier one has no effect.
    """

    send_id: int
    receiver: str
    integration: str
    group: LabelSet
    firing: tuple[Alert, ...]
    resolved: tuple[Alert, ...]
    attempt: int


@dataclass(slots=True)
class Delivery:
    """A message to one integration, and when it is tried again."""

    key: LogKey
    send: Send
    news: LogEntry
    delay_ns: DurationNs = RETRY_FIRST_NS
    retry_at_ns: TimeNs | None = None
    is_answered: bool = False

    def failed(self, deadline_ns: TimeNs, *, now: TimeNs) -> None:
        """Plan the next try, unless it would not be before the deadline."""
        self.is_answered = True
        if now + self.delay_ns < deadline_ns:
            self.retry_at_ns = now + self.delay_ns
            self.delay_ns = min(RETRY_NS_MAX, self.delay_ns * 3 // 2)

    def tried_again(self, send_id: int) -> Send:
        """The next try, under a new id."""
        self.retry_at_ns = None
        self.is_answered = False
        self.send = replace(self.send, send_id=send_id, attempt=self.send.attempt + 1)
        return self.send


@dataclass(slots=True)
class FlushUnderWay:
    """A flush that waits for its messages; ``resolved`` is dropped when all have arrived."""

    deliveries: dict[str, Delivery]
    resolved: tuple[HeldAlert, ...]
    deadline_ns: TimeNs

    def next_deadline(self) -> TimeNs:
        """Instant of the next try, or of giving up."""
        retries = (one.retry_at_ns for one in self.deliveries.values())
        return min((at for at in retries if at is not None), default=self.deadline_ns)

    def due(self, *, now: TimeNs) -> Iterator[Delivery]:
        """What is to be tried again, in the order of the integrations."""
        for delivery in self.deliveries.values():
            if delivery.retry_at_ns is not None and delivery.retry_at_ns <= now:
                yield delivery
