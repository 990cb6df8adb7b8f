"""Alert rules and notifications in time.

Rules are evaluated on the monitoring node; their alerts reach Alertmanager there without a
message. Pages leave for a receiver outside every zone, and only its answer makes them told: what
is news, what is repeated and what counts as failed is decided in ``models.alerting``.
"""

from dataclasses import dataclass

from models.alerting.alert import ALERT_NAME, Alert
from models.alerting.config import RuleGroupConfig
from models.alerting.routing.delivery import Send
from models.alerting.routing.dispatcher import Dispatcher
from models.alerting.routing.muting import Muted
from models.alerting.rule_group import GroupEvaluation, RuleGroup
from models.base.time import NS_PER_S
from models.faults.network import Carried
from models.records.events import EventKind, JsonValue
from models.telemetry.labels import label_value, series_text
from sim.kernel.driver import Driver
from sim.kernel.environment import Timer
from sim.kernel.ties import NOTIFY, RULES
from sim.network.links import OUTSIDE
from sim.processes.monitoring_node import MonitoringNode

ANSWER_TIMEOUT_NS = 10 * NS_PER_S
"""How long the receiver's answer is awaited before the page has failed."""


@dataclass(frozen=True, slots=True)
class _Posted:
    send: Send
    timeout: Timer


class Pager:
    """Alertmanager, and the way of its pages to the receivers and of the answers back."""

    def __init__(self, node: MonitoringNode) -> None:
        self._node = node
        self._dispatcher = Dispatcher(node.config.alertmanager)
        self._posted: dict[int, _Posted] = {}
        self._ends = (node.station, node.around.network.stations.whole(OUTSIDE))
        self._driver: Driver[tuple[Send | Muted, ...]] = Driver(
            node.around.kernel, node.clock, self._dispatcher, tie_class=NOTIFY, deliver=self._act
        )

    def start(self) -> None:
        """Begin to notify."""
        self._driver.start()

    def power_lost(self) -> None:
        """Stop; nobody hears the answers to pages under way."""
        self._driver.stop()
        for posted in self._posted.values():
            posted.timeout.cancel()

    def power_restored(self) -> None:
        """Take the pages that were under way as failed, and go on."""
        for send_id in list(self._posted):
            self._unanswered(send_id)
        self._driver.start()

    def receive(self, alerts: tuple[Alert, ...]) -> None:
        """Take alerts from a rule group."""
        for complaint in self._dispatcher.receive(alerts, now=self._node.now):
            self._node.warn(complaint)
        self._driver.poke()

    def _act(self, actions: tuple[Send | Muted, ...]) -> None:
        for action in actions:
            if isinstance(action, Muted):
                self._node.around.recorder.event(
                    EventKind.PAGE_MUTED, action.receiver, muted_detail(action)
                )
            else:
                self._post(action)

    def _post(self, send: Send) -> None:
        around, clock = self._node.around, self._node.clock
        give_up = clock.true_at(self._node.now + ANSWER_TIMEOUT_NS)
        timeout = around.kernel.call_at(give_up, NOTIFY, self._unanswered, send.send_id)
        self._posted[send.send_id] = _Posted(send, timeout)
        around.network.send(
            self._node.zone,
            OUTSIDE,
            self._at_receiver,
            send,
            ends=self._ends,
            carried=Carried.PAGES,
        )

    def _at_receiver(self, send: Send) -> None:
        around = self._node.around
        around.recorder.event(EventKind.PAGE_SENT, send.receiver, page_detail(send))
        around.network.send(
            OUTSIDE,
            self._node.zone,
            self._answered,
            send.send_id,
            ends=self._ends[::-1],
            carried=Carried.PAGES,
        )

    def _answered(self, send_id: int) -> None:
        if not self._node.is_running:
            return
        posted = self._posted.pop(send_id, None)
        if posted is not None:
            posted.timeout.cancel()
            self._dispatcher.sent(send_id, now=self._node.now)
            self._driver.poke()

    def _unanswered(self, send_id: int) -> None:
        send = self._posted.pop(send_id).send
        self._node.around.recorder.event(
            EventKind.PAGE_FAILED, send.receiver, {**page_detail(send), "reason": "no answer"}
        )
        self._dispatcher.failed(send_id, now=self._node.now)
        self._driver.poke()


def page_detail(send: Send) -> dict[str, JsonValue]:
    """What is written down about a page.

    A page that holds any firing alert is firing, and ``alerts`` then names the firing ones only.
    """
    status, alerts = ("firing", send.firing) if send.firing else ("resolved", send.resolved)
    return {
        "alerts": sorted({label_value(alert.labels, ALERT_NAME) for alert in alerts}),
        "status": status,
        "group": series_text(send.group),
        "firing": len(send.firing),
        "resolved": len(send.resolved),
    }


def muted_detail(muted: Muted) -> dict[str, JsonValue]:
    """What is written down about an alert that nobody is told of."""
    return {
        "alerts": [label_value(muted.labels, ALERT_NAME)],
        "labels": series_text(muted.labels),
        "group": series_text(muted.group),
        "reason": muted.reason.value,
        "cause": muted.cause,
    }


class RuleLoop:
    """Evaluates one rule group, writes down its moves and passes its alerts on."""

    def __init__(self, node: MonitoringNode, pager: Pager, config: RuleGroupConfig) -> None:
        self._node = node
        self._pager = pager
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
        self._pager.receive(evaluation.alerts)
