"""The recent past of a series, against a plain list."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.alerting.anomaly.history import History, median
from models.base.errors import SimulationError

MEMORY = 10


@given(
    samples=st.lists(st.tuples(st.integers(1, 4), st.integers(-5, 5)), min_size=1, max_size=60),
    neighbours=st.integers(0, 3),
    when=st.integers(0, 250),
)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_it_answers_as_a_list_of_all_samples_would(
    samples: list[tuple[int, int]], neighbours: int, when: int
) -> None:
    history, kept, now = History(MEMORY), [], 0
    for gap, value in samples:
        now += gap
        history.add(float(value), now)
        kept = [(t, v) for t, v in [*kept, (now, float(value))] if t >= now - MEMORY]
    assert history.ordered == sorted(v for _, v in kept)
    assert len(history) == len(kept)
    assert history.began_at == kept[0][0]
    before = [v for t, v in kept if t <= when]
    assert history.before(when) == (before[-1] if before else None)
    place = sum(t < when for t, _ in kept)
    inside = when >= kept[0][0] and neighbours <= place < len(kept) - neighbours
    around = [v for _, v in kept[place - neighbours : place + neighbours + 1]] if inside else []
    assert list(history.around(when, neighbours)) == around


def test_a_sample_leaves_just_after_the_memory_has_passed() -> None:
    history = History(MEMORY)
    history.add(1.0, 0)
    history.add(2.0, MEMORY)
    assert history.ordered == [1.0, 2.0]
    history.add(3.0, MEMORY + 1)
    assert history.ordered == [2.0, 3.0]


def test_time_only_goes_forward() -> None:
    history = History(MEMORY)
    history.add(1.0, 5)
    with pytest.raises(SimulationError, match="a sample at 5 ns after one at 5 ns"):
        history.add(1.0, 5)


def test_a_long_series_keeps_only_its_memory() -> None:
    history = History(MEMORY)
    for now in range(5000):
        history.add(float(now), now)
    assert history.ordered == [float(now) for now in range(4989, 5000)]
    assert history.quantile(0.0) == 4989.0
    assert history.quantile(0.99) == 4999.0
    assert history.quantile(0.5) == 4994.0


@pytest.mark.parametrize(
    ("values", "middle"), [([3.0], 3.0), ([3.0, 1.0], 2.0), ([9.0, 1.0, 4.0], 4.0)]
)
def test_the_median_is_the_middle(values: list[float], middle: float) -> None:
    assert median(values) == middle
