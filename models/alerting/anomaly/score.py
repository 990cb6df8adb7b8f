"""Scores a detector on a series in which people have marked what was wrong, and when."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from models.alerting.anomaly.config import AnomalyConfig
from models.alerting.anomaly.detector import AnomalyDetector
from models.base.time import NS_PER_DAY, DurationNs, TimeNs

Sample = tuple[TimeNs, float]


@dataclass(frozen=True, slots=True)
class Window:
    """A span that people marked as anomalous; both ends belong to it."""

    begin: TimeNs
    end: TimeNs


@dataclass(frozen=True, slots=True)
class Scored:
    """How a detector did on one series."""

    samples: int
    length_ns: DurationNs
    windows: int
    detected: int
    false_alarms: int

    @property
    def false_alarms_per_day(self) -> float:
        """Alarms outside every window, for each day of the series."""
        return self.false_alarms * NS_PER_DAY / self.length_ns if self.length_ns else 0.0


def in_order(samples: Iterable[Sample]) -> Iterator[Sample]:
    """Samples whose time is later than all before; a clock set back repeats times, for instance."""
    latest: TimeNs | None = None
    for now, value in samples:
        if latest is None or now > latest:
            yield now, value
            latest = now


def alarms(config: AnomalyConfig, samples: Iterable[Sample]) -> tuple[Window, ...]:
    """When the detector fired: from the value that made it to the last one while it did."""
    detector = AnomalyDetector(config)
    found: list[Window] = []
    began: TimeNs | None = None
    last: TimeNs = 0
    for now, value in in_order(samples):
        is_firing = detector.observe(value, now=now).is_firing
        if is_firing and began is None:
            began = now
        elif not is_firing and began is not None:
            found.append(Window(began, last))
            began = None
        last = now
    if began is not None:
        found.append(Window(began, last))
    return tuple(found)


def score(config: AnomalyConfig, samples: Sequence[Sample], windows: Sequence[Window]) -> Scored:
    """A window is detected if an alarm overlaps it; an alarm that overlaps none is false."""
    raised = alarms(config, samples)
    return Scored(
        samples=len(samples),
        length_ns=samples[-1][0] - samples[0][0] if samples else 0,
        windows=len(windows),
        detected=sum(any(_overlap(alarm, window) for alarm in raised) for window in windows),
        false_alarms=sum(
            not any(_overlap(alarm, window) for window in windows) for alarm in raised
        ),
    )


def total(rows: Iterable[Scored]) -> Scored:
    """All series together; their lengths add up, so rates are for each day of each series."""
    rows = tuple(rows)
    return Scored(
        samples=sum(row.samples for row in rows),
        length_ns=sum(row.length_ns for row in rows),
        windows=sum(row.windows for row in rows),
        detected=sum(row.detected for row in rows),
        false_alarms=sum(row.false_alarms for row in rows),
    )


def _overlap(one: Window, other: Window) -> bool:
    return one.begin <= other.end and other.begin <= one.end
