"""Zone-aware routing: as much as possible stays in the caller's zone, and load stays even.

If every caller kept its traffic at home, members in zones with many callers would be busier
than others. So a zone keeps at home what its share of the members allows for its share of the
callers, and sends the rest to zones that have members to spare.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from models.base.streams import Stream
from models.traffic.balancer.base import Balancer
from models.traffic.balancer.facts import CallerFacts
from models.traffic.balancer.layers.config import ZoneAwareConfig
from models.traffic.balancer.layers.zoned_hosts import Zone, ZonedHosts


@dataclass(frozen=True, slots=True)
class ZoneRoutes:
    """Where a caller's picks go: ``local_share`` of them stay, the rest by ``spare``.

    ``spare`` gives zones and their spare capacity in a unit common to all; it is empty if
    everything stays.
    """

    local_share: float
    spare: tuple[tuple[str, int], ...]


def zone_routes(members: Mapping[str, int], callers: Mapping[str, int], zone: str) -> ZoneRoutes:
    """Split the picks of a caller in ``zone``, given available members and callers by zone.

    The zone keeps everything if its share of the members is not below its share of the
    callers; else it keeps the ratio of the two, and the rest follows what other zones have in
    members beyond their callers. Shares are compared as whole numbers, without rounding.

    Source: Envoy ``load_balancer_impl.cc``; semantics 6.1. Differs in not rounding shares to
    hundredths of a percent, so there is always somewhere to send the rest.
    """
    member_total, caller_total = sum(members.values()), sum(callers.values())
    here = members.get(zone, 0) * caller_total
    need = callers.get(zone, 0) * member_total
    if here and here >= need:
        return ZoneRoutes(1.0, ())
    spare = tuple(
        (other, room)
        for other, count in members.items()
        if other != zone
        and (room := count * caller_total - callers.get(other, 0) * member_total) > 0
    )
    return ZoneRoutes(here / need if need else 0.0, spare)


class ZoneAware(ZonedHosts):
    """Routes picks by :func:`zone_routes`; one or two draws where traffic crosses zones.

    The level is balanced as a whole while there are fewer than two zones of members or of
    callers, while the caller does not know its peers, in a cluster of fewer than
    ``cluster_size_min`` available members, and for the picks that ``routing_ratio`` leaves out.

    Source: Envoy ``load_balancer_impl.cc``; semantics 6.1. Differs in not judging the health of
    the callers: those counted are taken as healthy.
    """

    __slots__ = ("_caller", "_config", "_home", "_local_share", "_spare", "_spare_total", "_stream")

    def __init__(
        self, config: ZoneAwareConfig, stream: Stream, make_policy: Callable[[], Balancer]
    ) -> None:
        super().__init__(make_policy)
        self._config = config
        self._stream = stream
        self._caller = CallerFacts()
        self._home: Zone | None = None
        self._local_share = 0.0
        self._spare: list[tuple[Zone, int]] = []
        self._spare_total = 0

    def situate(self, caller: CallerFacts) -> None:
        """Learn where the caller and its peers are."""
        self._caller = caller
        self._rearrange()

    def _choose_zone(self) -> Zone | None:
        if self._home is None and not self._spare:
            return None
        ratio = self._config.routing_ratio
        if ratio < 1.0 and self._stream.uniform() >= ratio:
            return None
        share = self._local_share
        if share >= 1.0 or (share > 0.0 and self._stream.uniform() < share):
            return self._home
        rest = self._stream.below(self._spare_total)
        for zone, room in self._spare:
            if rest < room:
                return zone
            rest -= room
        return None

    def _rearrange(self) -> None:
        self._home, self._local_share = None, 0.0
        self._spare, self._spare_total = [], 0
        members = {name: zone.available for name, zone in self._zones.items() if zone.members}
        if not self._may_route(members):
            return
        routes = ZoneRoutes(1.0, ())
        if not self._is_forced_home(members):
            routes = zone_routes(members, dict(self._caller.callers_by_zone), self._caller.zone)
        self._local_share = routes.local_share
        if routes.local_share > 0.0:
            self._home = self._zones[self._caller.zone]
        self._spare = [(self._zones[name], room) for name, room in routes.spare]
        self._spare_total = sum(room for _, room in routes.spare)

    def _may_route(self, members: Mapping[str, int]) -> bool:
        callers = {name: count for name, count in self._caller.callers_by_zone if count}
        return (
            len(members) >= 2
            and self._caller.zone in callers
            and (len(callers) >= 2 or self._is_forced_home(members))
            and sum(members.values()) >= self._config.cluster_size_min
        )

    def _is_forced_home(self, members: Mapping[str, int]) -> bool:
        size_min = self._config.force_local_size_min
        return size_min is not None and members.get(self._caller.zone, 0) >= size_min
