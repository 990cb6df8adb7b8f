"""What nodes show: names, counters that grow, gauges that speak of a period."""

import pytest

from models.base.outcome import Outcome
from models.telemetry.labels import series_text
from sim.processes.exposition import (
    DURATIONS_MAX,
    RequestMeter,
    ServerReading,
    Tally,
    ingress_samples,
    registry_samples,
    server_samples,
)

IDLE = ServerReading(Tally(), refused=0, in_flight=0, queued=0)


def values(samples):
    return {series_text(sample.labels): sample.value for sample in samples}


def test_an_instance_shows_its_counters_and_gauges():
    reading = ServerReading(Tally(10, 3), refused=2, in_flight=4, queued=5)
    assert values(server_samples(reading, Tally())) == {
        "http_requests_total": 10,
        "http_requests_failed_total": 3,
        "http_requests_rejected_total": 2,
        "http_requests_in_flight": 4,
        "http_queue_length": 5,
        "http_request_error_ratio": 0.3,
    }


def test_the_error_ratio_covers_only_what_ended_since_the_previous_scrape():
    reading = ServerReading(Tally(14, 4), refused=0, in_flight=0, queued=0)
    assert values(server_samples(reading, Tally(10, 3)))["http_request_error_ratio"] == 0.25


def test_without_an_answer_there_is_no_error_ratio():
    assert "http_request_error_ratio" not in values(server_samples(IDLE, Tally()))


def test_answers_without_errors_have_a_ratio_of_zero():
    reading = ServerReading(Tally(1, 0), refused=0, in_flight=0, queued=0)
    assert values(server_samples(reading, Tally()))["http_request_error_ratio"] == 0


def test_a_source_shows_how_its_requests_ended():
    durations = [1_000_000 * one for one in range(1, 101)]
    assert values(ingress_samples(Tally(100, 1), Tally(), durations)) == {
        "ingress_requests_total": 100,
        "ingress_requests_failed_total": 1,
        "ingress_request_error_ratio": 0.01,
        "ingress_request_duration_p99_seconds": 0.099,
    }


def test_without_a_request_there_is_neither_ratio_nor_percentile():
    assert values(ingress_samples(Tally(7, 1), Tally(7, 1), [])) == {
        "ingress_requests_total": 7,
        "ingress_requests_failed_total": 1,
    }


def test_a_service_without_healthy_instances_shows_zero():
    assert values(registry_samples({"cart": 0, "shop": 3})) == {
        'registry_instances_healthy{service="cart"}': 0,
        'registry_instances_healthy{service="shop"}': 3,
    }


def test_every_value_is_a_float():
    samples = (*server_samples(IDLE, Tally()), *registry_samples({"cart": 0}))
    assert {type(sample.value) for sample in samples} == {float}


def test_a_fallback_is_an_answer():
    meter = RequestMeter()
    meter.record(5, Outcome.FALLBACK)
    assert meter.tally() == Tally(1, 0)


@pytest.mark.parametrize(
    "outcome", [one for one in Outcome if one not in (Outcome.OK, Outcome.FALLBACK)]
)
def test_whatever_is_no_answer_has_failed(outcome):
    meter = RequestMeter()
    meter.record(5, outcome)
    meter.record(7, Outcome.OK)
    assert meter.tally() == Tally(2, 1)


def test_durations_are_taken_once_and_counts_stay():
    meter = RequestMeter()
    meter.record(5, Outcome.OK)
    meter.record(3, Outcome.OK)
    assert meter.take_durations() == (5, 3)
    assert meter.take_durations() == ()
    assert meter.tally() == Tally(2, 0)


def test_only_the_newest_durations_are_kept():
    meter = RequestMeter()
    for duration in range(DURATIONS_MAX + 1):
        meter.record(duration, Outcome.OK)
    durations = meter.take_durations()
    assert (len(durations), durations[0]) == (DURATIONS_MAX, 1)
    assert meter.tally().ended == DURATIONS_MAX + 1
