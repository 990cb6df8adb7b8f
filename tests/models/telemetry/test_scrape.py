"""Scrapes write samples, `up` and staleness markers (semantics 1.2)."""

import pytest

from models.base.errors import ConfigError
from models.telemetry.labels import label_set
from models.telemetry.matchers import named
from models.telemetry.scrape import ScrapeTarget
from models.telemetry.series import SeriesStore, VectorSample

INSTANCE = label_set({"job": "shop", "instance": "shop-0"})


def sample(name, value, **labels):
    return VectorSample(label_set({"__name__": name, **labels}), value)


def values(store, name, now):
    return [one.value for one in store.instant(named(name), now=now)]


@pytest.fixture
def store():
    return SeriesStore()


@pytest.fixture
def target(store):
    return ScrapeTarget(store, INSTANCE)


def test_a_sample_carries_the_labels_of_its_target(store, target):
    target.record([sample("queue", 3.0, zone="a")], now=1)
    labels = label_set({"__name__": "queue", "zone": "a", "job": "shop", "instance": "shop-0"})
    assert store.instant(named("queue"), now=1) == (VectorSample(labels, 3.0),)


def test_the_target_wins_over_a_label_that_the_instance_claims(store, target):
    target.record([sample("queue", 3.0, job="liar")], now=1)
    assert dict(store.instant(named("queue"), now=1)[0].labels)["job"] == "shop"


def test_up_is_one_after_a_scrape_and_zero_after_a_failed_one(store, target):
    target.record([], now=1)
    assert values(store, "up", 1) == [1.0]
    target.record_failure(now=2)
    assert values(store, "up", 2) == [0.0]


def test_a_failed_scrape_ends_the_series_at_once(store, target):
    target.record([sample("queue", 3.0)], now=1)
    target.record_failure(now=2)
    assert values(store, "queue", 1) == [3.0]
    assert values(store, "queue", 2) == []


def test_a_series_missing_from_a_scrape_ends_and_the_others_go_on(store, target):
    target.record([sample("queue", 3.0), sample("busy", 1.0)], now=1)
    target.record([sample("busy", 2.0)], now=2)
    assert values(store, "queue", 2) == []
    assert values(store, "busy", 2) == [2.0]


def test_a_series_that_returns_is_shown_again(store, target):
    target.record([sample("queue", 3.0)], now=1)
    target.record_failure(now=2)
    target.record([sample("queue", 4.0)], now=3)
    assert values(store, "queue", 3) == [4.0]


def test_a_retired_target_leaves_nothing_behind(store, target):
    target.record([sample("queue", 3.0)], now=1)
    target.retire(now=2)
    assert values(store, "queue", 2) == values(store, "up", 2) == []


def test_targets_do_not_end_each_others_series(store, target):
    other = ScrapeTarget(store, label_set({"job": "shop", "instance": "shop-1"}))
    target.record([sample("queue", 3.0)], now=1)
    other.record([sample("queue", 5.0)], now=1)
    target.record_failure(now=2)
    assert values(store, "queue", 2) == [5.0]


def test_samples_that_cannot_be_stored_are_counted(target):
    target.record([sample("queue", 3.0)], now=5)
    assert target.record([sample("queue", 4.0), sample("busy", 1.0)], now=4) == 1


def test_the_first_of_two_samples_with_equal_labels_wins(store, target):
    assert target.record([sample("queue", 3.0), sample("queue", 4.0)], now=1) == 1
    assert values(store, "queue", 1) == [3.0]


def test_samples_beyond_the_number_of_series_are_counted():
    store = SeriesStore(series_max=1)
    target = ScrapeTarget(store, INSTANCE, reports_up=False)
    assert target.record([sample("a", 1.0), sample("b", 1.0)], now=1) == 1


def test_a_source_of_rule_results_has_no_up(store):
    ScrapeTarget(store, (), reports_up=False).record([sample("ALERTS", 1.0)], now=1)
    assert values(store, "up", 1) == []


def test_the_labels_of_a_target_cannot_name_a_metric(store):
    with pytest.raises(ConfigError):
        ScrapeTarget(store, (("__name__", "x"),))
