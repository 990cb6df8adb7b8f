"""Differences of two variants, run for run."""

import math

import numpy as np
import pytest

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.quality.interval import exact_interval, t_interval
from models.quality.paired import paired_difference


def test_the_difference_is_variant_minus_baseline_run_for_run() -> None:
    found = paired_difference([10.0, 20.0, 30.0], [11.0, 22.0, 33.0], 0.9)
    assert found.interval == t_interval([1.0, 2.0, 3.0], 0.9)
    assert found.interval.mean == 2.0


def test_shared_luck_drops_out() -> None:
    """Variances 100 and 121, of the difference 1: 1 / 221 of what independent runs have."""
    found = paired_difference([10.0, 20.0, 30.0], [11.0, 22.0, 33.0])
    assert found.variance_ratio == pytest.approx(1 / 221)


def test_dice_out_of_step_make_it_worse() -> None:
    """Antithetic luck doubles the variance of the difference."""
    found = paired_difference([1.0, 2.0, 3.0], [3.0, 2.0, 1.0])
    assert found.variance_ratio == pytest.approx(2.0)


def test_a_difference_is_significant_iff_the_interval_leaves_out_zero() -> None:
    assert paired_difference([1.0, 2.0, 3.0], [2.0, 3.1, 3.9]).is_significant
    assert not paired_difference([1.0, 2.0, 3.0], [2.0, 1.0, 3.0]).is_significant
    assert not paired_difference([1.0, 2.0], [1.0, 2.0]).is_significant
    assert paired_difference([1.0, 2.0], [2.0, 3.0]).is_significant


def test_variants_that_never_vary_have_no_ratio() -> None:
    assert paired_difference([1.0, 1.0], [2.0, 2.0]).variance_ratio is None


def test_one_pair_is_no_evidence() -> None:
    found = paired_difference([1.0], [5.0])
    assert found.interval.half_width == math.inf
    assert not found.is_significant


@pytest.mark.parametrize(
    ("baseline", "variant"), [([1.0, 2.0], [1.0]), ([], []), ([1.0, math.nan], [1.0, 2.0])]
)
def test_what_are_no_pairs_is_refused(baseline: list[float], variant: list[float]) -> None:
    with pytest.raises(ConfigError):
        paired_difference(baseline, variant)


def lindley(work_scale: float, stream: Stream) -> float:
    """Mean wait of 2,000 jobs at load 0.7 times ``work_scale``."""
    gaps = -np.log1p(-stream.uniforms(2000)) / 0.7
    works = -np.log1p(-stream.uniforms(2000)) * work_scale
    shifted = np.concatenate([[0.0], np.cumsum(works[:-1] - gaps[1:])])
    return float((shifted - np.minimum.accumulate(shifted)).mean())


def test_common_dice_find_a_small_difference_that_others_do_not() -> None:
    """Work 2 % longer: 20 pairs see it; 20 runs with dice of their own do not."""
    slow = [lindley(1.02, Stream(k, "lindley")) for k in range(20)]
    plain = [lindley(1.0, Stream(k, "lindley")) for k in range(20)]
    other = [lindley(1.0, Stream(k + 100, "lindley")) for k in range(20)]
    common = paired_difference(plain, slow)
    assert common.is_significant
    assert common.variance_ratio is not None
    assert common.variance_ratio < 0.05
    assert not paired_difference(other, slow).is_significant


def test_paired_intervals_hold_the_difference_as_often_as_they_say() -> None:
    """Pairs that share their luck and differ by 1 on average: 500 experiments of 8 pairs."""
    stream = Stream(5, "pairs")
    hits = 0
    for _ in range(500):
        shared, own, other = (stream.uniforms(8) for _ in range(3))
        hits += paired_difference(
            (10 * shared + own).tolist(), (10 * shared + other + 1).tolist()
        ).interval.contains(1.0)
    assert exact_interval(hits, 500, 0.999).contains(0.95)
