"""Outcomes: numbers that are stored for good, and a class for every end."""

import pytest

from models.base.outcome import Decision, Outcome, RequestOutcome, request_outcome


def test_stored_numbers_are_never_changed() -> None:
    assert [(o.name, o.value) for o in Outcome] == [
        ("OK", 0),
        ("ERROR", 1),
        ("TIMEOUT", 2),
        ("QUEUE_FULL", 3),
        ("REFUSED", 4),
        ("RESET", 5),
        ("BREAKER_OPEN", 6),
        ("NO_ENDPOINT", 7),
        ("CALLER_GONE", 8),
        ("IN_FLIGHT", 9),
        ("SHED", 10),
        ("EXPIRED", 11),
        ("NO_CONNECTION", 12),
        ("LIMITED", 13),
        ("FALLBACK", 14),
        ("BAD_REQUEST", 15),
        ("NO_ROUTE", 16),
        ("UNAUTHENTICATED", 17),
        ("FORBIDDEN", 18),
    ]
    assert [o.name for o in RequestOutcome] == [
        "COMPLETED",
        "FAILED",
        "REJECTED",
        "TIMED_OUT",
        "IN_FLIGHT",
    ]
    assert [d.name for d in Decision] == [
        "NONE",
        "RETRIED",
        "EXHAUSTED",
        "BUDGET_DENIED",
        "NOT_RETRYABLE",
    ]


@pytest.mark.parametrize(
    ("request_class", "attempts"),
    [
        (RequestOutcome.COMPLETED, {Outcome.OK, Outcome.FALLBACK}),
        (
            RequestOutcome.FAILED,
            {Outcome.ERROR, Outcome.REFUSED, Outcome.RESET, Outcome.CALLER_GONE},
        ),
        (
            RequestOutcome.REJECTED,
            {
                Outcome.QUEUE_FULL,
                Outcome.BREAKER_OPEN,
                Outcome.NO_ENDPOINT,
                Outcome.SHED,
                Outcome.EXPIRED,
                Outcome.NO_CONNECTION,
                Outcome.LIMITED,
                Outcome.BAD_REQUEST,
                Outcome.NO_ROUTE,
                Outcome.UNAUTHENTICATED,
                Outcome.FORBIDDEN,
            },
        ),
        (RequestOutcome.TIMED_OUT, {Outcome.TIMEOUT}),
        (RequestOutcome.IN_FLIGHT, {Outcome.IN_FLIGHT}),
    ],
)
def test_every_end_of_an_attempt_has_its_class(
    request_class: RequestOutcome, attempts: set[Outcome]
) -> None:
    assert {o for o in Outcome if request_outcome(o) is request_class} == attempts
