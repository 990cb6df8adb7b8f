"""Samplers: true state of every service, looked at in a fixed rhythm and never touched."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from models.base.time import DurationNs, seconds
from sim.kernel.environment import Kernel
from sim.kernel.ties import OBSERVER
from sim.nodes.instance import Instance
from sim.nodes.stores.cache import Cache
from sim.nodes.stores.database import Databases
from sim.nodes.stores.messages import MessageSource
from sim.processes.mesh import Mesh
from sim.recording.recorder import Recorder


def observe(kernel: Kernel, period_ns: DurationNs, look: Callable[[], object]) -> None:
    """Call ``look()`` at 0, period, 2 periods and so on, after all else at those instants."""

    def again(turn: int) -> None:
        look()
        kernel.post((turn + 1) * period_ns, OBSERVER, again, turn + 1)

    kernel.post(kernel.now, OBSERVER, again, 0)


class Sampler(Protocol):
    """Looks at part of the world."""

    def look(self) -> None:
        """Take one sample of each series."""


def samplers(
    recorder: Recorder,
    instances_of: Mapping[str, Sequence[Instance]],
    caches_of: Mapping[tuple[str, str], Sequence[Cache]],
    queues: Sequence[MessageSource],
    databases: Databases,
    mesh: Mesh | None = None,
) -> Iterator[Sampler]:
    """Those that have something to look at."""
    yield ServiceSampler(recorder, instances_of)
    if caches_of:
        yield CacheSampler(recorder, caches_of)
    if queues:
        yield MessageSampler(recorder, queues)
    if databases:
        yield DatabaseSampler(recorder, databases)
    if mesh is not None:
        yield MeshSampler(recorder, mesh)


class ServiceSampler:
    """Queue length, busy slots and running instances of every service, summed."""

    def __init__(self, recorder: Recorder, instances_of: Mapping[str, Sequence[Instance]]) -> None:
        self._recorder = recorder
        self._groups = [
            ((("service", service),), instances) for service, instances in instances_of.items()
        ]

    def look(self) -> None:
        """Take one sample of each series."""
        sample = self._recorder.sample
        for labels, instances in self._groups:
            waiting = busy = running = 0
            for instance in instances:
                waiting += instance.waiting
                busy += instance.busy_slots
                running += instance.is_up
            sample("world_queue_length", labels, waiting)
            sample("world_busy_slots", labels, busy)
            sample("world_instances_up", labels, running)


class CacheSampler:
    """Hits, misses and fetches since the start, and entries, of every cached endpoint."""

    def __init__(
        self, recorder: Recorder, caches_of: Mapping[tuple[str, str], Sequence[Cache]]
    ) -> None:
        self._recorder = recorder
        self._groups = [
            ((("endpoint", endpoint), ("service", service)), caches)
            for (service, endpoint), caches in caches_of.items()
        ]

    def look(self) -> None:
        """Take one sample of each series."""
        sample = self._recorder.sample
        for labels, caches in self._groups:
            sample("world_cache_hits", labels, sum(cache.hits for cache in caches))
            sample("world_cache_misses", labels, sum(cache.misses for cache in caches))
            sample("world_cache_fetches", labels, sum(cache.fetches for cache in caches))
            sample("world_cache_entries", labels, sum(map(len, caches)))


class MessageSampler:
    """What every message queue keeps, how old its oldest message is, and its counts so far."""

    def __init__(self, recorder: Recorder, sources: Sequence[MessageSource]) -> None:
        self._recorder = recorder
        self._groups = [((("queue", source.name),), source) for source in sources]

    def look(self) -> None:
        """Take one sample of each series."""
        sample = self._recorder.sample
        for labels, source in self._groups:
            counts = source.queue.counts
            sample("world_messages_waiting", labels, source.queue.waiting)
            sample("world_messages_in_flight", labels, source.queue.in_flight)
            sample("world_messages_oldest_age_s", labels, seconds(source.oldest_age_ns))
            sample("world_messages_published", labels, counts.published)
            sample("world_messages_consumed", labels, counts.consumed)
            sample("world_messages_redelivered", labels, counts.redelivered)
            sample("world_messages_late", labels, counts.late)
            sample("world_messages_dead", labels, counts.dead)
            sample("world_messages_expired", labels, counts.expired)


class DatabaseSampler:
    """How far every node of a database is behind its primary, and the database's counts so far."""

    def __init__(self, recorder: Recorder, databases: Databases) -> None:
        self._recorder = recorder
        self._databases = databases

    def look(self) -> None:
        """Take one sample of each series."""
        sample = self._recorder.sample
        for name, database in self._databases.items():
            labels = (("service", name),)
            tally = database.tally
            sample("world_database_writes", labels, tally.writes)
            sample("world_database_reads", labels, tally.reads)
            sample("world_database_stale_reads", labels, tally.stale_reads)
            sample("world_database_lost_writes", labels, tally.lost)
            sample("world_database_failovers", labels, tally.failovers)
            for node in database.nodes:
                place = (("instance", node.name), *labels)
                sample("world_database_lag_writes", place, node.lag_writes)


class MeshSampler:
    """How many proxies live and how many run the newest configuration, and pushes so far."""

    def __init__(self, recorder: Recorder, mesh: Mesh) -> None:
        self._recorder = recorder
        self._mesh = mesh

    def look(self) -> None:
        """Take one sample of each series."""
        sample, mesh = self._recorder.sample, self._mesh
        proxies, current = mesh.standing()
        sample("world_mesh_proxies", (), proxies)
        sample("world_mesh_proxies_current", (), current)
        sample("world_mesh_pushes", (), mesh.server.pushes_sent)
