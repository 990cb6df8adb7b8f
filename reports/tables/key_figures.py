"""The few figures a reader wants first, over the phase measure."""

from dataclasses import dataclass

import numpy as np

from models.base.outcome import RequestOutcome
from models.base.time import NS_PER_S
from models.records.record import RunRecord
from reports.quantities import MISSING, count_text, latency_text, ratio_text, significant
from reports.series.windows import grouped_percentiles
from reports.tables.services import measured


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One figure with its name and the context that keeps it honest."""

    name: str
    value: str
    note: str


def key_figures(record: RunRecord) -> tuple[KeyFigure, ...]:
    """Load, goodput, errors and latency of the requests that arrived during measure."""
    low, high = measured(record)
    arrival = record.requests["arrival_ns"].astype(np.int64)
    inside = (arrival >= low) & (arrival < high)
    outcome = record.requests["outcome"][inside]
    completed = outcome == RequestOutcome.COMPLETED
    offered, good = len(outcome), int(completed.sum())
    ended = offered - int((outcome == RequestOutcome.IN_FLIGHT).sum())
    span_s = (high - low) / NS_PER_S
    durations = record.requests["duration_ns"][inside].astype(np.int64)[completed]
    ranks = grouped_percentiles(np.zeros(good, dtype=np.int64), durations, 1, (50, 90, 99, 100))
    latency = {percent: float(values[0]) for percent, values in ranks.items()}
    return (
        KeyFigure(
            "Offered",
            _rate(offered, span_s),
            f"{count_text(offered)} {'request' if offered == 1 else 'requests'}",
        ),
        KeyFigure("Goodput", _rate(good, span_s), f"{count_text(good)} completed"),
        KeyFigure("Error ratio", _errors(ended - good, ended), _ends(outcome)),
        *(
            KeyFigure(f"p{percent}", _latency(latency[percent]), "of completed requests")
            for percent in (50, 90, 99)
        ),
        KeyFigure("Slowest", _latency(latency[100]), "completed request"),
    )


def _rate(count: int, span_s: float) -> str:
    return f"{significant(count / span_s)} /s" if span_s else MISSING


def _errors(bad: int, ended: int) -> str:
    return ratio_text(bad / ended) if ended else MISSING


def _latency(value: float) -> str:
    return MISSING if np.isnan(value) else latency_text(value)


def _ends(outcome: np.ndarray[tuple[int], np.dtype[np.generic]]) -> str:
    kinds = (RequestOutcome.FAILED, RequestOutcome.REJECTED, RequestOutcome.TIMED_OUT)
    counts = [(int((outcome == kind).sum()), kind) for kind in kinds]
    words = [f"{count_text(n)} {kind.name.lower().replace('_', ' ')}" for n, kind in counts if n]
    if not len(outcome):
        return "none arrived"
    return ", ".join(words) or "none failed"
