"""What a broker shows of its queues when it is scraped."""

from models.storage.message_queue import QueueCounts
from sim.processes.exposition import QueueReading, queue_samples

READING = QueueReading(
    "orders",
    waiting=7,
    in_flight=3,
    oldest_age_ns=2_500_000_000,
    counts=QueueCounts(
        published=20, refused=1, delivered=15, redelivered=4, consumed=6, late=1, dead=3, expired=1
    ),
)


def test_a_queue_is_shown_under_the_names_of_rabbitmq() -> None:
    shown = {dict(one.labels)["__name__"]: one.value for one in queue_samples(READING)}
    assert shown == {
        "rabbitmq_queue_messages_ready": 7,
        "rabbitmq_queue_messages_unacked": 3,
        "rabbitmq_queue_messages_published_total": 20,
        "rabbitmq_queue_messages_delivered_total": 15,
        "rabbitmq_queue_messages_redelivered_total": 4,
        "rabbitmq_queue_messages_acked_total": 6,
        "rabbitmq_queue_messages_dead_lettered_total": 3,
        "rabbitmq_queue_messages_expired_total": 1,
        "queue_oldest_message_age_seconds": 2.5,
    }


def test_every_sample_names_its_queue() -> None:
    assert {dict(one.labels)["queue"] for one in queue_samples(READING)} == {"orders"}
