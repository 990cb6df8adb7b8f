"""Alert rules in time: evaluated on the monitoring node, their alerts passed on.

To an Alertmanager on the same node they go without a message. One on a node of its own is sent
each evaluation's alerts in a message; one that is lost is not sent again, but what still fires is
sent anew after the resend delay.
"""

from collections.abc import Callable
from typing import TypeAlias

from models.alerting.alert import ALERT_NAME, Alert
from models.alerting.config import RuleGroupConfig
from models.alerting.rule_group import GroupEvaluation, RuleGroup
from models.faults.network import Carried
from models.telemetry.labels import label_value
from sim.kernel.driver import Driver
from sim.kernel.ties import RULES
from sim.processes.alertmanager import Pager
from sim.processes.monitoring_node import CivilNode, MonitoringNode

Post: TypeAlias = Callable[[tuple[Alert, ...]], None]
"""Passes alerts on to Alertmanager."""


def road(node: MonitoringNode, pager: Pager, place: CivilNode) -> Post:
    """The way from the rules on ``node`` to the Alertmanager that is at ``place``."""
    if place is node:
        return pager.receive

    def post(alerts: tuple[Alert, ...]) -> None:
        if alerts:
            node.around.network.send(
                node.zone,
                place.zone,
                pager.receive,
                alerts,
                ends=(node.station, place.station),
                carried=Carried.ALERTS,
            )

    return post


class RuleLoop:
    """Evaluates one rule group, writes down its moves and passes its alerts on."""

    def __init__(self, node: MonitoringNode, post: Post, config: RuleGroupConfig) -> None:
        self._node = node
        self._post = post
        interval_ns = config.interval_ns or node.config.evaluation_interval_ns
        self._group = RuleGroup(
            config,
            node.config,
            node.store,
            start_ns=node.first_turn(f"rules/{config.name}", interval_ns),
        )
        self._driver: Driver[GroupEvaluation | None] = Driver(
            node.around.kernel, node.clock, self._group, tie_class=RULES, deliver=self._publish
        )

    def start(self) -> None:
        """Begin to evaluate."""
        self._driver.start()

    def power_lost(self) -> None:
        """Stop; what the rules knew is on disk."""
        self._driver.stop()

    def power_restored(self) -> None:
        """Go on."""
        self._driver.start()

    def _publish(self, evaluation: GroupEvaluation | None) -> None:
        if evaluation is None:
            return
        for move in evaluation.transitions:
            self._node.around.recorder.alert(
                label_value(move.labels, ALERT_NAME), move.state.value, move.labels, move.value
            )
        for error in evaluation.errors:
            self._node.warn(error)
        self._post(evaluation.alerts)
