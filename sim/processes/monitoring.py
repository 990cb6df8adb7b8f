"""Monitoring: scrapes, rule evaluations and pages, from one node or with Alertmanager on its own.

While its zone is dark a node does none of them. Its disk survives: samples, the state of alerts
and what the receiver has been told are as it left them, so an alert that was pending is as old as
if there had been no outage. Scrapes and answers under way are lost.
"""

from collections.abc import Iterator, Sequence

from models.alerting.config import MonitoringConfig
from models.base.errors import ConfigError
from models.base.time import TimeNs
from models.service.spec import ServiceSpec
from models.telemetry.series import SeriesStore
from sim.kernel.clocks import NodeClock
from sim.nodes.instance import Instance
from sim.nodes.power import Power
from sim.nodes.source import Source
from sim.nodes.stores.messages import MessageSource
from sim.processes.alert_loop import RuleLoop, road
from sim.processes.alertmanager import NODE as ALERTMANAGER
from sim.processes.alertmanager import Pager
from sim.processes.metrics_pages import IngressPage, InstancePage, QueuePage, RegistryPage
from sim.processes.monitoring_node import CivilNode, MonitoringNode, MonitoringSurroundings
from sim.processes.presenting import presented
from sim.processes.registry_server import RegistryServer
from sim.processes.scraping import Page, ScrapeLoop


class Monitoring:
    """All loops of monitoring, and what the world tells them about power.

    Targets are the instances, the client nodes of the load sources, and the registry if there is
    one. ``clock`` is the monitoring node's, and also Alertmanager's where that stands alone and is
    given none. ``services`` are the plans that the instances follow.

    Raises:
        ConfigError: an interval is not positive, or a scrape may outlast its interval.
        ExpressionError: the expression of a rule is not supported.
    """

    def __init__(
        self,
        around: MonitoringSurroundings,
        config: MonitoringConfig,
        *,
        instances: Sequence[Instance],
        sources: Sequence[Source],
        registry: RegistryServer | None,
        clock: NodeClock,
        alertmanager_clock: NodeClock | None = None,
        services: Sequence[ServiceSpec] = (),
    ) -> None:
        _check(config)
        self._node = MonitoringNode(around, config, clock)
        names = dict.fromkeys(instance.service for instance in instances)
        pages: list[Page] = [InstancePage(instance) for instance in instances]
        pages += [_page_of(source, around.power) for source in sources]
        if registry is not None:
            pages.append(RegistryPage(registry, names))
        if config.presentations:
            pages = presented(pages, config.presentations, self._node, services)
        self._scrapes = [ScrapeLoop(self._node, page) for page in pages]
        self._pager_node: CivilNode = self._node
        if config.alertmanager_zone is not None:
            self._pager_node = CivilNode(
                around, ALERTMANAGER, config.alertmanager_zone, alertmanager_clock or clock
            )
        self._pager = Pager(self._pager_node, config)
        post = road(self._node, self._pager, self._pager_node)
        self._rules = [RuleLoop(self._node, post, group) for group in config.groups]
        for zone in dict.fromkeys((self._node.zone, self._pager_node.zone)):
            for loop in self._loops_in(zone):
                loop.start()

    @property
    def store(self) -> SeriesStore:
        """What monitoring has measured. Only to be read."""
        return self._node.store

    @property
    def now(self) -> TimeNs:
        """Civil time on monitoring's node, by which the store is stamped."""
        return self._node.now

    def zone_lost(self, zone: str) -> None:
        """A zone has gone dark; monitoring may have been in it."""
        for loop in self._loops_in(zone):
            loop.power_lost()

    def zone_restored(self, zone: str) -> None:
        """A zone has power again."""
        if self._node.around.power.is_on(zone):
            for loop in self._loops_in(zone):
                loop.power_restored()

    def _loops_in(self, zone: str) -> Iterator[ScrapeLoop | RuleLoop | Pager]:
        if zone == self._node.zone:
            yield from self._scrapes
            yield from self._rules
        if zone == self._pager_node.zone:
            yield self._pager


def _page_of(source: Source, power: Power) -> Page:
    return QueuePage(source) if isinstance(source, MessageSource) else IngressPage(source, power)


def _check(config: MonitoringConfig) -> None:
    if not 0 < config.scrape_timeout_ns <= config.scrape_interval_ns:
        raise ConfigError("a scrape must end before the next: 0 < timeout <= interval")
    if config.evaluation_interval_ns <= 0 or config.lookback_ns <= 0:
        raise ConfigError("evaluation interval and lookback must be positive")
