"""The registry: who is there, decided from announcements, leases and statuses.

Every change gets the next revision and is announced to watchers. A list states the revision it
was taken at, and a watch tells every change after the revision it is given, so that nothing can
happen unseen between the two. Only the monotonic clock of the registry's own node counts; the
periodic sweep is due at ``sweep_start + k * sweep`` and takes out what has expired. Until that
sweep a beat still renews an expired lease, while look-ups of healthy members already leave the
instance out.

Left out on purpose: replication between registries, and self-preservation (no eviction while
too many leases expire at once).

Source: Eureka ``AbstractInstanceRegistry`` (register, renew, evict), with etcd's revisions and
compaction for watches.
"""

from dataclasses import dataclass, replace

from models.base.errors import ConfigError
from models.base.time import TimeNs
from models.discovery.cadence import Cadence
from models.discovery.catalogue import Catalogue
from models.discovery.config import DiscoveryConfig
from models.discovery.history import WatchHistory
from models.discovery.incarnations import DepartureLog
from models.discovery.lease import LeaseTable
from models.discovery.member import (
    TRANSITIONS,
    InstanceId,
    Member,
    Registration,
    Revision,
    ServiceName,
    Status,
)
from models.discovery.messages import (
    Cause,
    Change,
    ChangeKind,
    Changes,
    Compacted,
    Deregister,
    Heartbeat,
    InstanceMessage,
    Listing,
    Register,
    Reply,
    Verdict,
    ViewAnswer,
    ViewRequest,
)


@dataclass(frozen=True, slots=True)
class RegistrySnapshot:
    """All members as of ``revision``, and the earliest revision a watch can start from."""

    revision: Revision
    revision_floor: Revision
    members: tuple[Member, ...]


class Registry:
    """Registered instances of all services.

    A registry that restarts with its memory lost must be given a ``first_revision`` above every
    revision it ever announced, so that watchers notice and list again.

    Raises:
        ConfigError: a duration is not above 0, or the history holds no change.
    """

    __slots__ = ("_catalogue", "_departures", "_history", "_leases", "_sweeps")

    def __init__(
        self,
        config: DiscoveryConfig,
        *,
        sweep_start: TimeNs = 0,
        first_revision: Revision = 0,
    ) -> None:
        self._leases = LeaseTable(config.lease_ns)
        self._history = WatchHistory(config.history_limit, first_revision=first_revision)
        self._departures = DepartureLog(config.history_limit)
        self._catalogue = Catalogue()
        self._sweeps = Cadence(sweep_start, config.sweep_ns)

    # -- what instances say ------------------------------------------------------------------

    def receive(self, message: InstanceMessage, *, now: TimeNs) -> Reply:
        """Take any message of an instance."""
        match message:
            case Register(registration):
                return self.register(registration, now=now)
            case Heartbeat(instance, incarnation):
                return self.heartbeat(instance, incarnation, now=now)
            case Deregister(instance, incarnation):
                return self.deregister(instance, incarnation)

    def register(self, registration: Registration, *, now: TimeNs) -> Reply:
        """Take an announcement and grant a lease from ``now``.

        An announcement that is held already only renews the lease: it is a duplicate, and leaves
        the status alone. A different one of the same incarnation replaces what is held, in order
        of arrival. An announcement under another service moves the instance.

        Raises:
            ConfigError: the incarnation or the weight is below 1.
        """
        if registration.incarnation < 1 or registration.weight < 1:
            raise ConfigError(f"'{registration.instance}': incarnation and weight start at 1")
        instance, incarnation = registration.instance, registration.incarnation
        held = self._catalogue.find(instance)
        if held is None:
            departure = self._departures.of(instance)
            if incarnation < departure.incarnation_seen:
                return self._reply(Verdict.STALE_INCARNATION, instance, incarnation)
            if incarnation < departure.incarnation_min:
                return self._reply(Verdict.UNKNOWN, instance, incarnation)
            self._departures.forget(instance)
            self._put(registration, registration.status, ChangeKind.ADDED, Cause.REGISTERED)
        elif incarnation < held.incarnation:
            return self._reply(Verdict.STALE_INCARNATION, instance, incarnation)
        elif registration.service != held.service:
            self._announce_removal(held, Cause.MOVED)
            self._put(registration, registration.status, ChangeKind.ADDED, Cause.MOVED)
        elif registration != held.registration:
            status = _status_after(held, registration)
            self._put(registration, status, ChangeKind.UPDATED, Cause.REGISTERED)
        self._leases.renew(instance, now=now)
        return self._reply(Verdict.ACCEPTED, instance, incarnation)

    def heartbeat(self, instance: InstanceId, incarnation: int, *, now: TimeNs) -> Reply:
        """Renew the lease of the incarnation that is registered; nothing else does anything.

        A beat of a later incarnation than the registered one is ``UNKNOWN``: its announcement
        has not arrived. It does not renew the lease of the earlier life.
        """
        verdict = self._standing(instance, incarnation)
        if verdict is Verdict.ACCEPTED:
            self._leases.renew(instance, now=now)
        return self._reply(verdict, instance, incarnation)

    def deregister(self, instance: InstanceId, incarnation: int) -> Reply:
        """Take the instance out; this incarnation and those before it can not come back.

        A deregistration that overtakes its own registration still counts.
        """
        verdict = self._standing(instance, incarnation)
        if verdict is not Verdict.STALE_INCARNATION:
            held = self._catalogue.find(instance)
            if held is not None:
                self._remove(held, Cause.DEREGISTERED)
            self._departures.note_deregistered(instance, incarnation)
        return self._reply(verdict, instance, incarnation)

    def set_status(self, instance: InstanceId, status: Status, incarnation: int) -> Reply:
        """Move a registered instance to ``status``; to stay where it is changes nothing."""
        verdict = self._standing(instance, incarnation)
        held = self._catalogue.find(instance)
        if held is not None and verdict is Verdict.ACCEPTED and status is not held.status:
            if status in TRANSITIONS[held.status]:
                self._put(held.registration, status, ChangeKind.UPDATED, Cause.STATUS_SET)
            else:
                verdict = Verdict.ILLEGAL_STATUS
        return self._reply(verdict, instance, incarnation)

    # -- what callers ask --------------------------------------------------------------------

    @property
    def revision(self) -> Revision:
        """Revision of the newest change."""
        return self._history.revision

    def services(self) -> tuple[ServiceName, ...]:
        """Names of the services that have instances, sorted."""
        return self._catalogue.services()

    def instances(self, service: ServiceName) -> tuple[Member, ...]:
        """Members of a service whatever their status, sorted by instance id."""
        return self._catalogue.members(service)

    def healthy(self, service: ServiceName, *, now: TimeNs) -> tuple[Member, ...]:
        """Members that are ``UP`` and whose lease has not expired, sorted by instance id."""
        return tuple(
            member
            for member in self._catalogue.members(service)
            if member.status is Status.UP and self._leases.is_valid(member.instance, now=now)
        )

    def listing(self, service: ServiceName | None = None) -> Listing:
        """All members of a service (None: of all), with the revision to watch on from."""
        return Listing(service, self.revision, self._catalogue.members(service))

    def changes_since(
        self, revision: Revision, service: ServiceName | None = None
    ) -> Changes | Compacted:
        """Every change after ``revision`` to a service (None: to any), or ``Compacted``.

        ``Compacted`` means that they are not all remembered, or that ``revision`` has not been
        reached yet, as after a restart.
        """
        return self._history.since(revision, service)

    def answer(self, request: ViewRequest) -> ViewAnswer:
        """Answer the request of an endpoint view."""
        if request.relist:
            return self.listing(request.service)
        return self.changes_since(request.revision, request.service)

    # -- time --------------------------------------------------------------------------------

    def next_deadline(self) -> TimeNs:
        """When the next sweep is due."""
        return self._sweeps.next_ns

    def tick(self, *, now: TimeNs) -> tuple[Change, ...]:
        """Sweep if a sweep is due; returns what expired."""
        return self.sweep(now=now) if self._sweeps.take(now=now) else ()

    def sweep(self, *, now: TimeNs) -> tuple[Change, ...]:
        """Take out every instance whose lease is expired at ``now``, longest silent first."""
        removals = []
        for instance in self._leases.expired(now=now):
            held = self._catalogue.find(instance)
            assert held is not None, "a lease without a member"
            removals.append(self._remove(held, Cause.LEASE_EXPIRED))
            self._departures.note_expired(instance, held.incarnation)
        return tuple(removals)

    def snapshot(self) -> RegistrySnapshot:
        """The state that callers can come to know."""
        return RegistrySnapshot(self.revision, self._history.floor, self._catalogue.members(None))

    # ----------------------------------------------------------------------------------------

    def _standing(self, instance: InstanceId, incarnation: int) -> Verdict:
        held = self._catalogue.find(instance)
        if held is None:
            seen = self._departures.of(instance).incarnation_seen
            return Verdict.STALE_INCARNATION if incarnation < seen else Verdict.UNKNOWN
        if incarnation < held.incarnation:
            return Verdict.STALE_INCARNATION
        return Verdict.ACCEPTED if incarnation == held.incarnation else Verdict.UNKNOWN

    def _reply(self, verdict: Verdict, instance: InstanceId, incarnation: int) -> Reply:
        held = self._catalogue.find(instance)
        departure = self._departures.of(instance)
        incarnation_min = departure.incarnation_min if held is None else held.incarnation
        return Reply(verdict, instance, incarnation, incarnation_min)

    def _put(
        self, registration: Registration, status: Status, kind: ChangeKind, cause: Cause
    ) -> None:
        member = Member(registration, status, self.revision + 1)
        self._catalogue.put(member)
        self._history.append(Change(member.revision, kind, cause, member))

    def _remove(self, held: Member, cause: Cause) -> Change:
        self._catalogue.remove(held.instance)
        self._leases.drop(held.instance)
        return self._announce_removal(held, cause)

    def _announce_removal(self, held: Member, cause: Cause) -> Change:
        last = replace(held, revision=self.revision + 1)
        change = Change(last.revision, ChangeKind.REMOVED, cause, last)
        self._history.append(change)
        return change


def _status_after(held: Member, registration: Registration) -> Status:
    """Status of a member that announces itself anew under the same service.

    A new incarnation begins where it says. Within one incarnation, an announcement that does not
    speak of another status than before, or asks for an illegal move, leaves the status alone.
    """
    wanted = registration.status
    if registration.incarnation > held.incarnation:
        return wanted
    is_new = wanted is not held.registration.status
    return wanted if is_new and wanted in TRANSITIONS[held.status] else held.status
