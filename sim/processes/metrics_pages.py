"""The metrics pages of the world's nodes: instances, load sources and the registry."""

from collections.abc import Iterable, Iterator

from models.base.time import DurationNs
from models.storage.replicated_log import Role
from models.telemetry.labels import label_set
from models.telemetry.series import VectorSample
from sim.nodes.gateway import Gatekeeper, code_of
from sim.nodes.instance import Instance
from sim.nodes.power import Power
from sim.nodes.proxy import ProxyChannel
from sim.nodes.source import Source
from sim.nodes.stores.database import DatabaseInstance
from sim.nodes.stores.messages import MessageSource
from sim.nodes.stores.remembering import RememberingInstance
from sim.processes.exposition import (
    CacheReading,
    DecisionReading,
    PoolReading,
    QueueReading,
    RequestMeter,
    ServerReading,
    Tally,
    cache_samples,
    database_samples,
    gateway_samples,
    ingress_samples,
    pool_samples,
    process_samples,
    queue_samples,
    registry_samples,
    server_samples,
)
from sim.processes.registry_server import RegistryServer

INGRESS = "ingress"
MESSAGES = "messages"
REGISTRY = "registry"


class InstancePage:
    """Shown by a service's instance while its process listens. Added latency delays it too."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self._before = Tally()
        self.zone = instance.zone
        self.station = instance.index
        self.labels = label_set(
            {"job": instance.service, "instance": instance.name, "zone": instance.zone}
        )

    @property
    def is_listening(self) -> bool:
        """True while the process is up and does not stand still."""
        return self.instance.is_up and self.instance.standstill is None

    def transit_ns(self) -> DurationNs:
        """What a fault adds to the way of one message."""
        added = self.instance.added_delay
        return 0 if added is None else added.draw()

    def show(self) -> tuple[VectorSample, ...]:
        """The instance as it stands."""
        instance = self.instance
        before, self._before = self._before, Tally(instance.answered, instance.answered_badly)
        reading = ServerReading(
            self._before, instance.refused, len(instance.jobs), instance.waiting
        )
        samples = server_samples(reading, before) + process_samples(instance.gauges())
        samples += pool_samples(_pools(instance))
        if isinstance(instance, RememberingInstance):
            samples += cache_samples(_readings(instance))
        if isinstance(instance, Gatekeeper):
            samples += gateway_samples(_decisions(instance))
        if isinstance(instance, DatabaseInstance):
            is_primary = instance.log.role is Role.PRIMARY
            samples += database_samples(instance.lag_writes, is_primary=is_primary)
        return samples


def _pools(instance: Instance) -> Iterator[PoolReading]:
    for channel in instance.channels.values():
        if isinstance(channel, ProxyChannel) and channel.line is not None:
            yield PoolReading(channel.line.callee, channel.line.in_use, channel.line.pending)


def _decisions(instance: Gatekeeper) -> Iterator[DecisionReading]:
    for (route, reason), count in instance.decisions().items():
        yield DecisionReading(route or "", reason.value, code_of(reason), count)


def _readings(instance: RememberingInstance) -> Iterator[CacheReading]:
    for endpoint, cache in instance.caches.items():
        yield CacheReading(endpoint, cache.hits, cache.misses, len(cache))


class IngressPage:
    """Shown by the client node of a load source; making it attaches a meter to the source."""

    def __init__(self, source: Source, power: Power) -> None:
        self._power = power
        self._meter = RequestMeter()
        self._before = Tally()
        source.on_end = self._meter.record
        self.zone = source.zone
        self.station = source.client_index
        self.labels = label_set(
            {"job": INGRESS, "instance": source.name, "service": source.spec.service}
        )

    @property
    def is_listening(self) -> bool:
        """True while the client's zone has power."""
        return self._power.is_on(self.zone)

    def transit_ns(self) -> DurationNs:
        """Nothing is added on the way to a client."""
        return 0

    def show(self) -> tuple[VectorSample, ...]:
        """How the source's requests have ended."""
        before, self._before = self._before, self._meter.tally()
        return ingress_samples(self._before, before, self._meter.take_durations())


class QueuePage:
    """Shown by the broker of a message queue, while there is one."""

    def __init__(self, source: MessageSource) -> None:
        self._source = source
        self.zone = source.zone
        self.station = source.client_index
        self.labels = label_set({"job": MESSAGES, "instance": source.name, "zone": source.zone})

    @property
    def is_listening(self) -> bool:
        """True while a broker is up."""
        return self._source.has_broker

    def transit_ns(self) -> DurationNs:
        """Nothing is added on the way to a broker."""
        return 0

    def show(self) -> tuple[VectorSample, ...]:
        """The queue as it stands."""
        source, queue = self._source, self._source.queue
        return queue_samples(
            QueueReading(
                source.name, queue.waiting, queue.in_flight, source.oldest_age_ns, queue.counts
            )
        )


class RegistryPage:
    """Shown by the registry: healthy instances of every service of the world."""

    def __init__(self, server: RegistryServer, services: Iterable[str]) -> None:
        self._server = server
        self._services = tuple(services)
        self.zone = server.zone
        self.station = server.station
        self.labels = label_set({"job": REGISTRY, "instance": REGISTRY, "zone": server.zone})

    @property
    def is_listening(self) -> bool:
        """True while the registry runs."""
        return self._server.is_running

    def transit_ns(self) -> DurationNs:
        """Nothing is added on the way to the registry."""
        return 0

    def show(self) -> tuple[VectorSample, ...]:
        """What the registry would answer now, counted."""
        registry, now = self._server.registry, self._server.now
        return registry_samples(
            {service: len(registry.healthy(service, now=now)) for service in self._services}
        )
