"""Message queue: visibility, redelivery, dead letters, retention; no message is ever lost."""

from dataclasses import dataclass

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from models.base.errors import ConfigError, SimulationError
from models.storage.message_queue import (
    MOVES,
    Delivery,
    Lapse,
    MessageEvent,
    MessageQueue,
    MessageQueueConfig,
    MessageState,
)

READY, DELAYED, IN_FLIGHT, CONSUMED, DEAD, EXPIRED, LOST = MessageState
VISIBILITY, DELAY, RETENTION = 30, 5, 1000


def queue(**changes: int) -> MessageQueue:
    values = {
        "visibility_ns": VISIBILITY,
        "delay_ns": DELAY,
        "receives_max": 3,
        "retention_ns": RETENTION,
        "capacity": 10,
    }
    return MessageQueue(MessageQueueConfig(**{**values, **changes}))


def received(made: MessageQueue, now: int) -> Delivery:
    delivery = made.receive(now=now)
    assert delivery is not None
    return delivery


def test_messages_are_received_in_the_order_of_their_publication() -> None:
    made = queue()
    assert [made.publish(now=0), made.publish(now=1)] == [0, 1]
    assert received(made, 2) == Delivery(0, 1, 1)
    assert received(made, 2) == Delivery(1, 1, 1)
    assert made.receive(now=2) is None


def test_a_message_with_a_consumer_is_invisible_until_its_time_is_over() -> None:
    made = queue()
    made.publish(now=0)
    received(made, 10)
    assert made.next_deadline() == 10 + VISIBILITY
    assert made.tick(now=39) == ()
    assert made.receive(now=39) is None
    assert made.tick(now=40) == (Lapse(0, READY),)
    assert received(made, 40) == Delivery(0, 2, 2)
    assert made.counts.redelivered == 1


def test_an_acknowledged_message_is_gone_and_asks_for_no_time() -> None:
    made = queue()
    made.publish(now=0)
    delivery = received(made, 1)
    assert made.acknowledge(0, delivery.receipt)
    assert made.next_deadline() is None
    assert (made.held, made.in_flight, made.counts.consumed) == (0, 0, 1)


def test_an_acknowledgement_after_somebody_else_received_the_message_is_late() -> None:
    made = queue()
    made.publish(now=0)
    first = received(made, 0)
    made.tick(now=VISIBILITY)
    second = received(made, VISIBILITY)
    assert not made.acknowledge(0, first.receipt)
    assert made.state_of(0) is IN_FLIGHT
    assert made.acknowledge(0, second.receipt)
    assert not made.acknowledge(0, second.receipt)
    assert (made.counts.late, made.counts.consumed) == (2, 1)


def test_an_acknowledgement_out_of_time_is_good_while_nobody_else_has_the_message() -> None:
    made = queue()
    made.publish(now=0)
    first = received(made, 0)
    made.tick(now=VISIBILITY)
    assert made.acknowledge(0, first.receipt)
    assert made.receive(now=VISIBILITY) is None


def test_a_message_that_comes_back_takes_its_old_place() -> None:
    made = queue()
    made.publish(now=0)
    made.publish(now=0)
    received(made, 0)
    made.tick(now=VISIBILITY)
    assert received(made, VISIBILITY).message == 0
    assert received(made, VISIBILITY).message == 1


def test_a_message_given_back_comes_back_after_the_delay() -> None:
    made = queue()
    made.publish(now=0)
    delivery = received(made, 10)
    assert made.release(0, delivery.receipt, now=12)
    assert (made.state_of(0), made.waiting, made.in_flight) == (DELAYED, 1, 0)
    assert made.next_deadline() == 12 + DELAY
    assert made.tick(now=16) == ()
    assert made.tick(now=17) == (Lapse(0, READY),)
    assert received(made, 17).receives == 2


def test_what_was_received_too_often_is_a_dead_letter() -> None:
    made = queue()
    made.publish(now=0)
    for turn in range(2):
        made.release(0, received(made, 100 * turn).receipt, now=100 * turn)
        assert made.tick(now=100 * turn + DELAY) == (Lapse(0, READY),)
    made.release(0, received(made, 300).receipt, now=300)
    assert made.state_of(0) is None
    assert (made.counts.dead, made.held) == (1, 0)


def test_time_out_makes_a_dead_letter_too() -> None:
    made = queue(receives_max=1)
    made.publish(now=0)
    received(made, 0)
    assert made.tick(now=VISIBILITY) == (Lapse(0, DEAD),)
    assert made.counts.dead == 1


def test_what_never_reached_a_consumer_is_not_held_against_the_message() -> None:
    made = queue(receives_max=1)
    made.publish(now=0)
    made.release(0, received(made, 0).receipt, now=0, counts=False)
    assert made.tick(now=DELAY) == (Lapse(0, READY),)
    assert received(made, DELAY) == Delivery(0, 2, 1)


def test_only_who_has_the_message_can_give_it_back() -> None:
    made = queue()
    made.publish(now=0)
    first = received(made, 0)
    made.tick(now=VISIBILITY)
    assert not made.release(0, first.receipt, now=VISIBILITY)
    second = received(made, VISIBILITY)
    assert not made.release(0, first.receipt, now=VISIBILITY)
    assert not made.release(7, 1, now=VISIBILITY)
    assert made.acknowledge(0, second.receipt)


def test_what_lies_too_long_expires() -> None:
    made = queue()
    made.publish(now=0)
    made.publish(now=1)
    assert made.next_deadline() == RETENTION
    assert made.tick(now=RETENTION - 1) == ()
    assert made.tick(now=RETENTION) == (Lapse(0, EXPIRED),)
    assert (made.counts.expired, made.held, made.next_deadline()) == (1, 1, RETENTION + 1)


def test_what_a_consumer_has_expires_when_it_would_come_back() -> None:
    made = queue()
    made.publish(now=0)
    received(made, RETENTION - 1)
    assert made.tick(now=RETENTION) == ()
    assert made.next_deadline() == RETENTION - 1 + VISIBILITY
    assert made.tick(now=RETENTION - 1 + VISIBILITY) == (Lapse(0, EXPIRED),)


def test_a_store_that_is_lost_takes_all_messages_along_and_counts_them() -> None:
    made = queue()
    for _ in range(3):
        made.publish(now=0)
    taken = received(made, 0)
    assert made.lose() == 3
    assert (made.held, made.in_flight, made.counts.lost) == (0, 0, 3)
    assert made.next_deadline() is None
    assert not made.acknowledge(taken.message, taken.receipt)
    assert made.counts.late == 1


def test_what_is_published_after_a_loss_is_kept_under_a_new_number() -> None:
    made = queue()
    made.publish(now=0)
    made.lose()
    assert made.publish(now=1) == 1
    assert received(made, 1).message == 1


def test_a_full_queue_refuses() -> None:
    made = queue(capacity=2)
    assert [made.publish(now=0) for _ in range(3)] == [0, 1, None]
    assert (made.counts.published, made.counts.refused) == (2, 1)
    received(made, 0)
    assert made.publish(now=0) is None


def test_the_age_of_the_oldest_message_includes_those_with_consumers() -> None:
    made = queue()
    assert made.oldest_age(now=5) is None
    made.publish(now=10)
    made.publish(now=20)
    received(made, 20)
    assert made.oldest_age(now=25) == 15
    made.acknowledge(0, 1)
    assert made.oldest_age(now=25) == 5


@pytest.mark.parametrize(
    "name", ["visibility_ns", "delay_ns", "receives_max", "retention_ns", "capacity"]
)
def test_a_queue_that_makes_no_sense_is_refused(name: str) -> None:
    queue(**{name: 1})
    with pytest.raises(ConfigError, match="message queue"):
        queue(**{name: 0})


def test_every_move_that_the_table_does_not_have_is_illegal_and_changes_nothing() -> None:
    for state in MessageState:
        for event in MessageEvent:
            if (state, event) in MOVES:
                continue
            made = queue()
            made.publish(now=0)
            kept = made._held[0]
            kept.state = state
            with pytest.raises(SimulationError, match="cannot happen"):
                made._move(kept, event)
            assert kept.state is state


def test_ends_are_ends() -> None:
    assert {state for state, _ in MOVES} == {READY, DELAYED, IN_FLIGHT}


@dataclass
class Naive:
    """A message as the naive model sees it: since when in which state, and its receipt."""

    published: int
    state: MessageState = READY
    until: int = 0
    receipt: int = 0
    receives: int = 0


class QueueMachine(RuleBasedStateMachine):
    """Against lists that are searched from end to end."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = queue(capacity=6)
        self.model: dict[int, Naive] = {}
        self.receipts: list[tuple[int, int]] = []
        self.now = 0
        self.ends = {CONSUMED: 0, DEAD: 0, EXPIRED: 0, LOST: 0}
        self.published = 0

    @rule()
    def lose(self) -> None:
        open_ones = self.open()
        for one in open_ones:
            self.end(one, LOST)
        assert self.queue.lose() == len(open_ones)
        assert self.queue.next_deadline() is None

    def open(self) -> list[Naive]:
        return [one for one in self.model.values() if one.state not in self.ends]

    def end(self, one: Naive, state: MessageState) -> None:
        one.state = state
        self.ends[state] += 1

    @rule()
    def publish(self) -> None:
        number = self.queue.publish(now=self.now)
        if len(self.open()) >= 6:
            assert number is None
        else:
            assert number == self.published
            self.model[self.published] = Naive(self.now)
            self.published += 1

    @rule()
    def receive(self) -> None:
        delivery = self.queue.receive(now=self.now)
        ready = [number for number, one in self.model.items() if one.state is READY]
        if not ready:
            assert delivery is None
            return
        one = self.model[min(ready)]
        one.state, one.until = IN_FLIGHT, self.now + VISIBILITY
        one.receipt += 1
        one.receives += 1
        assert delivery == Delivery(min(ready), one.receipt, one.receives)
        self.receipts.append((min(ready), one.receipt))

    @precondition(lambda self: self.receipts)
    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        number, receipt = data.draw(st.sampled_from(self.receipts))
        one = self.model[number]
        is_good = one.state not in self.ends and one.receipt == receipt
        assert self.queue.acknowledge(number, receipt) is is_good
        if is_good:
            self.end(one, CONSUMED)

    @precondition(lambda self: self.receipts)
    @rule(data=st.data(), counts=st.booleans())
    def release(self, data: st.DataObject, counts: bool) -> None:
        number, receipt = data.draw(st.sampled_from(self.receipts))
        one = self.model[number]
        is_good = one.state is IN_FLIGHT and one.receipt == receipt
        assert self.queue.release(number, receipt, now=self.now, counts=counts) is is_good
        if not is_good:
            return
        one.receives -= not counts
        if counts and one.receives >= 3:
            self.end(one, DEAD)
        else:
            one.state, one.until = DELAYED, self.now + DELAY

    @rule(step=st.sampled_from([1, DELAY, VISIBILITY, RETENTION // 3]))
    def wait(self, step: int) -> None:
        """Time goes on from deadline to deadline, as a driver would let it."""
        end = self.now + step
        while (due := self.queue.next_deadline()) is not None and due <= end:
            assert due > self.now or due >= 0
            self.now = max(self.now, due)
            self.lapse()
            after = self.queue.next_deadline()
            assert after is None or after > self.now
        self.now = end
        assert self.queue.tick(now=self.now) == ()

    def lapse(self) -> None:
        expected = set()
        for number, one in self.model.items():
            is_old = self.now - one.published >= RETENTION
            if one.state in (IN_FLIGHT, DELAYED) and one.until <= self.now:
                if is_old:
                    self.end(one, EXPIRED)
                elif one.state is IN_FLIGHT and one.receives >= 3:
                    self.end(one, DEAD)
                else:
                    one.state = READY
                expected.add(Lapse(number, one.state))
            elif one.state in (READY, DELAYED) and is_old:
                self.end(one, EXPIRED)
                expected.add(Lapse(number, EXPIRED))
        found = self.queue.tick(now=self.now)
        assert set(found) == expected
        assert len(found) == len(expected)

    @invariant()
    def every_message_is_somewhere(self) -> None:
        counts = self.queue.counts
        assert counts.published == self.published
        ended = (counts.consumed, counts.dead, counts.expired, counts.lost)
        assert ended == tuple(self.ends.values())
        assert counts.published == sum(ended) + self.queue.held
        assert self.queue.held == self.queue.waiting + self.queue.in_flight

    @invariant()
    def states_agree(self) -> None:
        for number, one in self.model.items():
            expected = None if one.state in self.ends else one.state
            assert self.queue.state_of(number) is expected


TestQueueMachine = QueueMachine.TestCase
TestQueueMachine.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, derandomize=True
)
