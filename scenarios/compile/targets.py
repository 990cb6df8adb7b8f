"""Whom a fault names, checked against who is there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.faults.exhaustion import Resource
from models.faults.selection import matches
from models.faults.selector import Region, Selector
from models.faults.surge import has_rate
from models.scheduling.config import SchedulerConfig
from models.service.queueing import Discipline
from models.service.spec import ServiceSpec
from models.service.traffic import SourceSpec
from models.traffic.config import EdgeConfig
from scenarios.compile.findings import Findings, unknown_name
from scenarios.document.selectors import SelectorDoc
from scenarios.source.marks import KeyPath
from scenarios.source.problems import quoted
from sim.blueprint import GatewaySpec

_TAKES = {
    Resource.CPU: "'cores'",
    Resource.MEMORY: "'memory'",
    Resource.DISK: "a 'disk'",
    Resource.CONNECTIONS: "a 'pool' on an edge from it",
    Resource.SLOTS: "'slots'",
}


@dataclass(frozen=True, slots=True)
class Placed:
    """Something that a fault can hit: a service's copy, or a node of the control plane."""

    name: str
    service: str
    zone: str
    labels: tuple[tuple[str, str], ...] = ()


class Targets:
    """Resolves selectors against the services, zones and regions there are."""

    def __init__(
        self,
        zones: tuple[str, ...],
        regions: Sequence[Region],
        placed: Sequence[Placed],
        findings: Findings,
    ) -> None:
        self.zones = zones
        self.findings = findings
        self._regions = {region.name: region for region in regions}
        self._placed = placed
        self._services = tuple(dict.fromkeys(target.service for target in placed))

    def has_service(self, name: str) -> bool:
        """Whether anybody of that service is there."""
        return name in self._services

    def select(self, doc: SelectorDoc, path: KeyPath) -> Selector:
        """The selector as data; names that do not exist are reported."""
        selector = Selector(
            doc.service,
            doc.instance,
            doc.zone,
            doc.count,
            doc.share,
            None if doc.region is None else self._regions.get(doc.region),
            tuple((doc.labels or {}).items()),
        )
        if self._names_exist(doc, path):
            self._check_number(selector, path)
        return selector

    def _names_exist(self, doc: SelectorDoc, path: KeyPath) -> bool:
        named = (
            ("service", doc.service, self._services),
            ("instance", doc.instance, tuple(target.name for target in self._placed)),
            ("zone", doc.zone, self.zones),
            ("region", doc.region, tuple(self._regions)),
        )
        if all(name is None for _, name, _ in named) and not doc.labels:
            self.findings.at_key(path, "say what is hit: service, instance, zone, region or labels")
            return False
        is_known = True
        for what, name, known in named:
            if name is not None and name not in known:
                self.findings.unknown((*path, what), what, name, known)
                is_known = False
        return self._labels_exist(doc.labels or {}, (*path, "labels")) and is_known

    def _labels_exist(self, labels: Mapping[str, str], path: KeyPath) -> bool:
        known: dict[str, list[str]] = {}
        for target in self._placed:
            for name, value in target.labels:
                known.setdefault(name, []).append(value)
        is_known = True
        for name, value in labels.items():
            if name not in known:
                self.findings.at_key((*path, name), unknown_name("label", name, known))
                is_known = False
            elif value not in known[name]:
                self.findings.unknown((*path, name), f"value of label {name}", value, known[name])
                is_known = False
        return is_known

    def _check_number(self, selector: Selector, path: KeyPath) -> None:
        number = sum(matches(selector, target) for target in self._placed)
        if number == 0:
            self.findings.at_key(path, "no instance is all of this at once")
        elif selector.count is not None and selector.share is not None:
            self.findings.at_key((*path, "share"), "give either count or share")
        elif selector.count is not None and selector.count > number:
            self.findings.at_value(
                (*path, "count"), f"only {number} instances match, not {quoted(selector.count)}"
            )


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everybody whom a fault can name: for each kind of fault those whom it can hit.

    ``loads`` are the sources of the file by name, None where one could not be made out.
    ``others`` send messages besides services and job scheduling.
    """

    zones: tuple[str, ...]
    regions: Sequence[Region]
    services: Sequence[ServiceSpec]
    loads: Mapping[str, SourceSpec | None]
    edges: Sequence[EdgeConfig]
    gateways: Sequence[GatewaySpec]
    scheduler: SchedulerConfig | None
    others: Sequence[Placed]
    findings: Findings

    def zone(self, name: str, path: KeyPath) -> str:
        """A zone's name, checked."""
        if name not in self.zones:
            self.findings.unknown((*path, "zone"), "zone", name, self.zones)
        return name

    def region(self, name: str, path: KeyPath) -> Region:
        """A region, checked."""
        known = {region.name: region for region in self.regions}
        if name not in known:
            self.findings.unknown((*path, "region"), "region", name, known)
        return known.get(name, Region(name, ()))

    def service(self, name: str, path: KeyPath) -> str:
        """A service's name, checked."""
        known = [service.name for service in self.services]
        if name not in known:
            self.findings.unknown((*path, "service"), "service", name, known)
        return name

    def rated_source(self, name: str, path: KeyPath) -> str:
        """The name of a source whose arrivals are a rate, checked."""
        where: KeyPath = (*path, "source")
        source = self.loads.get(name)
        if name not in self.loads:
            self.findings.unknown(where, "source", name, self.loads)
        elif source is not None and source.users is not None:
            self.findings.at_value(
                where, f"{quoted(name)} are users who wait for answers; they have no rate"
            )
        elif source is not None and not has_rate(source):
            self.findings.at_value(
                where,
                f"the arrivals of {quoted(name)} are no rate; give it rate, steps, ramp, spike,"
                " diurnal or profile",
            )
        return name

    def check_no_database(self, whom: Selector, path: KeyPath) -> None:
        """Logs of databases cannot be lost."""
        databases = [service for service in self.services if service.replication is not None]
        for node in _copies(databases):
            if matches(whom, node):
                self.findings.at_value(
                    path, f"{quoted(node.service)} is a database; its log outlives every crash"
                )
                return

    def instances(self) -> Targets:
        """Copies of services."""
        return self._among(_copies(self.services))

    def processes(self) -> Targets:
        """Copies of services, and the job scheduler's nodes as `scheduler` and `executor`."""
        return self._among([*_copies(self.services), *_nodes(self.scheduler)])

    def having(self, what: Resource, doc: SelectorDoc, path: KeyPath) -> Targets:
        """Copies of services that have some of what can run out."""
        able = [service for service in self.services if self._has(service, what)]
        is_known = doc.service in [service.name for service in self.services]
        lacks = is_known and doc.service not in [service.name for service in able]
        if lacks or not able:
            whose = quoted(doc.service) if doc.service else "no service"
            self.findings.at_value(
                (*path, "what"),
                f"{whose} has {'no ' if lacks else ''}{what.value} to run out of;"
                f" that takes {_TAKES[what]}",
            )
            return self.instances()
        return self._among(_copies(able)) if is_known or not doc.service else self.instances()

    def _has(self, service: ServiceSpec, what: Resource) -> bool:
        resources = service.resources
        match what:
            case Resource.SLOTS:
                return True
            case Resource.CPU:
                is_shared = service.queue.discipline is Discipline.PROCESSOR_SHARING
                return is_shared or resources.millicores is not None
            case Resource.MEMORY:
                return resources.memory is not None
            case Resource.DISK:
                return resources.disk is not None
            case Resource.CONNECTIONS:
                return any(
                    edge.caller == service.name and edge.pool is not None for edge in self.edges
                )

    def watchers(self, path: KeyPath) -> Targets:
        """Who reads a wall clock: nodes of the job scheduler, and gateways, for ends of tokens."""
        guarded = {gateway.service for gateway in self.gateways}
        if self.scheduler is None and not guarded:
            self.findings.at_key(
                path, "nobody reads a wall clock: there is no 'scheduler' and no 'gateway'"
            )
        nodes = [one for one in _nodes(self.scheduler) if one.service == "scheduler"]
        return self._among([*_copies(one for one in self.services if one.name in guarded), *nodes])

    def cached(self) -> Targets:
        """Copies of services that answer from a cache."""
        return self._among(
            _copies(
                service
                for service in self.services
                if any(endpoint.cache is not None for endpoint in service.endpoints)
            )
        )

    def stations(self) -> Targets:
        """All that send messages."""
        return self._among(
            [
                *_copies(self.services),
                *self.others,
                *_nodes(self.scheduler),
                *_stores(self.scheduler),
            ]
        )

    def _among(self, placed: Sequence[Placed]) -> Targets:
        return Targets(self.zones, self.regions, placed, self.findings)


def _copies(services: Iterable[ServiceSpec]) -> list[Placed]:
    return [
        Placed(instance.name, service.name, instance.zone, instance.labels)
        for service in services
        for instance in service.instances
    ]


def _nodes(scheduler: SchedulerConfig | None) -> list[Placed]:
    if scheduler is None:
        return []
    nodes = [Placed(name, "scheduler", zone) for name, zone in scheduler.nodes]
    return nodes + [
        Placed(executor.name, "executor", executor.zone) for executor in scheduler.executors
    ]


def _stores(scheduler: SchedulerConfig | None) -> list[Placed]:
    if scheduler is None:
        return []
    zone = scheduler.lock.zone
    return [Placed("server", "lock", zone), Placed("store", "runs", zone)]
