"""Metrics pages that also speak the language of another system's exporter.

A sidecar's metrics stand on the page of its instance. An exporter of hosts has a page of its own
on every host, which answers while the host has power, whatever its processes do. An exporter of
the whole cluster has one page, in the zone of monitoring.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from models.alerting.config import MonitoringConfig
from models.base.outcome import Outcome
from models.base.time import NS_PER_S, DurationNs, seconds
from models.service.spec import ServiceSpec
from models.telemetry.labels import METRIC_NAME, label_set, label_value, without_metric_name
from models.telemetry.presenting.bounds import Spread
from models.telemetry.presenting.facts import RESPONSE_DURATION, RESPONSES
from models.telemetry.presenting.presentation import (
    NAMESPACE,
    Fact,
    Presentation,
    Target,
    bounds_of,
    present,
)
from models.telemetry.series import VectorSample
from sim.network.stations import Station
from sim.nodes.condition import Condition
from sim.nodes.instance import Instance
from sim.nodes.metered import Answers, Metered
from sim.processes.metrics_pages import InstancePage
from sim.processes.monitoring_node import MonitoringNode
from sim.processes.scraping import Page

_MILLI = 1000

_CODES: Mapping[Outcome, str] = {
    Outcome.OK: "200",
    Outcome.FALLBACK: "200",
    Outcome.ERROR: "500",
    Outcome.LIMITED: "429",
    Outcome.EXPIRED: "504",
    Outcome.BAD_REQUEST: "400",
    Outcome.UNAUTHENTICATED: "401",
    Outcome.FORBIDDEN: "403",
    Outcome.NO_ROUTE: "404",
}
_UNAVAILABLE = "503"
"""What a proxy answers for a server that is full, gone or broke off."""


def response_code(outcome: Outcome) -> str:
    """The HTTP status with which a proxy would have answered."""
    return _CODES.get(outcome, _UNAVAILABLE)


def metered_bounds(config: MonitoringConfig | None) -> tuple[DurationNs, ...] | None:
    """At which durations answers have to be counted; None when nobody wants to know."""
    if config is None or not config.presentations:
        return None
    return tuple(round(bound * NS_PER_S) for bound in bounds_of(config.presentations))


def presented(
    pages: Sequence[Page],
    presentations: Sequence[Presentation],
    node: MonitoringNode,
    services: Sequence[ServiceSpec],
) -> list[Page]:
    """The pages, those of instances in all their languages, and the pages of other exporters."""
    on_instances = [one for one in presentations if one.target is Target.INSTANCE]
    bounds_s = bounds_of(presentations)
    servers = [page for page in pages if isinstance(page, InstancePage)]
    names = [*(page.instance.service for page in servers), *_clients(pages, servers)]
    cores = {spec.name: spec.resources.millicores for spec in services}
    whole: list[Page] = [
        SidecarPage(page, on_instances, names, bounds_s)
        if on_instances and isinstance(page, InstancePage)
        else page
        for page in pages
    ]
    for one in presentations:
        if one.target is Target.HOST:
            whole += [
                HostPage(page, one, cores.get(page.instance.service), node) for page in servers
            ]
        elif one.target is Target.CLUSTER:
            whole.append(ClusterPage([page.instance for page in servers], one, node))
    return whole


def _clients(pages: Sequence[Page], servers: Sequence[InstancePage]) -> Iterator[str]:
    """Names of the load sources, which follow the instances in the manifest."""
    rest = [page for page in pages if page not in servers]
    for page in sorted(rest, key=lambda page: page.station):
        yield label_value(page.labels, "instance")


def _words(instance: Instance) -> dict[str, str]:
    return {
        "instance": instance.name,
        "service": instance.service,
        "zone": instance.zone,
        "namespace": NAMESPACE,
    }


def _native(samples: Iterable[VectorSample]) -> Iterator[Fact]:
    for sample in samples:
        labels = sample.labels
        yield Fact(
            label_value(labels, METRIC_NAME), dict(without_metric_name(labels)), sample.value
        )


class SidecarPage:
    """An instance's page with what a proxy beside it would add."""

    def __init__(
        self,
        page: InstancePage,
        presentations: Sequence[Presentation],
        callers: Sequence[str],
        bounds_s: tuple[float, ...],
    ) -> None:
        self._page = page
        self._presentations = presentations
        self._callers = callers
        self._bounds_s = bounds_s
        self.zone = page.zone
        self.station = page.station
        self.labels = page.labels

    @property
    def is_listening(self) -> bool:
        """True while the process listens."""
        return self._page.is_listening

    def transit_ns(self) -> DurationNs:
        """What a fault adds to the way of one message."""
        return self._page.transit_ns()

    def show(self) -> tuple[VectorSample, ...]:
        """The native metrics, then those of each presentation."""
        samples = self._page.show()
        facts = [*_native(samples), *self._answers()]
        facts.append(Fact("slots", {}, self._page.instance.slots))
        words = _words(self._page.instance)
        for presentation in self._presentations:
            samples += present(presentation, facts, words)
        return samples

    def _answers(self) -> Iterator[Fact]:
        instance = self._page.instance
        assert isinstance(instance, Metered)
        for caller, outcome, answers in instance.meter.read():
            code = response_code(outcome)
            words = {
                "code": code,
                "code_class": f"{code[0]}xx",
                "caller": self._callers[caller],
            }
            spread = self._spread(answers)
            yield Fact(RESPONSES, words, spread.count)
            yield Fact(RESPONSE_DURATION, words, spread=spread)

    def _spread(self, answers: Answers) -> Spread:
        return Spread(self._bounds_s, tuple(answers.counts), seconds(answers.total_ns))


class HostPage:
    """An exporter on the host of one instance. Work is added up from one look to the next."""

    def __init__(
        self,
        page: InstancePage,
        presentation: Presentation,
        millicores: int | None,
        node: MonitoringNode,
    ) -> None:
        self._instance = page.instance
        self._presentation = presentation
        self._cores = None if millicores is None else millicores / _MILLI
        self._node = node
        self._looked_ns = node.now
        self._busy_s = self._idle_s = 0.0
        self.zone = page.zone
        self.station = page.station
        job = presentation.job or presentation.name
        self.labels = label_set({"job": job, "instance": page.instance.name, "zone": self.zone})

    @property
    def is_listening(self) -> bool:
        """True while the host has power."""
        return self._instance.condition is not Condition.DARK

    def transit_ns(self) -> DurationNs:
        """Nothing is added on the way to a host."""
        return 0

    def show(self) -> tuple[VectorSample, ...]:
        """The host as it stands."""
        gauges = dict(self._instance.gauges())
        facts = [Fact(name, {}, value) for name, value in gauges.items()]
        if self._cores is not None:
            self._work(gauges.get("process_cpu_cores_busy", 0.0), self._cores)
            facts.append(Fact("cpu_busy_seconds_total", {}, self._busy_s))
            facts.append(Fact("cpu_idle_seconds_total", {}, self._idle_s))
        return present(self._presentation, facts, _words(self._instance))

    def _work(self, busy_cores: float, cores: float) -> None:
        now = self._node.now
        since_s = seconds(now - self._looked_ns)
        self._busy_s += busy_cores * since_s
        self._idle_s += max(0.0, cores - busy_cores) * since_s
        self._looked_ns = now


class ClusterPage:
    """An exporter that speaks of every instance and service, from the zone of monitoring."""

    def __init__(
        self, instances: Sequence[Instance], presentation: Presentation, node: MonitoringNode
    ) -> None:
        self._instances = instances
        self._presentation = presentation
        self._power = node.around.power
        self.zone = node.zone
        name = presentation.job or presentation.name
        stations = node.around.network.stations
        self.station = stations.join(Station(name, name, node.zone))
        self.labels = label_set({"job": name, "instance": name, "zone": node.zone})

    @property
    def is_listening(self) -> bool:
        """True while its zone has power."""
        return self._power.is_on(self.zone)

    def transit_ns(self) -> DurationNs:
        """Nothing is added on the way."""
        return 0

    def show(self) -> tuple[VectorSample, ...]:
        """Services, their instances and the hosts as they stand."""
        return present(
            self._presentation, [*self._services(), *self._copies()], {"namespace": NAMESPACE}
        )

    def _services(self) -> Iterator[Fact]:
        for service in dict.fromkeys(one.service for one in self._instances):
            copies = [one for one in self._instances if one.service == service]
            words = {"service": service}
            yield Fact("service_instances", words, len(copies))
            yield Fact("service_instances_available", words, sum(one.is_up for one in copies))

    def _copies(self) -> Iterator[Fact]:
        for one in self._instances:
            words = _words(one)
            has_power = one.condition is not Condition.DARK
            yield Fact("instance", words, 1.0)
            yield Fact("instance_available", words, float(one.is_up))
            yield Fact("instance_unavailable", words, float(not one.is_up))
            yield Fact("instance_restarts_total", words, one.incarnation - 1)
            yield Fact("host_up", words, float(has_power))
            yield Fact("host_down", words, float(not has_power))
