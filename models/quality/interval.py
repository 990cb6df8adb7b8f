"""What a few noisy numbers say about the mean behind them: an estimate and how far off it may be.

A mean comes with Student's t, a share of yes-or-no trials with Wilson's interval or with the
exact one of Clopper and Pearson. One value alone bounds nothing: its interval is the whole line.
scipy is imported only when a quantile is asked for.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from models.base.errors import ConfigError

CONFIDENCE = 0.95
"""Confidence of every interval that does not say otherwise."""


@dataclass(frozen=True, slots=True)
class Interval:
    """``mean`` of ``count`` values; the true mean lies within ``half_width`` of it.

    That holds in a share ``confidence`` of all experiments like this one. ``half_width`` is
    infinite for one value.
    """

    mean: float
    half_width: float
    confidence: float
    count: int

    @property
    def low(self) -> float:
        """Lower end."""
        return self.mean - self.half_width

    @property
    def high(self) -> float:
        """Upper end."""
        return self.mean + self.half_width

    @property
    def relative_half_width(self) -> float:
        """Half-width as a share of the mean; infinite beside a mean of 0, unless it is 0 too."""
        if self.half_width == 0:
            return 0.0
        return self.half_width / abs(self.mean) if self.mean else math.inf

    def contains(self, value: float) -> bool:
        """True when ``value`` lies in the interval, its ends included."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Share:
    """``successes`` of ``trials``; the true probability lies in [``low``, ``high``]."""

    successes: int
    trials: int
    low: float
    high: float
    confidence: float

    @property
    def ratio(self) -> float:
        """Observed share, in [0, 1]."""
        return self.successes / self.trials

    def contains(self, probability: float) -> bool:
        """True when ``probability`` lies in the interval, its ends included."""
        return self.low <= probability <= self.high


def t_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """Interval for the mean of independent values, by Student's t.

    Exact for values of the normal law, and in the limit for means of anything with a variance.

    Raises:
        ConfigError: no values, one that is not finite, or a confidence outside (0, 1).

    Source: Student 1908; Law, Simulation Modeling and Analysis, section 4.5.
    """
    check_confidence(confidence)
    mean, variance = moments(values)
    count = len(values)
    if count == 1:
        return Interval(mean, math.inf, confidence, 1)
    half_width = t_quantile((1.0 + confidence) / 2.0, count - 1) * math.sqrt(variance / count)
    return Interval(mean, half_width, confidence, count)


def moments(values: Sequence[float]) -> tuple[float, float]:
    """Mean and unbiased variance (0 for one value), correctly rounded sums in two passes.

    Raises:
        ConfigError: no values, or one that is not finite.
    """
    numbers = [float(value) for value in values]
    if not numbers:
        raise ConfigError("nothing can be said of no values")
    if not all(map(math.isfinite, numbers)):
        raise ConfigError("a mean needs values that are all finite numbers")
    mean = math.fsum(numbers) / len(numbers)
    if len(numbers) == 1:
        return mean, 0.0
    return mean, math.fsum((value - mean) ** 2 for value in numbers) / (len(numbers) - 1)


def wilson_interval(successes: int, trials: int, confidence: float = CONFIDENCE) -> Share:
    """Interval for a probability that stays sensible near 0 and 1 and for few trials.

    With all of n trials a success it is [n / (n + z^2), 1], never the single point 1.

    Raises:
        ConfigError: no trials, more successes than trials, or a confidence outside (0, 1).

    Source: Wilson 1927; Brown, Cai and DasGupta 2001.
    """
    _check_trials(successes, trials)
    check_confidence(confidence)
    from scipy.special import ndtri

    z = float(ndtri((1.0 + confidence) / 2.0))
    ratio = successes / trials
    stretched = 1.0 + z * z / trials
    centre = (ratio + z * z / (2.0 * trials)) / stretched
    spread = z * math.sqrt(ratio * (1.0 - ratio) / trials + (z / (2.0 * trials)) ** 2) / stretched
    low = 0.0 if successes == 0 else centre - spread
    high = 1.0 if successes == trials else centre + spread
    return Share(successes, trials, low, high, confidence)


def exact_interval(successes: int, trials: int, confidence: float = CONFIDENCE) -> Share:
    """Interval for a probability that misses at most as often as stated, whatever the truth is.

    Raises:
        ConfigError: no trials, more successes than trials, or a confidence outside (0, 1).

    Source: Clopper and Pearson 1934.
    """
    _check_trials(successes, trials)
    check_confidence(confidence)
    from scipy.special import betaincinv

    tail = (1.0 - confidence) / 2.0
    failures = trials - successes
    low = 0.0 if successes == 0 else float(betaincinv(successes, failures + 1, tail))
    high = 1.0 if failures == 0 else float(betaincinv(successes + 1, failures, 1.0 - tail))
    return Share(successes, trials, low, high, confidence)


def t_quantile(probability: float, degrees_of_freedom: int) -> float:
    """Quantile of Student's t: a share ``probability`` of the law lies below it.

    Raises:
        ConfigError: the probability is outside (0, 1), or there is no degree of freedom.
    """
    if not (0.0 < probability < 1.0 and degrees_of_freedom >= 1):
        raise ConfigError(
            f"no t quantile at {probability} with {degrees_of_freedom} degrees of freedom"
        )
    from scipy.special import stdtrit

    return float(stdtrit(degrees_of_freedom, probability))


def check_confidence(confidence: float) -> None:
    """Refuse a confidence that no interval can have.

    Raises:
        ConfigError: it is not in (0, 1).
    """
    if not 0.0 < confidence < 1.0:
        raise ConfigError(f"a confidence lies between 0 and 1, not at {confidence}")


def _check_trials(successes: int, trials: int) -> None:
    if not 0 <= successes <= trials or trials == 0:
        raise ConfigError(f"{successes} successes of {trials} trials are no share")
