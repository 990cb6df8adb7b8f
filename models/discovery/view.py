"""What one caller believes about the endpoints of one service.

The view holds the instances a caller may send to: the members that are ``UP``. It is moved only
by answers of the registry, and only forward: an answer that is late, doubled or out of order is
recognised by its revision and left aside. While the registry is silent the last view stands.

The loop around it asks ``request()``, sends it, and hands whatever comes back to ``apply()``.

Source: list and watch by revision as in etcd and the Kubernetes API ("resource version too old"
answered by a new list).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from models.base.errors import SimulationError
from models.discovery.member import InstanceId, Member, Revision, ServiceName, Status
from models.discovery.messages import (
    Change,
    ChangeKind,
    Changes,
    Compacted,
    Listing,
    ViewAnswer,
    ViewRequest,
)

NEVER_LISTED = -1
"""Revision of a view that has not seen a list yet."""


@dataclass(frozen=True, slots=True)
class ViewDelta:
    """What an answer did to the view, each tuple sorted by instance id.

    ``removed`` holds members as they were last seen; ``updated`` members that stay, with
    something new about them (weight, address, incarnation).
    """

    added: tuple[Member, ...] = ()
    removed: tuple[Member, ...] = ()
    updated: tuple[Member, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed for the caller."""
        return not (self.added or self.removed or self.updated)


NO_CHANGE = ViewDelta()


class EndpointView:
    """The endpoints of ``service`` as of ``revision``, in the eyes of one caller."""

    __slots__ = ("_members", "_must_list", "_revision", "service")

    def __init__(self, service: ServiceName) -> None:
        self.service = service
        self._revision: Revision = NEVER_LISTED
        self._must_list = True
        self._members: dict[InstanceId, Member] = {}

    @property
    def revision(self) -> Revision:
        """Revision of the registry that the view equals; ``NEVER_LISTED`` before the first."""
        return self._revision

    def endpoints(self) -> tuple[Member, ...]:
        """Instances the caller may send to, sorted by instance id."""
        return tuple(self._members[instance] for instance in sorted(self._members))

    def request(self) -> ViewRequest:
        """What to ask the registry next: changes after the revision seen, or the whole list."""
        return ViewRequest(self.service, self._revision, self._must_list)

    def apply(self, answer: ViewAnswer) -> ViewDelta:
        """Learn from an answer of the registry, in whatever order answers arrive.

        Raises:
            SimulationError: the answer is about another service.
        """
        if answer.service != self.service:
            raise SimulationError(f"view of '{self.service}' got an answer for '{answer.service}'")
        match answer:
            case Listing():
                return self._apply_listing(answer)
            case Changes():
                return self._apply_changes(answer)
            case Compacted():
                self._apply_compacted(answer)
                return NO_CHANGE

    def _apply_listing(self, listing: Listing) -> ViewDelta:
        if listing.revision < self._revision:
            return NO_CHANGE
        self._revision = listing.revision
        self._must_list = False
        return self._become(
            {member.instance: member for member in listing.members if member.status is Status.UP}
        )

    def _apply_changes(self, answer: Changes) -> ViewDelta:
        if not answer.since <= self._revision < answer.revision:
            return NO_CHANGE
        # Changes already known are harmless to replay: the last one to an instance decides.
        self._revision = answer.revision
        return self._become(_after(self._members, answer.changes)) if answer.changes else NO_CHANGE

    def _apply_compacted(self, answer: Compacted) -> None:
        """Ask for a list next; of a registry that started anew, take any list."""
        if answer.since != self._revision:
            return
        self._must_list = True
        if answer.revision < self._revision:
            self._revision = NEVER_LISTED

    def _become(self, members: dict[InstanceId, Member]) -> ViewDelta:
        before, self._members = self._members, members
        return ViewDelta(
            added=tuple(members[i] for i in sorted(members) if i not in before),
            removed=tuple(before[i] for i in sorted(before) if i not in members),
            updated=tuple(
                members[i] for i in sorted(members) if i in before and members[i] != before[i]
            ),
        )


def _after(
    members: dict[InstanceId, Member], changes: Iterable[Change]
) -> dict[InstanceId, Member]:
    result = dict(members)
    for change in changes:
        member = change.member
        if change.kind is ChangeKind.REMOVED or member.status is not Status.UP:
            result.pop(member.instance, None)
        else:
            result[member.instance] = member
    return result
