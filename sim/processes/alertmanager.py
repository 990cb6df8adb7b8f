"""Alertmanager's node, and the way of its pages to the receivers and of the answers back.

Pages leave for a receiver outside every zone, and only its answer makes them told: what is news,
what is repeated and what counts as failed is decided in ``models.alerting``. Its disk survives an
outage of its zone: what receivers were told, and silences.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from models.alerting.alert import ALERT_NAME, Alert
from models.alerting.config import MonitoringConfig
from models.alerting.routing.conduct import ReceiverConduct
from models.alerting.routing.delivery import Send
from models.alerting.routing.dispatcher import Dispatcher
from models.alerting.routing.muting import Muted
from models.alerting.routing.silence import Silence, Silences
from models.base.samplers import make_sampler
from models.base.time import NS_PER_S, DurationNs, TimeNs
from models.faults.network import Carried
from models.records.events import EventKind, JsonValue
from models.telemetry.labels import label_value, series_text
from sim.kernel.driver import Driver
from sim.kernel.environment import Timer
from sim.kernel.ties import NOTIFY
from sim.network.links import OUTSIDE
from sim.processes.monitoring_node import CivilNode, MonitoringSurroundings

NODE = "alertmanager"
ANSWER_TIMEOUT_NS = 10 * NS_PER_S
"""How long the receiver's answer is awaited before the page has failed."""
_NO_ANSWER, _DOWN, _ERROR = "no answer", "receiver is down", "receiver answered with an error"


class Receiver:
    """The system by which somebody is paged. Draws from streams of its own."""

    def __init__(self, conduct: ReceiverConduct, around: MonitoringSurroundings) -> None:
        self._conduct = conduct
        name = f"receiver/{conduct.receiver}"
        self._latencies = make_sampler(conduct.latency, around.streams(f"{name}/latency")).draws
        self._failures = around.streams(f"{name}/failures")

    def is_down(self, *, now: TimeNs) -> bool:
        """Whether it turns messages away at once."""
        return self._conduct.is_down(now=now)

    def latency(self) -> DurationNs:
        """How long it takes to take the next message in."""
        return next(self._latencies)

    def fails(self) -> bool:
        """Whether the next message is lost in it, and answered with an error."""
        ratio = self._conduct.failure_ratio
        return ratio > 0.0 and self._failures.uniform() < ratio


@dataclass(frozen=True, slots=True)
class _Posted:
    send: Send
    timeout: Timer


class Pager:
    """Alertmanager on its node."""

    def __init__(self, node: CivilNode, config: MonitoringConfig) -> None:
        self._node = node
        self._dispatcher = Dispatcher(
            config.alertmanager, silences=_silences(config.silences, now=node.now)
        )
        self._receivers = {
            conduct.receiver: Receiver(conduct, node.around) for conduct in config.receivers
        }
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
        """Take alerts from a rule group; in the dark nobody does."""
        if not self._node.is_running:
            return
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
        receiver, kernel = self._receivers.get(send.receiver), self._node.around.kernel
        if receiver is None:
            self._tell(send)
        elif receiver.is_down(now=kernel.now):
            self._answer(send, _DOWN)
        else:
            act = self._fail if receiver.fails() else self._tell
            kernel.post(kernel.now + receiver.latency(), NOTIFY, act, send)

    def _tell(self, send: Send) -> None:
        self._node.around.recorder.event(EventKind.PAGE_SENT, send.receiver, page_detail(send))
        self._answer(send, "")

    def _fail(self, send: Send) -> None:
        self._answer(send, _ERROR)

    def _answer(self, send: Send, complaint: str) -> None:
        self._node.around.network.send(
            OUTSIDE,
            self._node.zone,
            self._answered,
            (send.send_id, complaint),
            ends=self._ends[::-1],
            carried=Carried.PAGES,
        )

    def _answered(self, answer: tuple[int, str]) -> None:
        if not self._node.is_running:
            return
        send_id, complaint = answer
        posted = self._posted.pop(send_id, None)
        if posted is None:
            return
        posted.timeout.cancel()
        if complaint:
            self._failed(posted.send, complaint)
        else:
            self._dispatcher.sent(send_id, now=self._node.now)
            self._driver.poke()

    def _unanswered(self, send_id: int) -> None:
        self._failed(self._posted.pop(send_id).send, _NO_ANSWER)

    def _failed(self, send: Send, reason: str) -> None:
        self._node.around.recorder.event(
            EventKind.PAGE_FAILED, send.receiver, {**page_detail(send), "reason": reason}
        )
        self._dispatcher.failed(send.send_id, now=self._node.now)
        self._driver.poke()


def _silences(planned: Iterable[Silence], *, now: TimeNs) -> Silences:
    silences = Silences()
    for silence in planned:
        silences.add(silence, now=now)
    return silences


def page_detail(send: Send) -> dict[str, JsonValue]:
    """What is written down about a page.

    A page that holds any firing alert is firing, and ``alerts`` then names the firing ones only.
    """
    status, alerts = ("firing", send.firing) if send.firing else ("resolved", send.resolved)
    return {
        "alerts": sorted({label_value(alert.labels, ALERT_NAME) for alert in alerts}),
        "status": status,
        "group": series_text(send.group),
        "integration": send.integration,
        "attempt": send.attempt,
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
