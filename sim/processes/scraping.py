"""Scrapes in time: one loop per target, a request and a response over links.

A target that is not there answers nothing; when the time-out has passed its scrape has failed.
What that means for its series is decided in ``models.telemetry``. Scrapes are not user traffic:
they take no slot, meet no breaker and count as no request.

Differs from Prometheus in that a host without a process refuses a scrape by silence, so that its
failure is known after the time-out instead of at once.

Source: semantics 1.2; prometheus scrape/scrape.go.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from models.base.time import DurationNs, TimeNs
from models.discovery.cadence import Cadence
from models.telemetry.labels import LabelSet, label_value
from models.telemetry.scrape import ScrapeTarget
from models.telemetry.series import VectorSample
from sim.kernel.driver import Driver
from sim.kernel.ties import SCRAPE
from sim.processes.monitoring_node import MonitoringNode

MessageT = TypeVar("MessageT")


class Page(Protocol):
    """A node's metrics page, as monitoring finds it."""

    @property
    def labels(self) -> LabelSet:
        """Labels of the target, ``job`` and ``instance`` among them."""

    @property
    def zone(self) -> str:
        """Where the node stands."""

    @property
    def station(self) -> int:
        """The node's number on the network."""

    @property
    def is_listening(self) -> bool:
        """True while somebody there would answer."""

    def transit_ns(self) -> DurationNs:
        """What the node adds to the way of one message."""

    def show(self) -> tuple[VectorSample, ...]:
        """The samples of this instant. A period that a gauge speaks of ends here."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What is due: the scrape to give up and the one to begin, by the instants they began."""

    failed_ns: TimeNs | None
    begins_ns: TimeNs | None


class ScrapeTurns:
    """When a target is scraped, at ``start + k * interval``, and when a scrape is given up.

    At most one scrape is under way; ``timeout_ns`` is no longer than ``interval_ns``. An answer
    at the very instant of the time-out still counts, because messages arrive first.
    """

    def __init__(
        self, start_ns: TimeNs, *, interval_ns: DurationNs, timeout_ns: DurationNs
    ) -> None:
        self._cadence = Cadence(start_ns, interval_ns)
        self._timeout_ns = timeout_ns
        self._began_ns: TimeNs | None = None

    def next_deadline(self) -> TimeNs:
        """The next time-out or the next scrape."""
        began, following = self._began_ns, self._cadence.next_ns
        return following if began is None else min(following, began + self._timeout_ns)

    def tick(self, *, now: TimeNs) -> Turn:
        """Give up what has taken too long, then begin what is due."""
        failed = None
        if self._began_ns is not None and now >= self._began_ns + self._timeout_ns:
            failed, self._began_ns = self._began_ns, None
        due = self._cadence.next_ns
        if not self._cadence.take(now=now):
            return Turn(failed, None)
        self._began_ns = due
        return Turn(failed, due)

    def answered(self, began_ns: TimeNs) -> bool:
        """Whether the answer to the scrape that began then was still awaited; it no longer is."""
        if began_ns != self._began_ns:
            return False
        self._began_ns = None
        return True

    def abandon(self) -> None:
        """Forget the scrape under way; neither its answer nor its time-out counts."""
        self._began_ns = None

    def skip(self, *, now: TimeNs) -> None:
        """Never make up for scrapes that were due by now."""
        self._cadence.take(now=now)


class ScrapeLoop:
    """Scrapes one target for as long as the monitoring node runs."""

    def __init__(self, node: MonitoringNode, page: Page) -> None:
        config, labels = node.config, page.labels
        self._node = node
        self._page = page
        self._target = ScrapeTarget(node.store, labels)
        name = f"scrape/{label_value(labels, 'job')}/{label_value(labels, 'instance')}"
        self._turns = ScrapeTurns(
            node.first_turn(name, config.scrape_interval_ns),
            interval_ns=config.scrape_interval_ns,
            timeout_ns=config.scrape_timeout_ns,
        )
        self._name = name
        self._driver: Driver[Turn] = Driver(
            node.around.kernel, node.clock, self._turns, tie_class=SCRAPE, deliver=self._take
        )

    def start(self) -> None:
        """Begin with the first turn."""
        self._driver.start()

    def power_lost(self) -> None:
        """Stop; the scrape under way is lost with the node's memory."""
        self._driver.stop()
        self._turns.abandon()

    def power_restored(self) -> None:
        """Go on with the next turn that is still to come."""
        self._turns.skip(now=self._node.now)
        self._driver.start()

    def _take(self, turn: Turn) -> None:
        if turn.failed_ns is not None:
            self._target.record_failure(now=turn.failed_ns)
        if turn.begins_ns is not None:
            ends = (self._node.station, self._page.station)
            self._carry(ends, self._at_target, turn.begins_ns)

    def _carry(
        self, ends: tuple[int, int], deliver: Callable[[MessageT], None], message: MessageT
    ) -> None:
        here, there = self._node.zone, self._page.zone
        if ends[0] == self._page.station:
            here, there = there, here
        self._node.around.network.send(
            here, there, deliver, message, ends=ends, delay_ns=self._page.transit_ns()
        )

    def _at_target(self, began_ns: TimeNs) -> None:
        if self._page.is_listening:
            ends = (self._page.station, self._node.station)
            self._carry(ends, self._at_monitor, (began_ns, self._page.show()))

    def _at_monitor(self, answer: tuple[TimeNs, tuple[VectorSample, ...]]) -> None:
        began_ns, samples = answer
        if not self._turns.answered(began_ns):
            return
        dropped = self._target.record(samples, now=began_ns)
        if dropped:
            self._node.warn(f"{self._name}: {dropped} samples were not stored")
        self._driver.poke()
