"""What a node shows when monitoring asks: its state in, samples out. The pure half of scraping.

Counters only grow and go on across restarts, as those of a proxy beside the process would.
Gauges that speak of a period cover what ended since the previous scrape that arrived, and are
absent when nothing did: no traffic is no error ratio of zero.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.base.outcome import Outcome, RequestOutcome, request_outcome
from models.base.percentile import nearest_rank
from models.base.time import DurationNs, seconds
from models.storage.message_queue import QueueCounts
from models.telemetry.labels import METRIC_NAME
from models.telemetry.series import VectorSample

DURATIONS_MAX = 100_000
"""How many durations are kept between two scrapes; of more, the newest."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many requests were answered so far, and how many of them with an error."""

    ended: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class ServerReading:
    """One instance at one instant: what it has answered and refused, what it works on."""

    answers: Tally
    refused: int
    in_flight: int
    queued: int


@dataclass(frozen=True, slots=True)
class PoolReading:
    """A pool of connections at one instant: to which service, how many in use and waited for."""

    callee: str
    in_use: int
    pending: int


@dataclass(frozen=True, slots=True)
class DecisionReading:
    """How often a gateway has decided so about requests of a route, which is empty for none."""

    route: str
    reason: str
    code: str
    count: int


def gateway_samples(decisions: Iterable[DecisionReading]) -> tuple[VectorSample, ...]:
    """Decisions of one gateway since it began."""
    return tuple(
        _sample(
            "gateway_requests_total",
            one.count,
            [
                pair
                for pair in (("code", one.code), ("reason", one.reason), ("route", one.route))
                if pair[1]
            ],
        )
        for one in decisions
    )


def pool_samples(pools: Iterable[PoolReading]) -> tuple[VectorSample, ...]:
    """Metrics of the pools of one caller."""
    samples: list[VectorSample] = []
    for pool in pools:
        labels = (("service", pool.callee),)
        samples += (
            _sample("http_client_connections_active", pool.in_use, labels),
            _sample("http_client_connections_pending", pool.pending, labels),
        )
    return tuple(samples)


def process_samples(gauges: Iterable[tuple[str, float]]) -> tuple[VectorSample, ...]:
    """What a process tells of itself: cores, memory, pauses."""
    return tuple(_sample(name, value) for name, value in gauges)


def server_samples(reading: ServerReading, before: Tally) -> tuple[VectorSample, ...]:
    """Metrics of an instance. ``before`` is what it had answered at the previous scrape."""
    return (
        _sample("http_requests_total", reading.answers.ended),
        _sample("http_requests_failed_total", reading.answers.failed),
        _sample("http_requests_rejected_total", reading.refused),
        _sample("http_requests_in_flight", reading.in_flight),
        _sample("http_queue_length", reading.queued),
        *_error_ratio("http_request_error_ratio", reading.answers, before),
    )


def ingress_samples(
    ends: Tally, before: Tally, durations_ns: Sequence[DurationNs]
) -> tuple[VectorSample, ...]:
    """Metrics of a load source. ``durations_ns`` are those since the previous scrape."""
    slow_ns = nearest_rank(durations_ns, 0.99)
    return (
        _sample("ingress_requests_total", ends.ended),
        _sample("ingress_requests_failed_total", ends.failed),
        *_error_ratio("ingress_request_error_ratio", ends, before),
        *_where_known("ingress_request_duration_p99_seconds", slow_ns),
    )


@dataclass(frozen=True, slots=True)
class CacheReading:
    """One cache at one instant: look-ups that hit and missed so far, and keys it holds."""

    name: str
    hits: int
    misses: int
    entries: int


def cache_samples(readings: Iterable[CacheReading]) -> tuple[VectorSample, ...]:
    """Metrics of caches, named as Micrometer names them."""
    return tuple(
        sample
        for reading in readings
        for sample in (
            _sample("cache_gets_total", reading.hits, _cache_labels(reading, "hit")),
            _sample("cache_gets_total", reading.misses, _cache_labels(reading, "miss")),
            _sample("cache_size", reading.entries, [("cache", reading.name)]),
        )
    )


@dataclass(frozen=True, slots=True)
class QueueReading:
    """A message queue at one instant."""

    name: str
    waiting: int
    in_flight: int
    oldest_age_ns: DurationNs
    counts: QueueCounts


def queue_samples(reading: QueueReading) -> tuple[VectorSample, ...]:
    """Metrics of a message queue, named as RabbitMQ's exporter names what it has too."""
    counts = reading.counts
    values = (
        ("rabbitmq_queue_messages_ready", reading.waiting),
        ("rabbitmq_queue_messages_unacked", reading.in_flight),
        ("rabbitmq_queue_messages_published_total", counts.published),
        ("rabbitmq_queue_messages_delivered_total", counts.delivered),
        ("rabbitmq_queue_messages_redelivered_total", counts.redelivered),
        ("rabbitmq_queue_messages_acked_total", counts.consumed),
        ("rabbitmq_queue_messages_dead_lettered_total", counts.dead),
        ("rabbitmq_queue_messages_expired_total", counts.expired),
        ("queue_oldest_message_age_seconds", seconds(reading.oldest_age_ns)),
    )
    return tuple(_sample(name, value, [("queue", reading.name)]) for name, value in values)


def database_samples(lag_writes: int, *, is_primary: bool) -> tuple[VectorSample, ...]:
    """Metrics of a database's node; the second is named as PostgreSQL's exporter names it."""
    return (
        _sample("database_replication_lag_writes", lag_writes),
        _sample("pg_replication_is_replica", 0.0 if is_primary else 1.0),
    )


def registry_samples(healthy: Mapping[str, int]) -> tuple[VectorSample, ...]:
    """Instances the registry would list, by service; a service without any shows 0."""
    return tuple(
        _sample("registry_instances_healthy", count, [("service", service)])
        for service, count in healthy.items()
    )


class RequestMeter:
    """Counts how requests ended, and keeps their durations (ns) until they are taken."""

    __slots__ = ("_durations_ns", "_ended", "_failed")

    def __init__(self) -> None:
        self._ended = 0
        self._failed = 0
        self._durations_ns: deque[DurationNs] = deque(maxlen=DURATIONS_MAX)

    def record(self, duration_ns: DurationNs, outcome: Outcome) -> None:
        """A request has ended. Hot path."""
        self._ended += 1
        if request_outcome(outcome) is not RequestOutcome.COMPLETED:
            self._failed += 1
        self._durations_ns.append(duration_ns)

    def tally(self) -> Tally:
        """What has ended so far."""
        return Tally(self._ended, self._failed)

    def take_durations(self) -> tuple[DurationNs, ...]:
        """Durations recorded since they were last taken, oldest first."""
        taken = tuple(self._durations_ns)
        self._durations_ns.clear()
        return taken


def _sample(name: str, value: float, labels: Iterable[tuple[str, str]] = ()) -> VectorSample:
    return VectorSample(((METRIC_NAME, name), *labels), float(value))


def _cache_labels(reading: CacheReading, result: str) -> list[tuple[str, str]]:
    return [("cache", reading.name), ("result", result)]


def _error_ratio(name: str, now: Tally, before: Tally) -> tuple[VectorSample, ...]:
    ended = now.ended - before.ended
    return (_sample(name, (now.failed - before.failed) / ended),) if ended else ()


def _where_known(name: str, duration_ns: DurationNs | None) -> tuple[VectorSample, ...]:
    return () if duration_ns is None else (_sample(name, seconds(duration_ns)),)
