"""Small worlds with monitoring, and what they leave, in words that tests read easily."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.alerting.config import (
    AlertRuleConfig,
    MonitoringConfig,
    RuleGroupConfig,
)
from models.alerting.routing.settings import single_route
from models.base.distributions import Deterministic
from models.discovery.config import DiscoveryConfig
from models.faults.plan import Fault
from models.service.spec import ServiceSpec
from sim.processes.monitoring import Monitoring
from sim.processes.monitoring_node import MonitoringSurroundings
from sim.world import World, build
from tests.sim.worlds import MS, S, blueprint, edge, service


def rule(name: str, expression: str, *, for_s: float = 0) -> AlertRuleConfig:
    return AlertRuleConfig(name, expression, for_ns=round(for_s * S))


def monitoring(*rules: AlertRuleConfig, zone: str = "c", **changes: Any) -> MonitoringConfig:
    """Scrapes and evaluates every second, pages one second after an alert, follows up after 10."""
    settings: dict[str, Any] = {
        "scrape_interval_ns": S,
        "scrape_timeout_ns": 500 * MS,
        "evaluation_interval_ns": S,
        "groups": (RuleGroupConfig("rules", rules),) if rules else (),
        "alertmanager": single_route(group_wait_ns=S, group_interval_ns=10 * S),
    }
    return MonitoringConfig(zone, **{**settings, **changes})


@dataclass
class Left:
    """What a run has left. Instants are seconds."""

    world: World
    tables: tuple[Any, ...]
    series: tuple[Any, ...]

    def alerts(self) -> list[tuple[float, str, str, dict[str, str]]]:
        return [
            (time_ns / S, name, state, json.loads(labels))
            for time_ns, name, state, labels, _ in self.tables[4].rows()
        ]

    def states(self, instance: str) -> list[str]:
        """The moves of the alerts of one instance."""
        return [state for _, _, state, labels in self.alerts() if labels["instance"] == instance]

    def events(self, kind: str) -> list[tuple[float, str, dict[str, Any]]]:
        return [
            (time_ns / S, subject, json.loads(detail))
            for time_ns, found, subject, detail in self.tables[3].rows()
            if found == kind
        ]

    def pages(self) -> list[tuple[float, str, dict[str, Any]]]:
        return self.events("page_sent")

    def logs(self) -> list[str]:
        return [message for _, _, _, message in self.tables[5].rows()]

    def samples(self, name: str, **labels: str) -> list[tuple[float, float]]:
        """All samples of the series of that name that have at least these labels."""
        numbers = [
            number
            for number, one in enumerate(self.series)
            if one.name == name and labels.items() <= dict(one.labels).items()
        ]
        return [
            (time_ns / S, value)
            for series, time_ns, value in self.tables[2].rows()
            if series in numbers
        ]


def attach(world: World, config: MonitoringConfig) -> Monitoring:
    """Give a world monitoring, and tell it of power."""
    made = Monitoring(
        MonitoringSurroundings(
            world.kernel, world.recorder, world.network, world.power, world.stream
        ),
        config,
        instances=world.instances,
        sources=world.sources,
        registry=None if world.discovery is None else world.discovery.server,
        clock=world.clock("monitoring"),
    )
    lost, restored = world.lives.zone_lost, world.lives.zone_restored

    def zone_lost(zone: str) -> None:
        lost(zone)
        made.zone_lost(zone)

    def zone_restored(zone: str) -> None:
        restored(zone)
        made.zone_restored(zone)

    world.lives.zone_lost = zone_lost  # type: ignore[method-assign]
    world.lives.zone_restored = zone_restored  # type: ignore[method-assign]
    return made


def shop(count: int = 3, **changes: Any) -> ServiceSpec:
    return service("shop", count=count, slots=20, work=Deterministic(5 * MS), **changes)


def run(
    config: MonitoringConfig | None,
    *,
    faults: Sequence[Fault] = (),
    count: int = 3,
    seconds: int = 40,
    rate_per_s: float = 50,
    seed: int = 1,
    shuffle_ties: bool = False,
    discovery: DiscoveryConfig | None = None,
) -> Left:
    """Run a shop of one service, its copies in zones a, b and c in turn."""
    plan = blueprint(
        [shop(count)],
        [edge("users", "shop", timeout_ns=200 * MS)] if rate_per_s else [],
        rate_per_s=rate_per_s,
        seconds=seconds,
        faults=faults,
        discovery=discovery,
    )
    world = build(plan, seed, shuffle_ties=shuffle_ties)
    if config is not None:
        attach(world, config)
    outcome = world.run()
    return Left(world, outcome.tables, outcome.manifest.series)
