"""Which zone's members come first for a caller, and who a caller's peers are."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from models.base.errors import ConfigError
from models.traffic.balancer.facts import PRIORITY_MAX, CallerFacts


@dataclass(frozen=True, slots=True)
class PriorityOrder:
    """Zones, the first choice first; those not named come last, together.

    Without any the caller's own zone comes first, and all others together.

    Source: Envoy locality priorities; Istio ``localityLbSetting`` (failover).

    Raises:
        ConfigError: a zone twice, or more zones than there are priorities.
    """

    zones: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.zones)) != len(self.zones):
            raise ConfigError("priorities: a zone has two places in the order")
        if len(self.zones) > PRIORITY_MAX:
            raise ConfigError(f"priorities: more than {PRIORITY_MAX} zones in the order")

    def priority(self, caller_zone: str, member_zone: str) -> int:
        """Priority of a member for a caller, 0 for the first choice."""
        if not self.zones:
            return int(member_zone != caller_zone)
        if member_zone in self.zones:
            return self.zones.index(member_zone)
        return len(self.zones)


def facts_among(peers: Sequence[tuple[int, str]], caller: int, zone: str) -> CallerFacts:
    """What a caller knows of itself; ``peers`` are numbers and zones of its service's instances.

    A caller that is none of them, as a source of load, is the only one of its kind.
    """
    numbers = [number for number, _ in peers]
    if caller not in numbers:
        return CallerFacts(zone, 0, ((zone, 1),))
    by_zone = Counter(peer_zone for _, peer_zone in peers)
    return CallerFacts(zone, numbers.index(caller), tuple(by_zone.items()))
