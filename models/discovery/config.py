"""How instances announce themselves and how callers learn of them."""

from dataclasses import dataclass

from models.base.time import NS_PER_S, DurationNs
from models.discovery.health.service_check import ServiceCheck


@dataclass(frozen=True, slots=True)
class DiscoveryConfig:
    """Registry in ``zone``; a lease is expired iff now > last beat + ``lease_ns``.

    ``sweep_ns`` is the period at which the registry looks for expired leases, ``refresh_ns``
    the period at which each caller asks for changes. Every loop starts at a random phase.

    With ``dns_ttl_ns`` callers resolve names by DNS instead: they ask again when an answer is
    that old, and every ``refresh_ns`` while they get none. Instances of services with ``checks``
    are probed from the registry's node, and given to nobody while they fail.
    """

    zone: str
    heartbeat_ns: DurationNs = NS_PER_S
    lease_ns: DurationNs = 3 * NS_PER_S
    sweep_ns: DurationNs = NS_PER_S
    refresh_ns: DurationNs = NS_PER_S
    history_limit: int = 4096
    dns_ttl_ns: DurationNs | None = None
    checks: tuple[ServiceCheck, ...] = ()
