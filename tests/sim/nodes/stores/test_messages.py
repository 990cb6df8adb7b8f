"""Message queues in the world: what is delivered, again, late, never; and that all add up."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.distributions import Deterministic, Distribution, Exponential
from models.base.outcome import Outcome
from models.faults.content import Content
from models.faults.plan import AddedLatency, ErrorRate, Fault, InstanceCrash, ZoneOutage
from models.faults.selector import Selector
from models.service.spec import ServiceSpec
from models.service.traffic import MixEntry, RateProfile, SourceSpec
from models.storage.message_queue import MessageQueueConfig
from models.traffic.config import EdgeConfig
from sim.blueprint import Blueprint, QueueSpec
from sim.world import build
from tests.sim.worlds import MS, S, blueprint, edge, fault, service

BROKER, WORKER = "broker", "worker"
CALM = MessageQueueConfig(visibility_ns=5 * S, delay_ns=S, receives_max=4, retention_ns=600 * S)


def plan(
    config: MessageQueueConfig = CALM,
    *,
    rate: float = 50.0,
    seconds: int = 20,
    consumers: int = 10,
    work: Distribution | None = None,
    workers: int = 2,
    slots: int = 10,
    faults: list[Fault] | None = None,
    timeout_ns: int = 0,
) -> Blueprint:
    """Users call the broker, the queue `orders` delivers to the workers."""
    services: list[ServiceSpec] = [
        service(BROKER, count=1, slots=100, work=Deterministic(MS)),
        service(WORKER, count=workers, slots=slots, work=work or Deterministic(50 * MS)),
    ]
    edges: list[EdgeConfig] = [
        edge("users", BROKER),
        edge("orders", WORKER, timeout_ns=timeout_ns),
    ]
    base = blueprint(services, edges, rate_per_s=rate, seconds=seconds, faults=faults or [])
    orders = SourceSpec("orders", WORKER, (MixEntry("do", 1.0),), RateProfile((0,), (0.0,)), "a")
    return replace(
        base,
        sources=(*base.sources, orders),
        queues=(QueueSpec("orders", BROKER, "do", consumers, config),),
    )


def test_every_good_call_of_the_broker_is_a_message_that_is_handled_once() -> None:
    made = build(plan(), 1)
    outcome = made.run()
    counts = made.queues.sources[0].queue.counts
    requests = outcome.tables[0]
    calls = int(((requests["source"] == 0) & (requests["outcome"] == 0)).sum())
    assert calls <= counts.published <= calls + 2
    assert counts.redelivered == counts.late == counts.dead == counts.expired == 0
    assert counts.published - counts.consumed <= 10


def test_no_more_than_the_consumers_have_messages_at_a_time() -> None:
    made = build(plan(consumers=3, work=Deterministic(200 * MS), rate=40, seconds=10), 1)
    attempts = made.run().tables[1]
    handled = attempts["node"] == 1
    starts, lengths = attempts["start_ns"][handled], attempts["duration_ns"][handled]
    busy = [int(((starts <= at) & (starts + lengths > at)).sum()) for at in starts]
    assert max(busy) == 3
    assert made.queues.sources[0].queue.waiting > 200


def test_a_message_whose_handler_always_fails_is_a_dead_letter_at_last() -> None:
    broken = fault(ErrorRate(Selector(service=WORKER), 1.0), at_s=0, for_s=None)
    made = build(plan(rate=10, seconds=20, faults=[broken]), 1)
    attempts = made.run().tables[1]
    counts = made.queues.sources[0].queue.counts
    handled = attempts["node"] == 1
    assert not (attempts["outcome"][handled] == Outcome.OK).any()
    assert counts.consumed == 0
    assert counts.dead > 100
    assert counts.delivered == pytest.approx(4 * counts.published, rel=0.2)


def test_a_fault_that_ends_costs_deliveries_and_no_message() -> None:
    broken = fault(ErrorRate(Selector(service=WORKER), 1.0), at_s=5, for_s=2)
    made = build(plan(rate=20, seconds=30, faults=[broken]), 1)
    made.run()
    counts = made.queues.sources[0].queue.counts
    assert counts.redelivered > 20
    assert (counts.dead, counts.expired) == (0, 0)
    assert counts.published - counts.consumed <= 5


def test_work_longer_than_a_message_is_invisible_is_done_twice() -> None:
    """The consumer deals with it, but somebody else has it by then: late, and again."""
    config = replace(CALM, visibility_ns=S, receives_max=100)
    made = build(plan(config, work=Deterministic(1500 * MS), rate=2, seconds=20), 1)
    made.run()
    counts = made.queues.sources[0].queue.counts
    assert counts.late > 10
    assert counts.redelivered > 10


def test_when_nobody_can_be_reached_nothing_is_held_against_the_messages() -> None:
    crash = fault(InstanceCrash(Selector(service=WORKER)), at_s=5, for_s=10)
    made = build(plan(rate=20, seconds=30, faults=[crash]), 1)
    made.run()
    counts = made.queues.sources[0].queue.counts
    assert counts.dead == 0
    assert counts.published - counts.consumed <= 5


def test_messages_outlive_their_broker_and_wait_while_it_is_down() -> None:
    crash = fault(InstanceCrash(Selector(service=BROKER)), at_s=5, for_s=5)
    made = build(plan(rate=40, consumers=1, seconds=12, faults=[crash]), 1)
    attempts = made.run().tables[1]
    starts = attempts["start_ns"][attempts["node"] == 1]
    assert not ((starts > 5 * S + 1) & (starts < 10 * S)).any()
    assert (starts > 10 * S).sum() > 20
    counts = made.queues.sources[0].queue.counts
    assert counts.published > counts.consumed + 50


def test_a_lost_delivery_is_made_again_when_its_message_is_visible() -> None:
    dark = fault(ZoneOutage("b"), at_s=5, for_s=2)
    made = build(plan(rate=40, seconds=30, faults=[dark]), 1)
    made.run()
    counts = made.queues.sources[0].queue.counts
    assert counts.redelivered >= 1
    assert counts.published - counts.consumed <= 5


def test_what_nobody_handles_expires() -> None:
    config = replace(CALM, retention_ns=2 * S, visibility_ns=S)
    made = build(plan(config, work=Deterministic(500 * MS), consumers=1, rate=20), 1)
    made.run()
    counts = made.queues.sources[0].queue.counts
    assert counts.expired > 200
    assert made.queues.sources[0].queue.waiting < 60


def test_a_full_queue_refuses_those_who_publish() -> None:
    config = replace(CALM, capacity=20)
    made = build(plan(config, work=Deterministic(S), consumers=1, rate=20), 1)
    requests = made.run().tables[0]
    of_users = requests["source"] == 0
    refused = (requests["last_outcome"][of_users] == Outcome.QUEUE_FULL).sum()
    assert refused == pytest.approx(made.queues.sources[0].queue.counts.refused, abs=2)
    assert refused > 300


def test_a_queue_without_a_broker_looks_for_one_now_and_then_however_short_its_delay() -> None:
    """A delay of a nanosecond is no reason to look a thousand million times a second."""
    gone = Fault("gone", 0, None, InstanceCrash(Selector(service=BROKER)))
    made = build(plan(MessageQueueConfig(delay_ns=1), rate=40, seconds=2, faults=[gone]), 1)
    assert made.run().events < 10_000


kinds = st.one_of(
    st.builds(
        InstanceCrash,
        st.builds(Selector, service=st.sampled_from([BROKER, WORKER]), count=st.just(1)),
        st.sampled_from([None, *Content]),
    ),
    st.builds(ZoneOutage, st.sampled_from("ab")),
    st.builds(ErrorRate, st.builds(Selector, service=st.just(WORKER)), st.sampled_from([0.3, 1.0])),
    st.builds(
        AddedLatency, st.builds(Selector, service=st.just(WORKER)), st.just(Deterministic(800 * MS))
    ),
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    config=st.builds(
        MessageQueueConfig,
        visibility_ns=st.sampled_from([100 * MS, 2 * S]),
        delay_ns=st.sampled_from([1, 200 * MS]),
        receives_max=st.sampled_from([1, 3]),
        retention_ns=st.sampled_from([S, 100 * S]),
        capacity=st.sampled_from([3, 1000]),
    ),
    faults=st.lists(
        st.builds(
            Fault, st.just("x"), st.integers(0, 4 * S), st.none() | st.integers(0, 2 * S), kinds
        ),
        max_size=3,
    ),
    consumers=st.sampled_from([1, 20]),
    slots=st.sampled_from([1, 8]),
    timeout_ns=st.sampled_from([0, 150 * MS]),
    shuffle=st.booleans(),
    seed=st.integers(0, 100),
)
def test_no_message_and_no_delivery_is_lost_whatever_breaks(
    config: MessageQueueConfig,
    faults: list[Fault],
    consumers: int,
    slots: int,
    timeout_ns: int,
    shuffle: bool,
    seed: int,
) -> None:
    """The world checks requests and messages itself; equal seeds give equal runs."""
    made = plan(
        config,
        rate=40,
        seconds=6,
        consumers=consumers,
        work=Exponential(60 * MS),
        slots=slots,
        faults=faults,
        timeout_ns=timeout_ns,
    )
    worlds = [build(made, seed, shuffle_ties=shuffle) for _ in range(2)]
    first, second = (world.run() for world in worlds)
    queue, again = (world.queues.sources[0].queue for world in worlds)
    counts = queue.counts
    assert counts == again.counts
    ended = counts.consumed + counts.dead + counts.expired + counts.lost
    assert counts.published == ended + queue.held
    assert np.array_equal(first.tables[1]["start_ns"], second.tables[1]["start_ns"])
