"""What an answer means. Semantics 7.1."""

import pytest

from models.discovery.health.config import HttpProbe
from models.discovery.health.result import Answer, Health, of_connection, of_http_status

STRICT = HttpProbe(
    path="/healthz",
    expected=((200, 299),),
    retriable=((500, 503),),
    counts_unexpected=False,
)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (199, Answer.CONDEMNED),
        (200, Answer.PASSED),
        (299, Answer.PASSED),
        (300, Answer.CONDEMNED),
        (499, Answer.CONDEMNED),
        (500, Answer.FAILED),
        (503, Answer.FAILED),
        (504, Answer.CONDEMNED),
    ],
)
def test_a_status_outside_expected_and_retriable_condemns_at_once(
    status: int, answer: Answer
) -> None:
    assert of_http_status(STRICT, status).answer is answer


def test_by_default_an_unexpected_status_is_a_failure_like_any_other() -> None:
    result = of_http_status(HttpProbe(), 503)
    assert result.answer is Answer.FAILED
    assert result.message == "GET / answered 503"


def test_a_connection_passes_or_fails() -> None:
    assert of_connection(is_accepted=True).answer is Answer.PASSED
    assert of_connection(is_accepted=False).answer is Answer.FAILED


def test_degraded_serves_and_unknown_does_not() -> None:
    assert [health for health in Health if health.serves] == [Health.HEALTHY, Health.DEGRADED]
    assert [answer for answer in Answer if answer.is_success] == [Answer.PASSED, Answer.DEGRADED]
