"""One row per cache, message queue and database: what was found, what waited, what was lost.

Figures are over the phase measure, from counts that the run sampled in a fixed rhythm.
"""

from dataclasses import dataclass

import numpy as np

from models.base.time import NS_PER_S, DurationNs, TimeNs
from models.records.record import RunRecord
from reports.series.sampled import Sampled, sampled
from reports.tables.services import measured


@dataclass(frozen=True, slots=True)
class CacheRow:
    """The cache of one endpoint. ``hit_ratio`` is None where nothing was looked up.

    ``fetches`` are look-ups that went on to make calls; ``entries`` is at the end of measure.
    """

    place: str
    lookups: int
    hit_ratio: float | None
    fetches: int
    entries: int


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One message queue. ``late`` are messages dealt with when somebody else had them already."""

    queue: str
    published: int
    consumed: int
    redelivered: int
    late: int
    dead: int
    expired: int
    waiting_max: int
    oldest_age_ns_max: DurationNs


@dataclass(frozen=True, slots=True)
class DatabaseRow:
    """One replicated service. ``lost`` are confirmed writes that a new primary did not have.

    ``stale_ratio`` is that of reads that missed a confirmed write, None without reads;
    ``lag_writes_max`` is how far any of its nodes was behind, in writes.
    """

    service: str
    writes: int
    reads: int
    stale_ratio: float | None
    lag_writes_max: int
    failovers: int
    lost: int


def cache_rows(record: RunRecord) -> tuple[CacheRow, ...]:
    """Caches in the order in which they were sampled; none in a run without caches."""
    grown = {name: _by_labels(record, f"world_cache_{name}") for name in ("hits", "misses")}
    fetches = _by_labels(record, "world_cache_fetches")
    entries = _by_labels(record, "world_cache_entries")
    window = measured(record)
    rows = []
    for labels, one in grown["hits"].items():
        hits, misses = _growth(one, window), _growth(grown["misses"][labels], window)
        rows.append(
            CacheRow(
                place=f"{one.label('service')}.{one.label('endpoint')}",
                lookups=hits + misses,
                hit_ratio=hits / (hits + misses) if hits + misses else None,
                fetches=_growth(fetches[labels], window),
                entries=int(_at(entries[labels], window[1])),
            )
        )
    return tuple(rows)


def queue_rows(record: RunRecord) -> tuple[QueueRow, ...]:
    """Message queues in the order of the scenario; none in a run without any."""
    counted = ("published", "consumed", "redelivered", "late", "dead", "expired")
    counts = {name: _by_labels(record, f"world_messages_{name}") for name in counted}
    waiting = _by_labels(record, "world_messages_waiting")
    ages = _by_labels(record, "world_messages_oldest_age_s")
    window = measured(record)
    return tuple(
        QueueRow(
            queue=one.label("queue"),
            **{name: _growth(counts[name][labels], window) for name in counted},
            waiting_max=int(_highest(one, window)),
            oldest_age_ns_max=round(_highest(ages[labels], window) * NS_PER_S),
        )
        for labels, one in waiting.items()
    )


def database_rows(record: RunRecord) -> tuple[DatabaseRow, ...]:
    """Databases in the order of the scenario; none in a run without any."""
    counted = ("writes", "reads", "stale_reads", "lost_writes", "failovers")
    counts = {name: _by_labels(record, f"world_database_{name}") for name in counted}
    lags = sampled(record, "world_database_lag_writes")
    window = measured(record)
    rows = []
    for labels, one in counts["writes"].items():
        service = one.label("service")
        grown = {name: _growth(counts[name][labels], window) for name in counted}
        behind = [_highest(lag, window) for lag in lags if lag.label("service") == service]
        rows.append(
            DatabaseRow(
                service=service,
                writes=grown["writes"],
                reads=grown["reads"],
                stale_ratio=grown["stale_reads"] / grown["reads"] if grown["reads"] else None,
                lag_writes_max=int(max(behind, default=0.0)),
                failovers=grown["failovers"],
                lost=grown["lost_writes"],
            )
        )
    return tuple(rows)


def _by_labels(record: RunRecord, metric: str) -> dict[tuple[tuple[str, str], ...], Sampled]:
    return {one.info.labels: one for one in sampled(record, metric)}


def _at(one: Sampled, instant: TimeNs) -> float:
    """The last value sampled up to an instant, 0 before the first."""
    place = int(np.searchsorted(one.times_ns, instant, side="right")) - 1
    return float(one.values[place]) if place >= 0 else 0.0


def _growth(one: Sampled, window: tuple[TimeNs, TimeNs]) -> int:
    return int(_at(one, window[1]) - _at(one, window[0]))


def _highest(one: Sampled, window: tuple[TimeNs, TimeNs]) -> float:
    inside = one.values[(one.times_ns >= window[0]) & (one.times_ns < window[1])]
    return float(inside.max()) if len(inside) else 0.0
