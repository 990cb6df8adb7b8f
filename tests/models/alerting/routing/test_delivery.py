"""Retries of one message within its flush (4.1, 4.3)."""

import pytest

from models.alerting.routing.delivery import RETRY_FIRST_NS, RETRY_NS_MAX, Delivery, Send
from models.alerting.routing.notification_log import LogEntry


def delivery() -> Delivery:
    send = Send(1, "pager", "webhook[0]", (), (), (), 1)
    return Delivery(((), (), "pager", "webhook[0]"), send, LogEntry(frozenset(), frozenset(), 0))


@pytest.mark.parametrize(
    ("deadline", "retry_at"), [(RETRY_FIRST_NS + 1, RETRY_FIRST_NS), (RETRY_FIRST_NS, None)]
)
def test_a_try_that_would_not_be_before_the_deadline_is_not_planned(
    deadline: int, retry_at: int | None
) -> None:
    message = delivery()
    message.failed(deadline, now=0)
    assert message.retry_at_ns == retry_at


def test_waits_grow_by_half_up_to_a_minute() -> None:
    message, waits = delivery(), []
    for _ in range(16):
        waits.append(message.delay_ns)
        message.failed(10**15, now=0)
        message.tried_again(2)
    assert waits[:4] == [500_000_000, 750_000_000, 1_125_000_000, 1_687_500_000]
    assert waits[-1] == RETRY_NS_MAX
