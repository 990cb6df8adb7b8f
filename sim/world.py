"""The one composition root: a blueprint and a seed become a world that can be run.

Length: every part of a world is made, wired and closed here and nowhere else.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeAlias

from simpy.events import Event

from models.base.streams import Stream
from models.base.time import NS_PER_S
from models.records.manifest import Manifest
from models.records.record import Counts
from models.records.table import Table
from models.traffic.balancer.policies import BalancerFactory
from sim.blueprint import Blueprint
from sim.chaos.executor import FaultExecutor
from sim.chaos.exhaustion import services_short_of_slots
from sim.chaos.experiment import Experiment
from sim.chaos.lives import Lives
from sim.chaos.verb import Scene
from sim.checks.conservation import (
    check_conservation,
    check_drained,
    check_messages,
    check_slots,
    count_requests,
)
from sim.kernel.clocks import NodeClock
from sim.kernel.environment import BATCH, Kernel
from sim.kernel.garbage import rarer_collection
from sim.network.links import Network
from sim.network.stations import stations_of
from sim.nodes.condition import Condition
from sim.nodes.fitting import Workshop, make_instances
from sim.nodes.gateway import Visitors
from sim.nodes.instance import Instance
from sim.nodes.plan import Planner
from sim.nodes.power import Power
from sim.nodes.source import Source
from sim.nodes.stores.cache import Caches
from sim.nodes.stores.database import open_databases
from sim.nodes.stores.limits import open_limit_stores
from sim.nodes.stores.messages import MessageQueues
from sim.nodes.wiring import Caller, Wiring, probed_services
from sim.processes.discovery import Discovery
from sim.processes.jobs import Jobs, JobsSurroundings
from sim.processes.mesh import Mesh
from sim.processes.mesh_server import MeshSurroundings
from sim.processes.monitoring import Monitoring
from sim.processes.monitoring_node import MonitoringSurroundings
from sim.processes.presenting import metered_bounds
from sim.processes.registry_server import RegistryServer, Surroundings
from sim.recording.limits import check_fits_record
from sim.recording.manifest import manifest_of
from sim.recording.observer import observe, samplers
from sim.recording.recorder import Recorder

DRAIN_NS = 60 * NS_PER_S


ProcessFactory: TypeAlias = "Callable[[World, Mapping[str, str]], Generator[Event, Any, Any]]"
"""Makes a user's process: a SimPy generator on the world's kernel, given its options."""


@dataclass(frozen=True, slots=True)
class Extensions:
    """What users plug in by name: balancing policies and processes of their own."""

    balancers: Mapping[str, BalancerFactory] = field(default_factory=dict)
    processes: Mapping[str, ProcessFactory] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a world leaves when it has run: facts for the manifest, and the tables."""

    manifest: Manifest
    tables: tuple[Table, ...]
    counts: Counts
    stopped_early: bool
    events: int


class World:
    """A platform in virtual time. Make one with :func:`build`; run it once.

    ``kernel`` is a SimPy environment, so users' own processes run on the same clock;
    ``instances``, ``callers`` and ``sources`` are in the order of the manifest.
    """

    def __init__(
        self, blueprint: Blueprint, seed: int, *, shuffle_ties: bool, extensions: Extensions
    ) -> None:
        check_fits_record(blueprint)
        self.blueprint = blueprint
        self.seed = seed
        self._extensions = extensions
        ties = Stream(seed, "kernel/ties") if shuffle_ties else None
        self.kernel = Kernel(seed=seed, ties=ties)
        self.recorder = Recorder(self.kernel)
        self.power = Power()
        self.network = Network(self.kernel, blueprint.zones, blueprint.links, seed)
        for station in stations_of(blueprint.services, blueprint.sources):
            self.network.stations.join(station)
        self._planner = Planner(blueprint.services, seed)
        self.caches = Caches(self.kernel, streams=self.stream, clocks=self.clock)
        self.queues = MessageQueues(blueprint.queues)
        self.instances_of = self._make_instances()
        self.instances = list(chain.from_iterable(self.instances_of.values()))
        self.databases = open_databases(
            self.kernel,
            self.recorder,
            self.network.view("database"),
            blueprint.services,
            self.instances_of,
            clocks=self.clock,
            streams=self.stream,
        )
        self.wiring = Wiring(
            self.kernel,
            self.recorder,
            self.network,
            edges=blueprint.edges,
            instances_of=self.instances_of,
            streams=self.stream,
            balancers=extensions.balancers,
            databases=self.databases,
        )
        self.wiring.limit_stores = open_limit_stores(
            self.kernel,
            self.network.view("limits"),
            self.power,
            blueprint.edges,
            self.stream,
        )
        self.sources = self._make_sources()
        self.callers = self._make_callers()
        self.discovery = self._make_discovery()
        self.mesh = self._make_mesh()
        self.monitoring = self._make_monitoring()
        self.jobs = self._make_jobs()
        self.lives = self._make_lives()
        self.faults = self._make_faults()

    def stream(self, name: str) -> Stream:
        """The named stream of this world: same seed and name, same draws."""
        return Stream(self.seed, name)

    def clock(self, node: str) -> NodeClock:
        """A clock for a node of that name, as wrong as the blueprint allows."""
        spec = self.blueprint.clocks
        stream = self.stream(f"clock/{node}")
        return NodeClock(
            wall_start_ns=self.blueprint.phases.wall_start_ns,
            offset_ns=stream.below(2 * spec.offset_ns_max + 1) - spec.offset_ns_max,
            drift_ppm=stream.below(2 * spec.drift_ppm_max + 1) - spec.drift_ppm_max,
        )

    def _make_instances(self) -> dict[str, list[Instance]]:
        surroundings = Workshop(
            self.kernel,
            self.stream,
            self.clock,
            self.caches,
            self.queues,
            self._out_of_memory,
            metered_ns=metered_bounds(self.blueprint.monitoring),
            probed=probed_services(self.blueprint.edges),
            gateways={one.service: one for one in self.blueprint.gateways},
            visitors=Visitors(self.blueprint.sources, self.blueprint.phases.wall_start_ns),
            short=services_short_of_slots(self.blueprint.services, self.blueprint.faults),
        )
        return make_instances(surroundings, self.blueprint.services, self.blueprint.machines)

    def _make_sources(self) -> list[Source]:
        numbers = {service: index for index, service in enumerate(self.instances_of)}
        made = [
            self.queues.kind_of(spec)(
                self.kernel,
                self.recorder,
                spec=spec,
                index=index,
                client_index=len(self.instances) + index,
                entries=self._planner.entries(spec),
                service_index=numbers[spec.service],
                streams=self.stream,
            )
            for index, spec in enumerate(self.blueprint.surged_sources)
        ]
        self.queues.open(made, self.clock, self.instances_of)
        return made

    def _make_callers(self) -> list[Caller]:
        callers = [
            Caller(
                index=node.index,
                name=node.name,
                service=node.service,
                zone=node.zone,
                clock=node.clock,
                call_ended=node.call_ended,
            )
            for node in self.instances
        ]
        callers += [
            Caller(
                index=source.client_index,
                name=source.name,
                service=source.name,
                zone=source.zone,
                clock=NodeClock(wall_start_ns=self.blueprint.phases.wall_start_ns),
                call_ended=source.call_ended,
            )
            for source in self.sources
        ]
        for instance, caller in zip(self.instances, callers, strict=False):
            instance.channels = caller.channels
        for source in self.sources:
            source.channels = callers[source.client_index].channels
            callers[source.client_index].rewired = source.aim
        for caller in callers:
            self.wiring.connect(caller, life=1)
        return callers

    def _make_discovery(self) -> Discovery | None:
        config = self.blueprint.discovery
        if config is None:
            for caller in self.callers:
                self.wiring.connect_all(caller)
            return None
        around = Surroundings(
            self.kernel, self.recorder, self.network.view("discovery"), config, self.stream
        )
        return Discovery(
            around,
            self.power,
            self.wiring,
            instances=self.instances,
            callers=self.callers,
            clock=self.clock("registry"),
        )

    def _make_mesh(self) -> Mesh | None:
        plan = self.blueprint.mesh
        if plan is None:
            return None
        around = MeshSurroundings(
            self.kernel, self.recorder, self.network.view("mesh"), self.power, self.stream
        )
        return Mesh(
            around,
            plan,
            self.wiring,
            callers=self.callers,
            instances=self.instances,
            clock=self.clock("control-plane"),
            balancers=self._extensions.balancers,
        )

    def _registry(self) -> RegistryServer | None:
        return None if self.discovery is None else self.discovery.server

    def _make_monitoring(self) -> Monitoring | None:
        config = self.blueprint.monitoring
        if config is None:
            return None
        around = MonitoringSurroundings(
            self.kernel,
            self.recorder,
            self.network.view("monitoring"),
            self.power,
            self.stream,
        )
        return Monitoring(
            around,
            config,
            instances=self.instances,
            sources=self.sources,
            registry=self._registry(),
            clock=self.clock("monitoring"),
            alertmanager_clock=self.clock("alertmanager"),
            services=self.blueprint.services,
        )

    def _make_jobs(self) -> Jobs | None:
        config = self.blueprint.scheduler
        if config is None:
            return None
        around = JobsSurroundings(
            self.kernel,
            self.recorder,
            self.network.view("jobs"),
            self.power,
            self.stream,
            self.clock,
            self.blueprint.phases.wall_start_ns,
        )
        return Jobs(around, config, self.blueprint.jobs)

    def _out_of_memory(self, instance: Instance) -> None:
        self.crash(instance, Condition.CRASHED, "out of memory")
        self.restart(instance)

    def _make_lives(self) -> Lives:
        return Lives(
            self.kernel,
            self.recorder,
            self.wiring,
            self.callers,
            discovery=self.discovery,
            monitoring=self.monitoring,
            jobs=self.jobs,
            mesh=self.mesh,
        )

    def _make_faults(self) -> FaultExecutor:
        scene = Scene(
            self.kernel,
            self.network,
            self.power,
            self.lives,
            self.instances,
            nodes=() if self.jobs is None else self.jobs.nodes(),
            registry=self._registry(),
            streams=self.stream,
            sources=tuple(zip(self.sources, self.blueprint.sources, strict=True)),
        )
        return FaultExecutor(scene, self.recorder)

    def crash(self, instance: Instance, condition: Condition, cause: str = "") -> None:
        """Kill an instance's process; DARK also silences its host."""
        self.lives.crash(instance, condition, cause)

    def restart(self, instance: Instance) -> None:
        """Start the process again; it serves after the service's start-up time."""
        self.lives.restart(instance)

    def run(self, *, after_batch: Callable[[], bool] | None = None) -> Outcome:
        """Run all phases, then let the work drain and check every law.

        ``after_batch`` is asked now and then whether to go on; see :meth:`Kernel.advance`.

        Raises:
            InvariantViolation: a law was broken.
            SimulationError: a process crashed.
        """
        plan = self.blueprint.phases
        stores = self.caches.places, self.queues.sources, self.databases
        for sampler in samplers(self.recorder, self.instances_of, *stores, self.mesh):
            observe(self.kernel, self.blueprint.sample_interval_ns, sampler.look)
        self._arm_faults()
        if self.mesh is not None:
            self.mesh.arm(plan.warm_up_ns)
        for source in self.sources:
            source.start()
        self._start_processes()
        with rarer_collection():
            reached_end = self.kernel.advance(
                plan.end_ns,
                after_batch=after_batch,
                batch=min(BATCH, self.blueprint.limits.events),
            )
        return self._finish(stopped_early=not reached_end)

    def _arm_faults(self) -> None:
        phases, plan, config = (
            self.blueprint.phases,
            self.blueprint.faults,
            self.blueprint.experiment,
        )
        self.faults.arm(plan, phases.warm_up_ns)
        if config is not None:
            experiment = Experiment(
                self.kernel,
                self.recorder,
                config,
                self.faults,
                sources=self.sources,
                instances_of=self.instances_of,
            )
            first_ns = min((fault.at_ns for fault in plan), default=0)
            experiment.arm(phases.warm_up_ns + first_ns, phases.end_ns)

    def _start_processes(self) -> None:
        for plugin in self.blueprint.processes:
            script = self._extensions.processes[plugin.name](self, dict(plugin.options))
            self.kernel.supervise(plugin.name, script)

    def _finish(self, *, stopped_early: bool) -> Outcome:
        check_slots(self.instances, self.kernel.now)
        events = self.kernel.events
        self._record_what_is_open()
        tables = self.recorder.close()
        requests, attempts = tables[0], tables[1]
        offered, sent = next(self.recorder.request_ids), next(self.recorder.attempt_ids)
        check_conservation(requests, attempts, offered, sent)
        check_messages(self.queues.by_name())
        if not stopped_early:
            self._drain()
        manifest = manifest_of(
            self.blueprint,
            seed=self.seed,
            shuffle_ties=self.kernel.shuffles_ties,
            call_nodes=tuple(self._planner.nodes),
            series=self.recorder.series(),
        )
        return Outcome(manifest, tables, count_requests(requests), stopped_early, events)

    def _record_what_is_open(self) -> None:
        for caller in self.callers:
            for channel in caller.channels.values():
                channel.record_outstanding()
        for source in self.sources:
            for request in source.open_requests.values():
                self.recorder.record_open_request(request)
        if self.jobs is not None:
            self.jobs.close()

    def _drain(self) -> None:
        for source in self.sources:
            source.stop()
        for instance in self.instances:
            if instance.standstill is not None:
                instance.standstill.end()
        limit = self.kernel.now + DRAIN_NS
        while self.kernel.now < limit and any(instance.jobs for instance in self.instances):
            self.kernel.advance(min(self.kernel.now + NS_PER_S, limit))
        check_slots(self.instances, self.kernel.now)
        check_drained(self.instances, self.kernel.agenda, self.kernel.now)


def build(
    blueprint: Blueprint,
    seed: int,
    *,
    shuffle_ties: bool = False,
    extensions: Extensions | None = None,
) -> World:
    """Make the world of a blueprint. Equal arguments make worlds that run alike, byte for byte.

    Raises:
        ConfigError: the blueprint names something that does not exist, or is larger than a
            record can hold.
    """
    return World(blueprint, seed, shuffle_ties=shuffle_ties, extensions=extensions or Extensions())
