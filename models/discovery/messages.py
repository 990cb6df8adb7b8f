"""The messages between instances, the registry and callers, as values.

They cross links that delay, lose, duplicate and reorder, so every answer says what it answers:
a reply names the incarnation it is about, an answer to a watch the revision it starts from. A
message carries no time stamp, because the clock of one node means nothing on another.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from models.discovery.member import InstanceId, Member, Registration, Revision, ServiceName


@dataclass(frozen=True, slots=True)
class Register:
    """An instance announces itself."""

    registration: Registration


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """An instance renews its lease."""

    instance: InstanceId
    incarnation: int


@dataclass(frozen=True, slots=True)
class Deregister:
    """An instance leaves of its own accord."""

    instance: InstanceId
    incarnation: int


InstanceMessage: TypeAlias = Register | Heartbeat | Deregister


class Verdict(StrEnum):
    """What the registry made of an instance's message.

    ``UNKNOWN``: nothing is held under this incarnation, register (again) under at least
    ``Reply.incarnation_min``. ``STALE_INCARNATION``: a newer life of the instance has been seen,
    the sender is a leftover and must stay silent. ``ILLEGAL_STATUS``: the table of statuses has
    no such move; nothing has changed.
    """

    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    STALE_INCARNATION = "stale_incarnation"
    ILLEGAL_STATUS = "illegal_status"


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer to a message about ``incarnation`` of ``instance``.

    ``incarnation_min`` is the lowest incarnation a registration may carry from now on.
    """

    verdict: Verdict
    instance: InstanceId
    incarnation: int
    incarnation_min: int


class ChangeKind(StrEnum):
    """What a change does to the list of a service."""

    ADDED = "added"
    UPDATED = "updated"
    REMOVED = "removed"


class Cause(StrEnum):
    """Why the registry changed."""

    REGISTERED = "registered"
    STATUS_SET = "status_set"
    MOVED = "moved"
    DEREGISTERED = "deregistered"
    LEASE_EXPIRED = "lease_expired"


@dataclass(frozen=True, slots=True)
class Change:
    """One step of the registry; ``revision`` is one more than that of the step before.

    ``member`` is the state after the step, or the last state of a member that was removed.
    """

    revision: Revision
    kind: ChangeKind
    cause: Cause
    member: Member

    @property
    def service(self) -> ServiceName:
        """The service whose list changes."""
        return self.member.service


@dataclass(frozen=True, slots=True)
class ViewRequest:
    """A caller asks for what changed after ``revision``, or for the whole list (``relist``)."""

    service: ServiceName | None
    revision: Revision
    relist: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """All members of ``service`` (None: of every service) exactly as of ``revision``."""

    service: ServiceName | None
    revision: Revision
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """Every change to ``service`` with ``since`` < its revision <= ``revision``, in order."""

    service: ServiceName | None
    since: Revision
    revision: Revision
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Compacted:
    """The changes after ``since`` cannot be told any more: the caller must list again.

    ``revision`` is the registry's own. Less than ``since`` means that the registry has lost its
    memory and started anew.
    """

    service: ServiceName | None
    since: Revision
    revision: Revision


ViewAnswer: TypeAlias = Listing | Changes | Compacted
