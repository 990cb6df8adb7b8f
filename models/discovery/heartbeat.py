"""The instance's side of a lease: when to beat, and what to make of the registry's replies.

The instance repeats its announcement at every beat until the registry has accepted it, then
beats at ``start + k * period``. When the registry does not know it (its lease ran out, or it was
deregistered) it announces itself again at once, under the incarnation that the registry asks
for. A leftover of an earlier life falls silent for good when it learns of its successor.

What an instance announces belongs to its incarnation: a changed announcement starts a new one,
so that a delayed copy of the old announcement can not undo it.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from models.base.errors import ConfigError
from models.base.time import DurationNs, TimeNs
from models.discovery.cadence import Cadence
from models.discovery.member import InstanceId, Registration
from models.discovery.messages import (
    Deregister,
    Heartbeat,
    InstanceMessage,
    Register,
    Reply,
    Verdict,
)


class Presence(StrEnum):
    """How the instance stands with the registry, as far as it knows."""

    ANNOUNCING = "announcing"
    REGISTERED = "registered"
    SUPERSEDED = "superseded"
    LEFT = "left"


class PresenceInput(StrEnum):
    """What moves an instance from one presence to another."""

    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    STALE = "stale"
    CHANGED = "changed"
    LEAVE = "leave"


PRESENCES = MappingProxyType(
    {
        (Presence.ANNOUNCING, PresenceInput.ACCEPTED): Presence.REGISTERED,
        (Presence.ANNOUNCING, PresenceInput.UNKNOWN): Presence.ANNOUNCING,
        (Presence.ANNOUNCING, PresenceInput.STALE): Presence.SUPERSEDED,
        (Presence.ANNOUNCING, PresenceInput.CHANGED): Presence.ANNOUNCING,
        (Presence.ANNOUNCING, PresenceInput.LEAVE): Presence.LEFT,
        (Presence.REGISTERED, PresenceInput.ACCEPTED): Presence.REGISTERED,
        (Presence.REGISTERED, PresenceInput.UNKNOWN): Presence.ANNOUNCING,
        (Presence.REGISTERED, PresenceInput.STALE): Presence.SUPERSEDED,
        (Presence.REGISTERED, PresenceInput.CHANGED): Presence.ANNOUNCING,
        (Presence.REGISTERED, PresenceInput.LEAVE): Presence.LEFT,
    }
)
"""Presence after an input. ``SUPERSEDED`` and ``LEFT`` are final: nothing moves them."""

_INPUTS = MappingProxyType(
    {
        Verdict.ACCEPTED: PresenceInput.ACCEPTED,
        Verdict.UNKNOWN: PresenceInput.UNKNOWN,
        Verdict.STALE_INCARNATION: PresenceInput.STALE,
    }
)


@dataclass(frozen=True, slots=True)
class HeartbeaterSnapshot:
    """Presence, and what is (to be) announced."""

    presence: Presence
    registration: Registration


class Heartbeater:
    """Keeps one instance registered. Every verb returns the messages to send now, in order.

    A process that starts the instance anew gives it a higher incarnation than
    ``snapshot().registration`` of the life before. Beats are due at ``start_ns + k * period_ns``
    on the instance's own monotonic clock; ``announce`` may come before the first.
    """

    __slots__ = ("_beats", "_presence", "_registration")

    def __init__(
        self, registration: Registration, *, start_ns: TimeNs, period_ns: DurationNs
    ) -> None:
        self._registration = registration
        self._beats = Cadence(start_ns, period_ns)
        self._presence = Presence.ANNOUNCING

    @property
    def presence(self) -> Presence:
        """How the instance stands with the registry, as far as it knows."""
        return self._presence

    @property
    def instance(self) -> InstanceId:
        """Id of the instance."""
        return self._registration.instance

    def announce(self) -> tuple[InstanceMessage, ...]:
        """The announcement, for the moment the instance starts; nothing once it is accepted."""
        if self._presence is Presence.ANNOUNCING:
            return (Register(self._registration),)
        return ()

    def change(self, registration: Registration) -> tuple[InstanceMessage, ...]:
        """Announce something else from now on, as a new incarnation of the same instance.

        The incarnation that ``registration`` carries is not looked at. Nothing is sent by an
        instance that has left or was superseded.

        Raises:
            ConfigError: the registration is of another instance.
        """
        if registration.instance != self.instance:
            raise ConfigError(f"'{self.instance}' cannot announce '{registration.instance}'")
        if not self._move(PresenceInput.CHANGED):
            return ()
        incarnation = self._registration.incarnation + 1
        self._registration = replace(registration, incarnation=incarnation)
        return (Register(self._registration),)

    def receive(self, reply: Reply) -> tuple[InstanceMessage, ...]:
        """Learn from a reply; one about an earlier incarnation of itself says nothing new."""
        own = self._registration.incarnation
        received = _INPUTS.get(reply.verdict)
        if received is None or reply.instance != self.instance or reply.incarnation != own:
            return ()
        was_registered = self._presence is Presence.REGISTERED
        if not self._move(received) or received is not PresenceInput.UNKNOWN:
            return ()
        if not was_registered and reply.incarnation_min <= own:
            return ()
        incarnation = max(own, reply.incarnation_min)
        self._registration = replace(self._registration, incarnation=incarnation)
        return (Register(self._registration),)

    def leave(self) -> tuple[InstanceMessage, ...]:
        """Deregister and stay silent from now on."""
        if not self._move(PresenceInput.LEAVE):
            return ()
        return (Deregister(self.instance, self._registration.incarnation),)

    def next_deadline(self) -> TimeNs | None:
        """When the next beat is due; None once the instance is silent for good."""
        if self._presence in (Presence.ANNOUNCING, Presence.REGISTERED):
            return self._beats.next_ns
        return None

    def tick(self, *, now: TimeNs) -> tuple[InstanceMessage, ...]:
        """The beat, or the announcement while it is not accepted, if one is due at ``now``."""
        if self.next_deadline() is None or not self._beats.take(now=now):
            return ()
        if self._presence is Presence.ANNOUNCING:
            return (Register(self._registration),)
        return (Heartbeat(self.instance, self._registration.incarnation),)

    def snapshot(self) -> HeartbeaterSnapshot:
        """The state, for reports and for the next life."""
        return HeartbeaterSnapshot(self._presence, self._registration)

    def _move(self, received: PresenceInput) -> bool:
        following = PRESENCES.get((self._presence, received))
        if following is None:
            return False
        self._presence = following
        return True
