"""How fast an error budget burns, and the pairs of windows that page or file a ticket for it.

A burn rate of 1 spends the budget in exactly the period. An alert needs both of its windows above
the threshold: the long one says that it matters, the short one that it still goes on.

Source: Google SRE workbook, chapter 5; semantics 5.1, 5.2.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from models.base.errors import ConfigError
from models.base.time import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE, DurationNs


class Severity(StrEnum):
    """Who is bothered: someone at once, or somebody within days."""

    PAGE = "page"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class BurnWindow:
    """Alert when ``budget_percent`` of a period's budget burns at the pace of ``long_ns``.

    Raises:
        ConfigError: the windows or the percentage make no sense.
    """

    severity: Severity
    budget_percent: Fraction
    short_ns: DurationNs
    long_ns: DurationNs

    def __post_init__(self) -> None:
        if not 0 < self.short_ns < self.long_ns:
            raise ConfigError("burn window: the short one must be shorter than the long one")
        if not 0 < self.budget_percent <= 100:
            raise ConfigError(
                f"burn window: {self.budget_percent} % of a budget is not in (0, 100]"
            )

    def threshold(self, period_ns: DurationNs) -> Fraction:
        """The burn rate above which it alerts, for a budget over ``period_ns``."""
        return self.budget_percent * period_ns / (100 * self.long_ns)


def _row(severity: Severity, percent: int, short_ns: int, long_ns: int) -> BurnWindow:
    return BurnWindow(severity, Fraction(percent), short_ns, long_ns)


WORKBOOK = (
    _row(Severity.PAGE, 2, 5 * NS_PER_MINUTE, NS_PER_HOUR),
    _row(Severity.PAGE, 5, 30 * NS_PER_MINUTE, 6 * NS_PER_HOUR),
    _row(Severity.TICKET, 10, 2 * NS_PER_HOUR, NS_PER_DAY),
    _row(Severity.TICKET, 10, 6 * NS_PER_HOUR, 3 * NS_PER_DAY),
)
"""The workbook's three pairs and the customary fourth."""


def seconds_to_fire(
    window: BurnWindow, *, period_ns: DurationNs, budget: float, error_ratio: float
) -> float | None:
    """How long a constant error ratio takes to fire the alert, after a clean history.

    ``budget`` is the error ratio that is allowed, in (0, 1). None if it never fires: at the
    threshold itself it does not. Continuous evaluation and even traffic.
    """
    limit = float(window.threshold(period_ns)) * budget
    if error_ratio <= limit:
        return None
    return limit / error_ratio * window.long_ns / 1e9


def seconds_to_clear(
    window: BurnWindow, *, period_ns: DurationNs, budget: float, error_ratio: float
) -> float:
    """How long after the repair the short window falls to the threshold.

    For errors that lasted at least the short window, at a constant ratio above the threshold.
    """
    limit = float(window.threshold(period_ns)) * budget
    return (1.0 - limit / error_ratio) * window.short_ns / 1e9
