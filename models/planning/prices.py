"""What things cost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PriceList:
    """Prices in US dollars: per machine-hour by machine type, per GB (10^9 bytes) across zones.

    Cross-zone traffic is billed per direction, on both sides of the boundary once.
    """

    machine_usd_per_hour: tuple[tuple[str, float], ...] = ()
    cross_zone_usd_per_gb: float = 0.0
