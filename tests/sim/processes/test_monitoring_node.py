"""The monitoring node's time line and its store."""

from math import isnan

import pytest

from models.telemetry.labels import label_set
from models.telemetry.series import Appended
from sim.kernel.clocks import NodeClock
from sim.processes.monitoring_node import CivilClock, RecordedStore

EPOCH = 1_700_000_000_000_000_000
UP = label_set({"__name__": "up", "job": "shop"})


class Paper:
    def __init__(self):
        self.samples = []

    def sample(self, name, labels, value):
        self.samples.append((name, labels, value))


def test_civil_time_is_counted_from_what_the_wall_clock_shows_at_first():
    clock = CivilClock(NodeClock(wall_start_ns=EPOCH, offset_ns=7, drift_ppm=100))
    assert clock.monotonic_at(10_000_000) == EPOCH + 7 + 10_001_000


def test_a_step_of_the_wall_clock_does_not_move_it():
    node = NodeClock(wall_start_ns=EPOCH)
    clock = CivilClock(node)
    node.step(-1_000_000)
    assert clock.monotonic_at(5) == EPOCH + 5


@pytest.mark.parametrize("drift_ppm", [-200, -1, 0, 1, 200])
@pytest.mark.parametrize("true_ns", [0, 1, 999_999, 12_345_678_901])
def test_the_true_instant_of_a_reading_is_the_first_that_shows_it(drift_ppm, true_ns):
    clock = CivilClock(NodeClock(wall_start_ns=EPOCH, drift_ppm=drift_ppm))
    reading = clock.monotonic_at(true_ns)
    first = clock.true_at(reading)
    assert clock.monotonic_at(first) >= reading > clock.monotonic_at(first - 1)


def test_what_the_store_takes_is_written_down_without_the_name_among_the_labels():
    paper = Paper()
    store = RecordedStore(paper)
    assert store.append(UP, time_ns=1, value=1.0) is Appended.STORED
    assert paper.samples == [("up", (("job", "shop"),), 1.0)]


def test_the_end_of_a_series_is_written_down_as_nan_and_once():
    paper = Paper()
    store = RecordedStore(paper)
    store.append(UP, time_ns=1, value=1.0)
    store.mark_stale(UP, time_ns=2)
    store.mark_stale(UP, time_ns=3)
    assert len(paper.samples) == 2
    assert isnan(paper.samples[1][2])


def test_what_the_store_refuses_is_not_written_down():
    paper = Paper()
    store = RecordedStore(paper)
    store.append(UP, time_ns=5, value=1.0)
    store.append(UP, time_ns=4, value=2.0)
    store.append(UP, time_ns=5, value=1.0)
    assert len(paper.samples) == 1
