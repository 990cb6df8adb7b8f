"""Frames have names instead of numbers, and units in the names of their columns."""

import math
from dataclasses import fields

import numpy as np
import pytest

from models.base.outcome import TRY_BITS, Decision, Outcome, RequestOutcome
from models.records.schema import JOBS, LOGS, NO_INDEX
from scenarios.frames import (
    alerts_frame,
    attempts_frame,
    events_frame,
    plain_frame,
    requests_frame,
    samples_frame,
)
from tests.reports.small_run import (
    CART_1,
    MANIFEST,
    MS,
    WEB_0,
    S,
    attempt,
    event,
    request,
    small_run,
)

RECORD = small_run(
    requests=[
        request(0, 2 * S, RequestOutcome.TIMED_OUT, duration_ns=1_500_000, last=2, tries=3),
        request(1, 3 * S),
    ],
    attempts=[
        attempt(7, 2 * S, duration_ns=250 * MS, outcome=2, try_decision=2 | 2 << TRY_BITS),
        attempt(8, 2 * S, parent=7, node=1, caller=WEB_0, target=CART_1, wait_us=1500),
        attempt(9, 2 * S, parent=7, node=1, caller=WEB_0, target=NO_INDEX, outcome=6),
    ],
    samples=[(0, S, 1.5), (3, 2 * S, math.nan)],
    events=[event(S, "view_dropped", "cart-1", caller="web-0")],
    alerts=[(90 * S, "Down", "firing", '{"service":"cart"}', 0.5)],
    jobs=[
        ("nightly", S, 2 * S, 3 * S, 1, "s-0", "e-0", 4, "succeeded"),
        ("nightly", S, 2 * S, -1, 2, "s-0", "e-0", 4, "running"),
    ],
)


def test_requests_have_names_and_units() -> None:
    frame = requests_frame(RECORD)
    assert list(frame.columns) == [
        "id", "source", "endpoint", "arrival_s", "latency_ms", "outcome", "last_outcome", "tries",
    ]  # fmt: skip
    assert frame.iloc[0].tolist() == [0, "shop", "web.GET /", 2.0, 1.5, "timed_out", "timeout", 3]
    assert frame.iloc[1].outcome == "completed"


def test_attempts_tell_who_called_whom() -> None:
    frame = attempts_frame(RECORD)
    assert list(frame.columns) == [
        "id", "request", "parent", "endpoint", "caller", "target", "start_s", "duration_ms",
        "wait_ms", "outcome", "try", "decision",
    ]  # fmt: skip
    first, second, third = frame.itertuples(index=False, name=None)
    assert first[2:] == (
        -1, "web.GET /", "shop", "web-0", 2.0, 250.0, 0.0, "timeout", 2, "exhausted",
    )  # fmt: skip
    assert second[2:6] == (7, "cart.GET /cart", "web-0", "cart-1")
    assert second[8] == 1.5
    assert (third[5], third[9]) == ("", "breaker_open")


def test_samples_carry_their_labels() -> None:
    frame = samples_frame(RECORD)
    assert list(frame.columns) == ["metric", "labels", "time_s", "value"]
    assert frame.metric.tolist() == ["world_queue_length", "world_instances_up"]
    assert frame.labels.tolist() == [{"service": "web"}, {"service": "cart"}]
    assert frame.value[0] == 1.5
    assert math.isnan(frame.value[1])


def test_events_and_alerts_have_their_details_as_dictionaries() -> None:
    (happened,) = events_frame(RECORD).itertuples(index=False, name=None)
    assert happened == (1.0, "view_dropped", "cart-1", {"caller": "web-0"})
    (alert,) = alerts_frame(RECORD).itertuples(index=False, name=None)
    assert alert == (90.0, "Down", "firing", {"service": "cart"}, 0.5)


def test_what_has_not_ended_has_no_instant_of_its_end() -> None:
    frame = plain_frame(RECORD.jobs)
    ended = dict(zip(frame.status, frame.ended_s, strict=True))
    assert ended["succeeded"] == 3.0
    assert math.isnan(ended["running"])
    assert list(frame.columns) == [column.name.replace("_ns", "_s") for column in JOBS.columns]


@pytest.mark.parametrize(
    ("column", "kind"),
    [("id", "u"), ("arrival_s", "f"), ("latency_ms", "f"), ("outcome", "O"), ("tries", "u")],
)
def test_request_columns_have_the_right_types(column: str, kind: str) -> None:
    assert requests_frame(RECORD)[column].to_numpy().dtype.kind == kind


@pytest.mark.parametrize(
    ("column", "kind"),
    [("parent", "i"), ("start_s", "f"), ("wait_ms", "f"), ("try", "u"), ("decision", "O")],
)
def test_attempt_columns_have_the_right_types(column: str, kind: str) -> None:
    assert attempts_frame(RECORD)[column].to_numpy().dtype.kind == kind


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("decision", list(Decision))
def test_every_outcome_and_decision_has_its_own_name(outcome: Outcome, decision: Decision) -> None:
    record = small_run(
        attempts=[attempt(0, S, outcome=outcome, try_decision=15 | decision << TRY_BITS)]
    )
    (row,) = attempts_frame(record).to_dict("records")
    assert (row["outcome"], row["decision"]) == (outcome.name.lower(), decision.name.lower())
    assert row["try"] == 15


def test_an_empty_run_has_empty_frames_with_the_same_columns() -> None:
    empty = small_run()
    for make in (requests_frame, attempts_frame, samples_frame, events_frame, alerts_frame):
        assert len(make(empty)) == 0
        assert list(make(empty).columns) == list(make(RECORD).columns)
    assert list(plain_frame(empty.logs).columns) == [
        column.name.replace("_ns", "_s") for column in LOGS.columns
    ]


def test_frames_do_not_change_the_record() -> None:
    frame = attempts_frame(RECORD)
    frame["parent"] = 0
    assert RECORD.attempts["parent"].tolist() == [0xFFFF_FFFF, 7, 7]
    assert np.array_equal(attempts_frame(RECORD).parent, [-1, 7, 7])
    assert {field.name for field in fields(MANIFEST)} >= {"sources", "call_nodes"}
