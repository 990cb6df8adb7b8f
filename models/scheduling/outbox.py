"""Messages that are repeated until they are answered.

The network may lose a message or its answer, and the sender cannot tell which. It sends again,
and the receiver recognises what it has seen. What this module leaves out is how messages travel:
the first sending is the caller's, later ones come from :meth:`Outbox.tick`.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from models.base.errors import ConfigError
from models.base.time import DurationNs, TimeNs

KeyT = TypeVar("KeyT", bound=Hashable)
MessageT = TypeVar("MessageT")


@dataclass(slots=True)
class _Unanswered(Generic[MessageT]):
    message: MessageT
    resend_at: TimeNs
    resends_left: int | None


class Outbox(Generic[KeyT, MessageT]):
    """What one process has sent and nobody has answered yet, by key, on one monotonic clock."""

    def __init__(self, resend_ns: DurationNs) -> None:
        """Start empty; an unanswered message is repeated every ``resend_ns``.

        Raises:
            ConfigError: the period is not positive.
        """
        if resend_ns <= 0:
            raise ConfigError(
                f"messages must be repeated after a positive time, not {resend_ns} ns"
            )
        self._resend_ns = resend_ns
        self._unanswered: dict[KeyT, _Unanswered[MessageT]] = {}

    @property
    def unanswered(self) -> tuple[KeyT, ...]:
        """Keys of what has not been answered, oldest first."""
        return tuple(self._unanswered)

    def put(
        self, key: KeyT, message: MessageT, *, now: TimeNs, resends_max: int | None = None
    ) -> None:
        """A message is sent at ``now``; one of the same key before it is forgotten.

        After ``resends_max`` repetitions without an answer it is given up; None never gives up.
        """
        self._unanswered.pop(key, None)
        if resends_max != 0:
            self._unanswered[key] = _Unanswered(message, now + self._resend_ns, resends_max)

    def settle(self, key: KeyT) -> None:
        """The message was answered, or no longer matters; no effect if it is not waiting."""
        self._unanswered.pop(key, None)

    def next_deadline(self) -> TimeNs | None:
        """When the next repetition is due, None when all is answered. Linear in messages."""
        return min((waiting.resend_at for waiting in self._unanswered.values()), default=None)

    def tick(self, *, now: TimeNs) -> tuple[MessageT, ...]:
        """Messages to send again now, oldest first."""
        due = [
            (key, waiting) for key, waiting in self._unanswered.items() if now >= waiting.resend_at
        ]
        for key, waiting in due:
            waiting.resend_at = now + self._resend_ns
            if waiting.resends_left is not None:
                waiting.resends_left -= 1
                if waiting.resends_left == 0:
                    del self._unanswered[key]
        return tuple(waiting.message for _, waiting in due)
