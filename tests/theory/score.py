"""From measurements to a judgement: does the 99.9 % interval contain the known value?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special, stats

from models.quality.batch_means import QuantileInterval, batch_means, quantile_interval
from models.quality.interval import Interval, exact_interval, t_interval, t_quantile

CONFIDENCE = 0.999
EXACT = 1e-9
MEAN_WIDTH, QUANTILE_WIDTH = 0.01, 0.02
"""Relative half-widths that the reference asks for where a run can be long enough."""
FEW_EVENTS = 30


@dataclass(frozen=True)
class Score:
    """``size`` counts what was looked at, in ``unit``; more of it makes the interval narrower.

    ``width`` is the relative half-width to be reached by the long runs, None where the value
    itself is a figure of an exact kind or an approximation with a stated tolerance.
    """

    estimate: float
    half_width: float
    holds: bool
    size: int
    unit: str
    width: float | None = None
    note: str = ""

    @property
    def relative(self) -> float:
        """Half-width as a share of the estimate."""
        return self.half_width / abs(self.estimate) if self.estimate else math.inf


def of_interval(value: float, found: Interval, size: int, unit: str) -> Score:
    return Score(found.mean, found.half_width, found.contains(value), size, unit, width=MEAN_WIDTH)


def of_mean(value: float, values: Sequence[float] | np.ndarray, size: int, unit: str) -> Score:
    """Independent values, or means of long batches."""
    return of_interval(value, t_interval(list(values), CONFIDENCE), size, unit)


def of_means(value: float, runs: Sequence[np.ndarray], batches: int, unit: str = "jobs") -> Score:
    """Long runs, each cut into batches, all batches pooled."""
    pooled = np.concatenate([batch_means(run, batches) for run in runs])
    return of_mean(value, pooled, sum(map(len, runs)), unit)


def of_controlled(
    value: float,
    runs: Sequence[tuple[np.ndarray, list[tuple[np.ndarray, float]]]],
    batches: int,
) -> Score:
    """As :func:`of_means`, with controls whose true means are known taken out by regression.

    Source: Lavenberg and Welch 1981; Law, section 11.4.
    """
    answers = np.concatenate([batch_means(run, batches) for run, _ in runs])
    columns = [np.ones(len(answers))]
    columns += [
        np.concatenate([batch_means(one, batches) - mean for one, mean in of_all_runs])
        for of_all_runs in zip(*(controls for _, controls in runs), strict=True)
    ]
    matrix = np.column_stack(columns)
    coefficients, *_ = np.linalg.lstsq(matrix, answers, rcond=None)
    freedom = len(answers) - matrix.shape[1]
    variance = float(((answers - matrix @ coefficients) ** 2).sum()) / freedom
    spread = math.sqrt(variance * float(np.linalg.inv(matrix.T @ matrix)[0, 0]))
    half_width = t_quantile((1 + CONFIDENCE) / 2, freedom) * spread
    found = Interval(float(coefficients[0]), half_width, CONFIDENCE, len(answers))
    return of_interval(value, found, sum(len(run) for run, _ in runs), "jobs")


def of_share(value: float, hits: int, trials: int, unit: str = "trials") -> Score:
    """Independent trials: the exact binomial interval."""
    found = exact_interval(hits, trials, CONFIDENCE)
    half_width = max(found.high - found.ratio, found.ratio - found.low)
    return Score(found.ratio, half_width, found.contains(value), trials, unit, width=MEAN_WIDTH)


def of_shares(value: float, runs: Sequence[np.ndarray], batches: int) -> Score:
    """How often something happens in long runs; with few events their count alone is judged."""
    hits = sum(int(np.count_nonzero(run)) for run in runs)
    if hits < FEW_EVENTS:
        return of_share(value, hits, sum(map(len, runs)), "jobs")
    return of_means(value, [run.astype(np.float64) for run in runs], batches)


def of_count(value: float, events: int, exposure: float, unit: str) -> Score:
    """Mean exposure per event of a Poisson process, by the exact interval of its count."""
    tail = (1 - CONFIDENCE) / 2
    most = float(special.gammaincinv(events + 1, 1 - tail))
    least = float(special.gammaincinv(events, tail)) if events else 0.0
    low, high = exposure / most, exposure / least if least else math.inf
    estimate = exposure / events if events else exposure
    half_width = max(high - estimate, estimate - low)
    return Score(estimate, half_width, low <= value <= high, round(exposure), unit, MEAN_WIDTH)


def of_quantile(value: float, runs: Sequence[np.ndarray], q: float, batches: int) -> Score:
    """A quantile of long runs: bounded within each run, then over the runs."""
    found = [_bounded(run, q, batches) for run in runs]
    size = sum(map(len, runs))
    if len(found) == 1:
        one = found[0]
        return Score(one.value, one.half_width, one.contains(value), size, "jobs", QUANTILE_WIDTH)
    return replace(_pooled(value, found, batches), size=size, unit="jobs")


def _bounded(run: np.ndarray, q: float, batches: int) -> QuantileInterval:
    """By the share under it; where that says nothing, by how the batches' own quantiles spread.

    Source of the second way: sectioning, Asmussen and Glynn 2007, section III.5.
    """
    found = quantile_interval(run, q, batches, CONFIDENCE)
    if math.isfinite(found.half_width):
        return found
    length = len(run) // batches
    sections = np.sort(run[len(run) - batches * length :].reshape(batches, length), axis=1)
    quantiles = sections[:, min(length - 1, math.ceil(q * length) - 1)]
    half_width = t_interval(quantiles.tolist(), CONFIDENCE).half_width
    low, high = found.value - half_width, found.value + half_width
    return QuantileInterval(found.value, low, high, CONFIDENCE, len(run))


def _pooled(value: float, found: Sequence[QuantileInterval], batches: int) -> Score:
    count = len(found)
    mean = math.fsum(one.value for one in found) / count
    t_within = t_quantile((1 + CONFIDENCE) / 2, batches - 1)
    t_pooled = t_quantile((1 + CONFIDENCE) / 2, count * (batches - 1))
    spread = math.sqrt(math.fsum((one.half_width / t_within) ** 2 for one in found)) / count
    half_width = t_pooled * spread
    holds = abs(mean - value) <= half_width
    return Score(mean, half_width, holds, count, "runs", QUANTILE_WIDTH)


def of_exact(value: float, found: float, *, relative: float = EXACT) -> Score:
    """No randomness in it."""
    holds = math.isclose(value, found, rel_tol=relative, abs_tol=relative)
    return Score(found, 0.0, holds, 1, "figure", note="exact")


def within(score: Score, value: float, *, relative: float = 0.0, absolute: float = 0.0) -> Score:
    """The known value is itself only right up to a tolerance."""
    room = max(relative * abs(value), absolute)
    holds = abs(score.estimate - value) <= room + score.half_width
    note = f"within {relative:.3g} of an approximation" if relative else f"within {absolute:.3g}"
    return replace(score, holds=holds, width=None, note=note)


def at_most(score: Score, bound: float) -> Score:
    """The value is an upper bound: the lower end of the interval must not pass it."""
    holds = score.estimate - score.half_width <= bound
    return replace(score, holds=holds, width=None, note="upper bound")


def together(scores: Sequence[Score]) -> Score:
    """Several figures of one case; the first is shown, all must hold."""
    notes = [f"{one.estimate:.5g} +- {one.half_width:.2g}" for one in scores[1:]]
    return replace(
        scores[0], holds=all(one.holds for one in scores), note="and " + ", ".join(notes)
    )


def kolmogorov(samples: np.ndarray, law: str, arguments: tuple[float, ...], share: float) -> bool:
    """Whether the samples may come from the law, refusing a share ``share`` of true ones."""
    return float(stats.kstest(samples, law, args=arguments).pvalue) > share
