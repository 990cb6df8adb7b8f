"""Message queues in the world: brokers that keep what is published, and deliver it.

A queue's deliveries are requests of a source that has the queue's name: they go to the service
that consumes, through a channel with its policies, and their outcome says whether the message
is acknowledged. What is kept outlives a crash of its broker, unless that loses its disk; nothing
is delivered meanwhile.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from models.base.outcome import Outcome
from models.base.time import NS_PER_MS, DurationNs
from models.service.traffic import SourceSpec
from models.storage.message_queue import Delivery, Lapse, MessageQueue, MessageState
from sim.blueprint import QueueSpec
from sim.kernel.clocks import NodeClock
from sim.kernel.driver import Driver
from sim.kernel.ties import USER
from sim.nodes.attempt import Attempt, Request
from sim.nodes.instance import Instance
from sim.nodes.provisioned import ProvisionedInstance
from sim.nodes.source import Source
from sim.nodes.users import source_kind

_WORKED_ON = (Outcome.ERROR, Outcome.RESET)
"""Ends of a delivery after which a consumer has, or may have, begun to work on the message."""


class Publisher(Protocol):
    """Takes one message."""

    def publish(self) -> bool:
        """Keep it; False if there is no room."""

    def lose(self) -> None:
        """The store is gone, and with it all messages."""


_LOOK_NS_MIN = NS_PER_MS
"""How long a queue without a broker waits at least before it looks for one again."""

Topics = Mapping[str, Sequence[Publisher]]
"""The queues that a call publishes to, by endpoint."""


class MessageSource(Source):
    """Delivers the messages of one queue, at most ``consumers`` at a time.

    A consumer that fails gives the message back. One that cannot be reached gives it back too,
    and that is not held against the message. When an answer does not come, the message's time
    to be invisible decides.
    """

    def open(self, spec: QueueSpec, clock: NodeClock, brokers: Sequence[Instance]) -> None:
        """Begin to keep messages; before anything is published."""
        self.queue = MessageQueue(spec.config)
        self._consumers = spec.consumers
        self._retry_ns = spec.config.delay_ns
        self._brokers = brokers
        self._driver: Driver[tuple[Lapse, ...]] = Driver(
            self._kernel, clock, self.queue, tie_class=USER, deliver=self._lapsed
        )
        self._works: dict[int, list[int]] = {}
        self._deliveries: dict[int, Delivery] = {}
        self._is_delivering = False
        self._looks_again = False

    @property
    def has_broker(self) -> bool:
        """True while a broker is up to deliver."""
        return any(broker.is_up for broker in self._brokers)

    @property
    def oldest_age_ns(self) -> DurationNs:
        """Age of the oldest message kept; 0 when there is none."""
        return self.queue.oldest_age(now=self._driver.now) or 0

    def start(self) -> None:
        """Be ready to deliver."""
        super().start()
        self._driver.start()

    def stop(self) -> None:
        """Deliver nothing more; what consumers have goes on."""
        super().stop()
        self._driver.stop()

    def publish(self) -> bool:
        """Keep one more message; False when the queue is full."""
        message = self.queue.publish(now=self._driver.now)
        if message is None:
            return False
        self._works[message] = [next(draws) for draws in self._entries[0].demands]
        self._deliver()
        return True

    def lose(self) -> None:
        """The store is gone, and with it all messages, also those that consumers work on."""
        self.queue.lose()
        self._works.clear()
        self._driver.poke()

    def call_ended(self, last: Attempt, outcome: Outcome) -> None:
        """A delivery has its outcome."""
        super().call_ended(last, outcome)
        delivery = self._deliveries.pop(last.request.id)
        message, receipt = delivery.message, delivery.receipt
        if outcome is Outcome.OK:
            self.queue.acknowledge(message, receipt)
        elif outcome is not Outcome.TIMEOUT:
            self.queue.release(message, receipt, now=self._driver.now, counts=outcome in _WORKED_ON)
        if self.queue.state_of(message) is None:
            self._works.pop(message, None)
        self._deliver()

    def _lapsed(self, lapses: Iterable[Lapse]) -> None:
        for lapse in lapses:
            if lapse.state is not MessageState.READY:
                self._works.pop(lapse.message, None)
        self._deliver()

    def _deliver(self) -> None:
        """Hand out what can be handed out; deliveries that end at once do not nest."""
        if self._is_delivering or self._is_stopped:
            return
        self._is_delivering = True
        while self.queue.in_flight < self._consumers and self._may_deliver():
            delivery = self.queue.receive(now=self._driver.now)
            if delivery is None:
                break
            self._hand_out(delivery)
        self._is_delivering = False
        self._driver.poke()

    def _may_deliver(self) -> bool:
        """Without a broker, look again after a while."""
        if self.has_broker:
            return True
        if not self._looks_again:
            self._looks_again = True
            later = self._kernel.now + max(self._retry_ns, _LOOK_NS_MIN)
            self._kernel.post(later, USER, self._look_again, None)
        return False

    def _look_again(self, _: object) -> None:
        self._looks_again = False
        self._deliver()

    def _hand_out(self, delivery: Delivery) -> None:
        request = Request()
        request.id = number = next(self._ids)
        request.source = self.index
        request.node = root = self._entries[0].root
        request.arrival_ns = self._kernel.now
        request.demands = self._works[delivery.message]
        self.open_requests[number] = request
        self._deliveries[number] = delivery
        self._send(root, request, None)


class BrokerInstance(ProvisionedInstance):
    """One running copy of a broker: a call that succeeds publishes a message to its queues.

    A call that finds a queue full is refused, also if another queue has taken its copy.
    """

    _topics: Topics

    def publish_to(self, topics: Topics) -> None:
        """Publish to these queues, by endpoint; before any request arrives."""
        self._topics = topics

    def lose_messages(self) -> None:
        """All that its queues keep is gone."""
        for queues in self._topics.values():
            for queue in queues:
                queue.lose()

    def _finish(self, attempt: Attempt, outcome: Outcome) -> None:
        if outcome is Outcome.OK:
            queues = self._topics.get(attempt.node.endpoint, ())
            taken = [queue.publish() for queue in queues]
            if not all(taken):
                outcome = Outcome.QUEUE_FULL
        super()._finish(attempt, outcome)


class MessageQueues:
    """All queues of a world: which source delivers which, and who publishes to it."""

    def __init__(self, specs: Iterable[QueueSpec]) -> None:
        self._specs = {spec.name: spec for spec in specs}
        self._topics: dict[str, dict[str, list[Publisher]]] = {}
        for spec in self._specs.values():
            self._topics.setdefault(spec.broker, {}).setdefault(spec.endpoint, [])
        self.sources: list[MessageSource] = []

    def topics_of(self, service: str) -> Topics:
        """The queues of a broker, by endpoint; they come to be with their sources."""
        return self._topics.get(service, {})

    def kind_of(self, spec: SourceSpec) -> type[Source]:
        """Whether a source makes its own load or delivers messages."""
        return MessageSource if spec.name in self._specs else source_kind(spec)

    def open(
        self,
        sources: Iterable[Source],
        clocks: Callable[[str], NodeClock],
        brokers: Mapping[str, Sequence[Instance]],
    ) -> None:
        """Give every source that delivers messages its queue."""
        for source in sources:
            if isinstance(source, MessageSource):
                spec = self._specs[source.name]
                source.open(spec, clocks(f"queue/{spec.name}"), brokers[spec.broker])
                self._topics[spec.broker][spec.endpoint].append(source)
                self.sources.append(source)

    def by_name(self) -> Mapping[str, MessageQueue]:
        """All queues."""
        return {source.name: source.queue for source in self.sources}
