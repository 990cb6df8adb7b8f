"""Replications: the same experiment under other seeds, until the mean is known well enough.

Stopping when an interval happens to be narrow makes it narrow too often, so the rule asks for
a minimum first, and for a little more than was promised: a relative half-width g of the
*estimated* mean keeps the *true* mean within g / (1 - g) of it.

Source: Law, Simulation Modeling and Analysis, section 9.4.1; Law and Kelton 1982.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from models.base.errors import ConfigError
from models.quality.interval import (
    CONFIDENCE,
    Interval,
    check_confidence,
    moments,
    t_interval,
    t_quantile,
)


@dataclass(frozen=True, slots=True)
class Precision:
    """How well a mean is to be known: within ``relative_half_width`` of it, at ``confidence``.

    Never fewer than ``at_least`` replications, never more than ``at_most``.

    Raises:
        ConfigError: a width or confidence outside (0, 1), or a minimum not in [2, at_most].
    """

    relative_half_width: float
    confidence: float = CONFIDENCE
    at_least: int = 10
    at_most: int = 1000

    def __post_init__(self) -> None:
        check_confidence(self.confidence)
        if not 0.0 < self.relative_half_width < 1.0:
            raise ConfigError(
                f"a relative half-width lies between 0 and 1, not at {self.relative_half_width}"
            )
        if not 2 <= self.at_least <= self.at_most:
            raise ConfigError(
                f"from {self.at_least} to {self.at_most} replications is no range that starts at 2"
            )

    @property
    def observed_half_width(self) -> float:
        """The relative half-width that the observed interval must not exceed."""
        return self.relative_half_width / (1.0 + self.relative_half_width)


class SequentialMean:
    """Collects one figure per replication and says when to stop.

    ``add`` is O(1); :attr:`is_finished` is O(n).
    """

    __slots__ = ("_precision", "_values")

    def __init__(self, precision: Precision) -> None:
        self._precision = precision
        self._values: list[float] = []

    def add(self, value: float) -> None:
        """Take the figure of the next replication.

        Raises:
            ConfigError: it is not finite.
        """
        if not math.isfinite(value):
            raise ConfigError(f"a replication gave {value}, which has no mean")
        self._values.append(value)

    @property
    def count(self) -> int:
        """Replications so far."""
        return len(self._values)

    @property
    def is_precise(self) -> bool:
        """True once the minimum is reached and the interval is narrow enough."""
        if self.count < self._precision.at_least:
            return False
        return self.interval().relative_half_width <= self._precision.observed_half_width

    @property
    def is_finished(self) -> bool:
        """True when no further replication is wanted or allowed."""
        return self.count >= self._precision.at_most or self.is_precise

    def interval(self) -> Interval:
        """What is known of the mean so far.

        Raises:
            ConfigError: there is no replication yet.
        """
        return t_interval(self._values, self._precision.confidence)

    def needed(self) -> int | None:
        """Replications that should do, all told; see :func:`replications_needed`."""
        return replications_needed(self._values, self._precision)


def replications_needed(values: Sequence[float], precision: Precision) -> int | None:
    """How many replications should reach the precision, judging by the spread of these.

    Never below the minimum, and not cut at the maximum. None beside a mean of 0, of which no
    share is narrow enough.

    Raises:
        ConfigError: fewer than two values, or one that is not finite.
    """
    if len(values) < 2:
        raise ConfigError("the spread of fewer than two replications is unknown")
    mean, variance = moments(values)
    if variance == 0:
        return precision.at_least
    if mean == 0:
        return None
    width = precision.observed_half_width * abs(mean)
    upper = (1.0 + precision.confidence) / 2.0
    enough = precision.at_least
    while t_quantile(upper, enough - 1) * math.sqrt(variance / enough) > width:
        enough *= 2
    short = max(precision.at_least, enough // 2) - 1
    while enough - short > 1:
        middle = (short + enough) // 2
        if t_quantile(upper, middle - 1) * math.sqrt(variance / middle) > width:
            short = middle
        else:
            enough = middle
    return enough
