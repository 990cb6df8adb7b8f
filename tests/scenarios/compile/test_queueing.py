"""Queues and shedding as written reach the services; what does not fit is located."""

import pytest

from models.base.distributions import Exponential
from models.base.time import NS_PER_MS
from models.service.queueing import (
    Discipline,
    QueueSpec,
    SheddingSpec,
    StandingQueue,
    StandingQueueSpec,
    TurnOver,
)
from tests.scenarios.edited import load_edited, messages

QUEUE = "    queue: {limit: 200}\n"


def frontend(directory, written):
    (found, *_) = load_edited(directory, (QUEUE, written)).blueprint.services
    return found


@pytest.mark.parametrize(
    ("written", "spec"),
    [
        ("discipline: lifo", QueueSpec(Discipline.LIFO)),
        ("discipline: processor_sharing", QueueSpec(Discipline.PROCESSOR_SHARING)),
        ("discipline: priority, preempt: true", QueueSpec(Discipline.PRIORITY, preempts=True)),
        (
            "discipline: round_robin, weights: {2: 3, 1: 1}",
            QueueSpec(Discipline.ROUND_ROBIN, tenant_weights=((1, 1), (2, 3))),
        ),
        (
            "discipline: adaptive_lifo, turn_over: {at: 9, standing: 1ms, back: 2}",
            QueueSpec(Discipline.ADAPTIVE_LIFO, TurnOver(9, NS_PER_MS, 2)),
        ),
        (
            "patience: {dist: exponential, mean: 1ms}",
            QueueSpec(patience=Exponential(NS_PER_MS)),
        ),
    ],
)
def test_the_order_of_a_queue_is_what_is_written(tmp_path, written, spec):
    found = frontend(tmp_path, f"    queue: {{limit: 7, {written}}}\n")
    assert found.queue == spec
    assert found.queue_limit == 7


@pytest.mark.parametrize(
    ("written", "spec"),
    [
        ("deadline: expired", SheddingSpec(drops_expired=True)),
        ("deadline: hopeless", SheddingSpec(drops_expired=True, drops_hopeless=True)),
        ("codel: {}", SheddingSpec(standing=StandingQueueSpec(StandingQueue.CODEL))),
        (
            "controlled_delay: {target: 1ms, interval: 2ms}",
            SheddingSpec(
                standing=StandingQueueSpec(StandingQueue.CONTROLLED_DELAY, NS_PER_MS, 2 * NS_PER_MS)
            ),
        ),
        (
            "priority: {sheddable: 10%}",
            SheddingSpec(priority_shares=(0.1, 0.6, 0.8, 1.0)),
        ),
    ],
)
def test_what_is_shed_is_what_is_written(tmp_path, written, spec):
    assert frontend(tmp_path, f"{QUEUE}    shed: {{{written}}}\n").shedding == spec


def test_nothing_is_shed_and_no_core_is_short_unless_it_is_written(tmp_path):
    found = frontend(tmp_path, QUEUE)
    assert found.queue == QueueSpec()
    assert found.shedding == SheddingSpec()
    assert found.resources.millicores is None


def test_cores_may_be_fractions(tmp_path):
    assert frontend(tmp_path, f"{QUEUE}    cores: 1.5\n").resources.millicores == 1500


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "    queue: {limit: 7, preempt: true}\n",
            "services.frontend.queue.preempt: preempt belongs to discipline priority, and this is"
            " fifo",
        ),
        (
            "    queue: {limit: 7, discipline: lifo, weights: {1: 2}}\n",
            "services.frontend.queue.weights: weights belongs to discipline round_robin, and this"
            " is lifo",
        ),
        (
            "    queue: {limit: 7, discipline: adaptive_lifo, turn_over: {standing: 0}}\n",
            "services.frontend.queue.turn_over: needs a length to turn over at, or a time of"
            " standing",
        ),
        (
            "    queue: {limit: 7, discipline: adaptive_lifo, turn_over: {at: 2, back: 2}}\n",
            "services.frontend.queue.turn_over.back: must be below at, which is 2",
        ),
        (
            f"{QUEUE}    shed: {{codel: {{}}, controlled_delay: {{}}}}\n",
            "services.frontend.shed.controlled_delay: has no place beside codel: both bound the"
            " same wait",
        ),
        (
            f"{QUEUE}    shed: {{codel: {{target: 0}}}}\n",
            "services.frontend.shed.codel.target: must be longer than 0",
        ),
        (
            f"{QUEUE}    shed: {{priority: {{critical: 30%}}}}\n",
            "services.frontend.shed.priority: a class must not have less than one below it",
        ),
        (
            f"{QUEUE}    shed: {{deadline: late}}\n",
            "services.frontend.shed.deadline: expected 'expired' or 'hopeless', got 'late'",
        ),
    ],
)
def test_what_does_not_fit_is_located(tmp_path, written, message):
    (shown,) = messages(tmp_path, (QUEUE, written))
    assert shown.split(": ", 1)[1] == message
