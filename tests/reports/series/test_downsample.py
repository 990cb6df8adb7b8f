"""Thinning keeps spikes, order and gaps."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.series.downsample import thin


def test_a_short_curve_stays_as_it_is():
    times, values = np.arange(10), np.arange(10.0)
    assert thin(times, values, 10)[1] is values


def test_a_longer_one_is_cut_to_the_bound():
    times, values = np.arange(11), np.arange(11.0)
    assert len(thin(times, values, 10)[0]) <= 10


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.integers(-1000, 1000), min_size=21, max_size=300))
def test_the_extremes_of_the_curve_survive(heights):
    values = np.array(heights, dtype=float)
    times, kept = thin(np.arange(len(values)), values, 20)
    assert len(kept) <= 20
    assert kept.max() == values.max()
    assert kept.min() == values.min()
    assert np.all(np.diff(times) > 0)
    assert np.array_equal(values[times], kept)


def test_a_stretch_without_values_stays_a_gap():
    values = np.ones(100)
    values[40:60] = np.nan
    _, kept = thin(np.arange(100), values, 20)
    assert np.isnan(kept).any()
    assert not np.isnan(kept).all()
