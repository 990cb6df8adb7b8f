"""Members by id and by service, always read in the order of their names."""

from models.discovery.member import InstanceId, Member, ServiceName


class Catalogue:
    """Index of members. A service without members is not listed."""

    __slots__ = ("_by_service", "_members")

    def __init__(self) -> None:
        self._members: dict[InstanceId, Member] = {}
        self._by_service: dict[ServiceName, dict[InstanceId, Member]] = {}

    def put(self, member: Member) -> None:
        """Add the member, or replace what was held under its id, in whatever service."""
        self.remove(member.instance)
        self._members[member.instance] = member
        self._by_service.setdefault(member.service, {})[member.instance] = member

    def remove(self, instance: InstanceId) -> None:
        """Take the member out; no effect if it is not there."""
        member = self._members.pop(instance, None)
        if member is None:
            return
        siblings = self._by_service[member.service]
        del siblings[instance]
        if not siblings:
            del self._by_service[member.service]

    def find(self, instance: InstanceId) -> Member | None:
        """The member of that id, or None."""
        return self._members.get(instance)

    def services(self) -> tuple[ServiceName, ...]:
        """Names of the services that have members, sorted."""
        return tuple(sorted(self._by_service))

    def members(self, service: ServiceName | None) -> tuple[Member, ...]:
        """Members of ``service`` (None: all members), sorted by instance id."""
        chosen = self._members if service is None else self._by_service.get(service, {})
        return tuple(chosen[instance] for instance in sorted(chosen))
