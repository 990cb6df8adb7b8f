import pytest

from models.base.errors import ConfigError
from models.faults.experiment.probe import ExperimentConfig, Goal, Measure, Probe, Stop


def probe(below: float | None = None, above: float | None = None, text: str = "p") -> Probe:
    return Probe(text, Measure.ERROR_RATIO, "users", below=below, above=above)


@pytest.mark.parametrize(
    ("below", "above", "value", "holds"),
    [
        (0.5, None, 0.5, False),
        (0.5, None, 0.499, True),
        (None, 0.5, 0.5, False),
        (None, 0.5, 0.501, True),
        (0.5, 0.2, 0.2, False),
        (0.5, 0.2, 0.3, True),
        (0.5, 0.2, 0.5, False),
        (0.5, None, None, False),
        (None, 0.5, None, False),
    ],
)
def test_bounds_are_not_part_of_what_lies_between_them(below, above, value, holds) -> None:
    assert probe(below, above).holds(value) is holds


@pytest.mark.parametrize(("below", "above"), [(None, None), (0.2, 0.2), (0.2, 0.3)])
def test_a_probe_without_room_is_refused(below, above) -> None:
    with pytest.raises(ConfigError, match="probe 'p'"):
        probe(below, above)


@pytest.mark.parametrize(
    ("measure", "value", "words"),
    [
        (Measure.ERROR_RATIO, 0.123456, "12.3 %"),
        (Measure.LATENCY, 1_234_567.0, "1.23 ms"),
        (Measure.THROUGHPUT, 399.96, "400/s"),
        (Measure.INSTANCES_UP, 3.0, "3"),
        (Measure.LATENCY, None, "nothing measured"),
    ],
)
def test_a_value_is_told_in_its_unit(measure, value, words) -> None:
    assert Probe("p", measure, "x", below=1.0).said(value) == words


def test_everything_measured_is_listed_once() -> None:
    one, other = probe(below=0.1, text="a"), probe(above=0.5, text="b")
    config = ExperimentConfig((one,), (Stop(other),), (Goal(one), Goal(other, 0.5)))
    assert config.probes == (one, other)


@pytest.mark.parametrize(
    ("steady", "every", "window"), [((), 1, 1), ((probe(0.1),), 0, 1), ((probe(0.1),), 1, 0)]
)
def test_an_experiment_without_a_steady_state_or_time_is_refused(steady, every, window) -> None:
    with pytest.raises(ConfigError, match="an experiment needs"):
        ExperimentConfig(steady, every_ns=every, window_ns=window)
