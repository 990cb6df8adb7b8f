"""Which members of a group fail too much: far more than their peers, or simply too often."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from models.traffic.outlier.config import FailureShareConfig, SuccessRateConfig


@dataclass(frozen=True, slots=True)
class Tally:
    """Results of one member in one interval."""

    member: int
    successes: int
    total: int


@dataclass(frozen=True, slots=True)
class RateThreshold:
    """Mean success rate of the members that qualify, and the rate below which one is ejected.

    Rates are ratios; the threshold may be below 0.
    """

    mean: float
    eject_below: float


def rate_threshold(rates: Sequence[float], stdev_factor: float) -> RateThreshold:
    """Mean - factor x population standard deviation of at least one rate.

    Equal rates have no outlier, so the threshold is then exactly their value. Sums run in the
    order given, with operations that round the same everywhere.

    Source: Envoy ``outlier_detection_impl.cc``; semantics 7.2.
    """
    if min(rates) == max(rates):
        return RateThreshold(rates[0], rates[0])
    mean = sum(rates) / len(rates)
    variance = sum((rate - mean) * (rate - mean) for rate in rates) / len(rates)
    return RateThreshold(mean, mean - stdev_factor * sqrt(variance))


def success_rate_outliers(
    tallies: Sequence[Tally], config: SuccessRateConfig
) -> tuple[RateThreshold | None, list[int]]:
    """The threshold, None with too few members that qualify, and the members strictly below."""
    judged = [tally for tally in tallies if tally.total >= config.volume_min]
    if len(judged) < config.hosts_min:
        return None, []
    rates = [tally.successes / tally.total for tally in judged]
    threshold = rate_threshold(rates, config.stdev_factor)
    below = threshold.eject_below
    outliers = zip(judged, rates, strict=True)
    return threshold, [tally.member for tally, rate in outliers if rate < below]


def failure_share_outliers(tallies: Sequence[Tally], config: FailureShareConfig) -> list[int]:
    """Members of whose results at least the configured share failed, if enough qualify."""
    judged = [tally for tally in tallies if tally.total >= config.volume_min]
    if len(judged) < config.hosts_min:
        return []
    return [
        tally.member
        for tally in judged
        if (tally.total - tally.successes) / tally.total >= config.failure_ratio
    ]
