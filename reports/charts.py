"""What the page's charts show, as plain values for its script.

Times are seconds from the start of measure, values are in the unit the axis names. Arrays are
rounded to four significant digits: finer than a pixel, and half the size.
"""

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from models.base.outcome import RequestOutcome
from models.base.time import NS_PER_MS, NS_PER_S, TimeNs
from models.records.record import RunRecord
from reports.series.bands import alert_bands, fault_bands, page_marks
from reports.series.downsample import thin
from reports.series.sampled import Sampled, sampled, total
from reports.series.windows import Floats, Integers, Traffic, traffic
from reports.verdict import origin

Json: TypeAlias = str | int | float | bool | list["Json"] | dict[str, "Json"] | None
_QUEUES_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a chart: name, instants (s from the start of measure) and values."""

    name: str
    times_s: Floats
    values: Floats


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart of the shared time axis. ``empty_text`` stands where there is nothing to draw."""

    key: str
    title: str
    unit: str
    note: str
    empty_text: str
    curves: tuple[Curve, ...]

    @property
    def is_empty(self) -> bool:
        """True when no curve has a value to draw."""
        return all(bool(np.isnan(curve.values).all()) for curve in self.curves)


def charts(record: RunRecord) -> tuple[Chart, ...]:
    """The five charts of every run, in reading order."""
    seen = traffic(record)
    origin_ns = origin(record.manifest)
    return (
        _load(seen, origin_ns),
        _latency(seen, origin_ns),
        _errors(seen, origin_ns),
        _queues(record, origin_ns),
        _healthy(record, origin_ns),
    )


def _load(seen: Traffic, origin_ns: TimeNs) -> Chart:
    times = _middle(seen, origin_ns)
    has_requests = bool(seen.offered_per_s.any())
    return Chart(
        "load",
        "Load",
        "/s",
        "requests per second, by arrival",
        "No request arrived.",
        (
            Curve("offered", times, seen.offered_per_s),
            Curve("completed", times, seen.goodput_per_s),
        )
        if has_requests
        else (),
    )


def _latency(seen: Traffic, origin_ns: TimeNs) -> Chart:
    times = _middle(seen, origin_ns)
    return Chart(
        "latency",
        "Latency",
        "ms",
        "completed requests, by arrival",
        "No request completed.",
        tuple(
            Curve(f"p{percent}", times, values / NS_PER_MS)
            for percent, values in sorted(seen.latency_ns.items(), reverse=True)
        ),
    )


def _errors(seen: Traffic, origin_ns: TimeNs) -> Chart:
    times = _middle(seen, origin_ns)
    kinds = (RequestOutcome.FAILED, RequestOutcome.TIMED_OUT, RequestOutcome.REJECTED)
    return Chart(
        "errors",
        "Errors",
        "%",
        "share of the requests that arrived",
        "No request arrived.",
        tuple(
            Curve(kind.name.lower().replace("_", " "), times, seen.outcome_ratio[kind] * 100)
            for kind in kinds
        ),
    )


def _queues(record: RunRecord, origin_ns: TimeNs) -> Chart:
    series = sampled(record, "world_queue_length")
    longest = sorted(series, key=lambda one: (-one.values.max(), one.label("service")))
    curves = [_curve(one, one.label("service"), origin_ns) for one in longest[:_QUEUES_SHOWN]]
    rest = total(tuple(longest[_QUEUES_SHOWN:]))
    if rest is not None:
        curves.append(_curve(rest, "all others", origin_ns))
    return Chart(
        "queue",
        "Queue",
        "",
        "requests waiting, longest queues first",
        "Queues were not sampled.",
        tuple(curves),
    )


def _healthy(record: RunRecord, origin_ns: TimeNs) -> Chart:
    series = sampled(record, "world_instances_up")
    summed = total(series)
    curves = () if summed is None else (_curve(summed, "up", origin_ns),)
    return Chart(
        "healthy",
        "Healthy instances",
        "",
        "instances up, all services",
        "Instances were not sampled.",
        curves,
    )


def timeline_data(record: RunRecord) -> dict[str, Json]:
    """Everything the chart script reads: range, bands, marks and charts."""
    origin_ns = origin(record.manifest)
    span = record.manifest
    return {
        "start": _second(0, origin_ns),
        "end": _second(span.end_ns, origin_ns),
        "phases": [
            {
                "label": phase.name.replace("_", " "),
                "from": _second(phase.start_ns, origin_ns),
                "to": _second(phase.end_ns, origin_ns),
            }
            for phase in span.phases
        ],
        "bands": [
            {
                "kind": band.kind,
                "label": band.label,
                "from": _second(band.start_ns, origin_ns),
                "to": _second(band.end_ns, origin_ns),
            }
            for band in (*fault_bands(record), *alert_bands(record))
        ],
        "marks": [
            {
                "label": mark.label,
                "status": mark.status,
                "at": _second(mark.time_ns, origin_ns),
            }
            for mark in page_marks(record)
        ],
        "charts": [_chart_data(chart) for chart in charts(record)],
    }


def _chart_data(chart: Chart) -> Json:
    """Values of a chart; a curve without ``x`` is drawn over the ``x`` of the one before."""
    curves: list[Json] = []
    before: list[float] = []
    for curve in chart.curves:
        times = [round(time, 3) for time in curve.times_s.tolist()]
        data: dict[str, Json] = {
            "name": curve.name,
            "y": [rounded(value) for value in curve.values.tolist()],
        }
        if times != before:
            data["x"] = list(times)
            before = times
        curves.append(data)
    return {"key": chart.key, "unit": chart.unit, "curves": curves}


def rounded(value: float) -> float | None:
    """Four significant digits; None for NaN, which JSON does not know. Whole numbers as int."""
    if math.isnan(value):
        return None
    short = float(f"{value:.4g}")
    return int(short) if short.is_integer() else short


def _curve(one: Sampled, name: str, origin_ns: TimeNs) -> Curve:
    times_ns, values = thin(one.times_ns, one.values)
    return Curve(name, _seconds(times_ns, origin_ns), values)


def _middle(seen: Traffic, origin_ns: TimeNs) -> Floats:
    return _seconds(seen.starts_ns + seen.window_ns // 2, origin_ns)


def _seconds(times_ns: Integers, origin_ns: TimeNs) -> Floats:
    return (times_ns - origin_ns) / NS_PER_S


def _second(time_ns: TimeNs, origin_ns: TimeNs) -> float:
    return round((time_ns - origin_ns) / NS_PER_S, 3)
