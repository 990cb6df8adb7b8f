"""The series store: instant selection at its boundaries, staleness, bounds (semantics 1.2)."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.base.time import NS_PER_S
from models.telemetry.labels import label_set
from models.telemetry.matchers import Matcher, MatchOp, Selector, named
from models.telemetry.series import Appended, SeriesStore, VectorSample

METRIC = label_set({"__name__": "metric"})
STALE = None


def load(*values, step_s=10):
    store = SeriesStore()
    for index, value in enumerate(values):
        store.append(METRIC, time_ns=index * step_s * NS_PER_S, value=value)
    return store


def shown(store, at_s, **options):
    vector = store.instant(named("metric"), now=round(at_s * NS_PER_S), **options)
    return [sample.value for sample in vector]


@pytest.mark.parametrize(
    ("at_s", "expected"),
    [(10, [1]), (20, []), (30, [2]), (40, [2]), (329, [2]), (330, [])],
)
def test_staleness_vectors_of_the_reference(at_s, expected):
    """semantics 1.2, first table: `metric 0 1 stale 2` every 10 s."""
    assert shown(load(0, 1, STALE, 2), at_s) == expected


@pytest.mark.parametrize(("at_s", "expected"), [(299, [0]), (300, [])])
def test_a_lone_sample_is_shown_for_less_than_the_lookback(at_s, expected):
    assert shown(load(0), at_s) == expected


def test_the_lookback_is_open_on_the_left_to_the_nanosecond():
    store = load(7)
    selector = named("metric")
    assert store.instant(selector, now=99, lookback_ns=100)
    assert not store.instant(selector, now=100, lookback_ns=100)


def test_a_sample_at_the_very_instant_is_shown():
    assert shown(load(1, 2), 10) == [2]


def test_samples_after_the_instant_are_not_seen():
    assert shown(load(1, 2, 3), 15) == [2]


def test_before_the_first_sample_there_is_nothing():
    assert shown(load(1), -1) == []


def test_nan_is_a_value_and_not_a_staleness_marker():
    assert math.isnan(shown(load(math.nan), 0)[0])


def test_a_marker_hides_an_older_sample_that_is_within_the_lookback():
    assert shown(load(5, STALE), 11) == []


def test_a_marker_for_an_unknown_series_creates_nothing():
    store = SeriesStore()
    assert store.mark_stale(METRIC, time_ns=0) is Appended.DUPLICATE
    assert len(store) == 0


def test_the_vector_is_sorted_by_labels_whatever_the_order_of_arrival():
    store = SeriesStore()
    for job in ("c", "a", "b"):
        store.append(label_set({"__name__": "up", "job": job}), time_ns=0, value=1.0)
    jobs = [sample.labels[1][1] for sample in store.instant(named("up"), now=0)]
    assert jobs == ["a", "b", "c"]


def test_a_selector_without_a_metric_name_looks_at_every_series():
    store = SeriesStore()
    for name in ("up", "down"):
        store.append(label_set({"__name__": name, "job": "x"}), time_ns=0, value=1.0)
    selector = Selector((Matcher("job", MatchOp.EQUAL, "x"),))
    assert len(store.instant(selector, now=0)) == 2


def test_matchers_narrow_the_metric():
    store = SeriesStore()
    for zone in ("a", "b"):
        store.append(label_set({"__name__": "up", "zone": zone}), time_ns=0, value=1.0)
    selector = named("up", Matcher("zone", MatchOp.NOT_EQUAL, "a"))
    labels = label_set({"__name__": "up", "zone": "b"})
    assert store.instant(selector, now=0) == (VectorSample(labels, 1.0),)


@pytest.mark.parametrize(
    ("time_ns", "value", "expected"),
    [
        (9, 1.0, Appended.OUT_OF_ORDER),
        (10, 1.0, Appended.DUPLICATE),
        (10, 2.0, Appended.OUT_OF_ORDER),
        (10, None, Appended.OUT_OF_ORDER),
        (11, 1.0, Appended.STORED),
    ],
)
def test_only_newer_samples_are_stored(time_ns, value, expected):
    store = SeriesStore()
    store.append(METRIC, time_ns=10, value=1.0)
    assert store.append(METRIC, time_ns=time_ns, value=value) is expected


def test_nan_for_the_same_instant_is_a_duplicate():
    store = load(math.nan)
    assert store.append(METRIC, time_ns=0, value=math.nan) is Appended.DUPLICATE


def test_a_refused_sample_changes_nothing():
    store = load(1, 2)
    store.append(METRIC, time_ns=5, value=9.0)
    assert shown(store, 10) == [2]


def test_reading_changes_nothing():
    store = load(0, 1, STALE, 2)
    first = shown(store, 30)
    shown(store, 400)
    assert shown(store, 30) == first


def test_samples_as_old_as_the_retention_are_dropped():
    store = SeriesStore(retention_ns=100)
    for time_ns in (0, 1, 100):
        store.append(METRIC, time_ns=time_ns, value=float(time_ns))
    assert store.instant(named("metric"), now=0, lookback_ns=1000) == ()
    assert store.instant(named("metric"), now=1, lookback_ns=1000)


def test_a_new_series_beyond_the_limit_is_refused():
    store = SeriesStore(series_max=1)
    store.append(METRIC, time_ns=0, value=1.0)
    other = label_set({"__name__": "other"})
    assert store.append(other, time_ns=1, value=1.0) is Appended.TOO_MANY_SERIES
    assert len(store) == 1


def test_a_series_older_than_the_retention_makes_room():
    store = SeriesStore(series_max=1, retention_ns=100)
    store.append(METRIC, time_ns=0, value=1.0)
    other = label_set({"__name__": "other"})
    assert store.append(other, time_ns=99, value=1.0) is Appended.TOO_MANY_SERIES
    assert store.append(other, time_ns=100, value=1.0) is Appended.STORED
    assert store.instant(named("metric"), now=0, lookback_ns=1000) == ()


@pytest.mark.parametrize("options", [{"retention_ns": 0}, {"series_max": 0}])
def test_bounds_must_be_positive(options):
    with pytest.raises(ConfigError):
        SeriesStore(**options)


POINTS = st.lists(st.tuples(st.integers(0, 40), st.one_of(st.none(), st.floats(0, 3))), max_size=30)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(points=POINTS, now=st.integers(-2, 60), lookback=st.integers(1, 50))
def test_selection_agrees_with_a_naive_scan(points, now, lookback):
    store, kept = SeriesStore(), []
    for time_ns, value in points:
        if store.append(METRIC, time_ns=time_ns, value=value) is Appended.STORED:
            kept.append((time_ns, value))
    window = [value for time_ns, value in kept if now - lookback < time_ns <= now]
    expected = [window[-1]] if window and window[-1] is not None else []
    vector = store.instant(named("metric"), now=now, lookback_ns=lookback)
    assert [sample.value for sample in vector] == expected
