"""Two variants under the same dice: what they differ by, run for run.

Common random numbers give both variants the same arrivals and the same work, so luck that hits
one hits the other and drops out of the difference. How much that helped is measured, not
assumed: dice that fall out of step can make it worse than independent runs.

Source: Law, Simulation Modeling and Analysis, sections 10.2.1 and 11.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from models.base.errors import ConfigError
from models.quality.interval import CONFIDENCE, Interval, moments, t_interval


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """``interval`` of variant minus baseline, over pairs of runs with equal seeds.

    ``variance_ratio`` is the variance of the difference over what independent runs would have:
    below 1 the common dice helped. None where both variants never varied.
    """

    interval: Interval
    variance_ratio: float | None

    @property
    def is_significant(self) -> bool:
        """True when the interval leaves out 0: the variants differ, and the sign is known."""
        return not self.interval.contains(0.0)


def paired_difference(
    baseline: Sequence[float], variant: Sequence[float], confidence: float = CONFIDENCE
) -> PairedDifference:
    """Compare two variants; ``baseline[k]`` and ``variant[k]`` ran under the same seed.

    Raises:
        ConfigError: unequal lengths, no pair, or a value that is not finite.
    """
    if len(baseline) != len(variant):
        raise ConfigError(
            f"{len(baseline)} runs of the baseline and {len(variant)} of the variant are no pairs"
        )
    _, spread = moments(baseline)
    _, other_spread = moments(variant)
    differences = [float(new) - float(old) for old, new in zip(baseline, variant, strict=True)]
    interval = t_interval(differences, confidence)
    apart = spread + other_spread
    ratio = moments(differences)[1] / apart if apart > 0 else None
    return PairedDifference(interval, ratio)
