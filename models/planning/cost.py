"""The bill of a run: usage times prices, and the figures people compare fleets by.

:func:`bill` writes the rows of the ``costs`` table. :func:`summarise` reads those rows back, so
a run from disk is summarised without its price list.

*Who pays for traffic.* A byte that crosses a zone boundary is billed once on each side: to the
service that sent it and to the service that received it. One GB of requests plus one GB of
responses between two services is therefore 2 GB on each of the two bills, and 4 GB in total.

Every row obeys ``usd = quantity * unit price``, and totals are correctly rounded sums of rows
(``math.fsum``), so neither depends on the order in which attempts happened.

Left out: minimum billing times (the window is an excerpt of a fleet that keeps running, so a
machine's first minute is not in it), commitments, tiers and taxes.

Source: semantics 15.1 (list cost = list unit price * pricing quantity) and 15.2 (a price per
machine-hour; cross-zone traffic per GB in each direction).
"""

import math
from dataclasses import dataclass

import numpy as np

from models.base.errors import ConfigError
from models.base.outcome import RequestOutcome
from models.base.time import NS_PER_HOUR, DurationNs
from models.planning.metering import MachineTime, Usage, meter
from models.planning.prices import PriceList
from models.records.manifest import Phase
from models.records.record import RunRecord
from models.records.schema import COSTS
from models.records.table import Table, table_from_rows

MACHINE_TIME = "machine time"
"""How the item of every machine row begins; the machine type follows in brackets."""
CROSS_ZONE_TRAFFIC = "cross-zone traffic"
"""Item of every traffic row."""
BYTES_PER_GB = 1_000_000_000

_Row = tuple[str, str, float, str, float]


@dataclass(frozen=True, slots=True)
class ServiceCost:
    """What one service pays over the window, in US dollars."""

    service: str
    machine_usd: float
    traffic_usd: float
    usd: float
    usd_per_hour: float


@dataclass(frozen=True, slots=True)
class CostSummary:
    """The bill in the figures people compare fleets by.

    ``usd_per_thousand`` is per thousand completed requests, None when none completed.
    ``services`` are in order of first appearance in the bill.
    """

    window_ns: DurationNs
    completed: int
    usd: float
    usd_per_hour: float
    usd_per_thousand: float | None
    services: tuple[ServiceCost, ...]


def bill(record: RunRecord, prices: PriceList, *, window: Phase | None = None) -> Table:
    """Price what a run used over ``window`` (default: the measured phase), as a costs table.

    Only the manifest and the attempts of the record are read, so its own costs may still be
    empty. Machine rows come first, then traffic rows, each in the order of the manifest. An
    empty price list bills nothing: the table has no rows.

    Raises:
        ConfigError: a machine in use has no price, has two, or a price is not a number >= 0.
    """
    if prices == PriceList():
        return table_from_rows(COSTS, ())
    usage = meter(record.manifest, record.attempts, window=window)
    return table_from_rows(COSTS, [*_machine_rows(usage, prices), *_traffic_rows(usage, prices)])


def completed_in(requests: Table, window: Phase) -> int:
    """Count the requests that arrived in ``window`` and completed, then or later."""
    arrival_ns = requests["arrival_ns"].astype(np.int64)
    arrived = (arrival_ns >= window.start_ns) & (arrival_ns < window.end_ns)
    return int(np.count_nonzero(arrived & (requests["outcome"] == RequestOutcome.COMPLETED)))


def summarise(costs: Table, *, window_ns: DurationNs, completed: int) -> CostSummary:
    """Sum a costs table up, per hour, per service and per thousand completed requests.

    Raises:
        ConfigError: the window is empty, so nothing can be said per hour.
    """
    if window_ns <= 0:
        raise ConfigError(f"costs per hour need a window longer than {window_ns} ns")
    hours = window_ns / NS_PER_HOUR
    usd = math.fsum(costs["usd"].tolist())
    return CostSummary(
        window_ns=window_ns,
        completed=completed,
        usd=usd,
        usd_per_hour=usd / hours,
        usd_per_thousand=usd * 1000 / completed if completed else None,
        services=tuple(
            _service_cost(costs, service, hours) for service in dict.fromkeys(costs.text("service"))
        ),
    )


def summarise_run(record: RunRecord) -> CostSummary:
    """Sum the costs of a finished run up over its measured phase."""
    window = record.manifest.phase("measure")
    return summarise(
        record.costs,
        window_ns=window.end_ns - window.start_ns,
        completed=completed_in(record.requests, window),
    )


def _machine_rows(usage: Usage, prices: PriceList) -> list[_Row]:
    usd_per_hour = _machine_prices(prices)
    rows = []
    for held in usage.machines:
        hours = held.instance_ns / NS_PER_HOUR
        usd = hours * _price_of(held, usd_per_hour)
        rows.append((held.service, f"{MACHINE_TIME} ({held.machine})", hours, "h", usd))
    return rows


def _price_of(held: MachineTime, usd_per_hour: dict[str, float]) -> float:
    if held.machine not in usd_per_hour:
        known = ", ".join(sorted(usd_per_hour)) or "none"
        raise ConfigError(
            f"service '{held.service}' runs on machine '{held.machine}', "
            f"which has no price (priced: {known})"
        )
    return usd_per_hour[held.machine]


def _machine_prices(prices: PriceList) -> dict[str, float]:
    usd_per_hour: dict[str, float] = {}
    for machine, usd in prices.machine_usd_per_hour:
        if machine in usd_per_hour:
            raise ConfigError(f"machine '{machine}' has two prices")
        usd_per_hour[machine] = _checked(f"machine '{machine}'", usd)
    return usd_per_hour


def _traffic_rows(usage: Usage, prices: PriceList) -> list[_Row]:
    usd_per_gb = _checked(CROSS_ZONE_TRAFFIC, prices.cross_zone_usd_per_gb)
    bytes_of: dict[str, int] = {}
    for pair in usage.traffic:
        for side in (pair.caller, pair.callee):
            carried = pair.request_bytes + pair.response_bytes
            bytes_of[side] = bytes_of.get(side, 0) + carried
    return [
        (
            side,
            CROSS_ZONE_TRAFFIC,
            carried / BYTES_PER_GB,
            "GB",
            carried / BYTES_PER_GB * usd_per_gb,
        )
        for side, carried in bytes_of.items()
    ]


def _checked(what: str, usd: float) -> float:
    if not (math.isfinite(usd) and usd >= 0):
        raise ConfigError(f"the price of {what} must be a number from 0 up, not {usd}")
    return usd


def _service_cost(costs: Table, service: str, hours: float) -> ServiceCost:
    machine: list[float] = []
    traffic: list[float] = []
    rows = zip(costs.text("service"), costs.text("item"), costs["usd"].tolist(), strict=True)
    for owner, item, usd in rows:
        if owner == service:
            (machine if item.startswith(MACHINE_TIME) else traffic).append(usd)
    usd = math.fsum([*machine, *traffic])
    return ServiceCost(service, math.fsum(machine), math.fsum(traffic), usd, usd / hours)
