"""One objective: what is measured, what share of it must be good, and who hears when it is not."""

from dataclasses import dataclass, field
from fractions import Fraction

from models.alerting.objectives.burn import WORKBOOK, BurnWindow, Severity
from models.base.errors import ConfigError
from models.base.time import NS_PER_DAY, DurationNs

WINDOW_PLACEHOLDER = "{{.window}}"
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SeverityAlert:
    """The alert of one severity; labels and annotations add to those of the objective."""

    severity: Severity
    is_disabled: bool = False
    labels: Pairs = ()
    annotations: Pairs = ()


@dataclass(frozen=True, slots=True)
class Alerting:
    """Name, labels and annotations that the objective's alerts share."""

    name: str = ""
    labels: Pairs = ()
    annotations: Pairs = ()
    page: SeverityAlert = SeverityAlert(Severity.PAGE)
    ticket: SeverityAlert = SeverityAlert(Severity.TICKET)


@dataclass(frozen=True, slots=True)
class ErrorRatio:
    """PromQL of the share of bad events, with ``{{.window}}`` where the range goes.

    Either ``errors`` over ``total``, or ``raw``, which is the ratio itself.

    Raises:
        ConfigError: not exactly one of the two ways, or a query without the placeholder.
    """

    errors: str = ""
    total: str = ""
    raw: str = ""

    def __post_init__(self) -> None:
        is_by_events = bool(self.errors and self.total)
        if is_by_events == bool(self.raw) or bool(self.errors) != bool(self.total):
            raise ConfigError("objective: give error and total queries, or one raw ratio")
        for query in (self.errors, self.total, self.raw):
            if query and WINDOW_PLACEHOLDER not in query:
                raise ConfigError(f"objective: '{query}' has no {WINDOW_PLACEHOLDER} for its range")

    def over(self, window: str) -> str:
        """The expression with the window filled in."""
        if self.raw:
            return f"({self.raw.replace(WINDOW_PLACEHOLDER, window)})"
        errors, total = (
            query.replace(WINDOW_PLACEHOLDER, window) for query in (self.errors, self.total)
        )
        return f"({errors})\n/\n({total})"


@dataclass(frozen=True, slots=True)
class Objective:
    """``target_percent`` of the events of ``service`` must be good over ``period_ns``.

    Raises:
        ConfigError: a target outside (0, 100), a period that is not whole days, or no name.
    """

    service: str
    name: str
    target_percent: Fraction
    error_ratio: ErrorRatio
    period_ns: DurationNs = 30 * NS_PER_DAY
    description: str = ""
    labels: Pairs = ()
    alerting: Alerting = field(default_factory=Alerting)
    windows: tuple[BurnWindow, ...] = WORKBOOK

    def __post_init__(self) -> None:
        if not self.service or not self.name:
            raise ConfigError("objective: needs a service and a name")
        if not 0 < self.target_percent < 100:
            raise ConfigError(
                f"objective: a target of {float(self.target_percent)} % is not between 0 and 100"
            )
        if self.period_ns < NS_PER_DAY or self.period_ns % NS_PER_DAY:
            raise ConfigError("objective: the period must be whole days")

    @property
    def id(self) -> str:
        """Service and name, as labels carry it."""
        return f"{self.service}-{self.name}"

    @property
    def target(self) -> Fraction:
        """Share of good events."""
        return self.target_percent / 100

    @property
    def budget(self) -> Fraction:
        """Share of bad events that is allowed."""
        return 1 - self.target
