"""Series as promtool's unit tests write them, and results in a form that reads well in tables."""

import re

from models.base.time import NS_PER_S
from models.telemetry.labels import METRIC_NAME, label_set, series_text
from models.telemetry.promql import compile_expression
from models.telemetry.series import SeriesStore

_SERIES = re.compile(r"\s*([A-Za-z_:][\w:]*)?\s*(?:\{([^}]*)\})?\s+(.*)")
_LABEL = re.compile(r'\s*"?([^\s"=]+)"?\s*=\s*"([^"]*)"\s*,?')
_STEPS = re.compile(r"(-?(?:[\d.]+(?:e[-+]?\d+)?|Inf|NaN)|_|stale)(?:([-+])([\d.]+))?(?:x(\d+))?")


def values_of(notation):
    """The samples of one series: numbers, None for a staleness marker, "_" for a gap."""
    values = []
    for word in notation.split():
        start, sign, step, times = _STEPS.fullmatch(word).groups()
        count = int(times or 0) + (start != "_" or times is None)
        if start in ("_", "stale"):
            values += ["_" if start == "_" else None] * count
            continue
        slope = float(step or 0) * (-1 if sign == "-" else 1)
        values += [float(start) + slope * index for index in range(count)]
    return values


def load(text, *, step_s):
    """A store with the series of a text, one a line."""
    store = SeriesStore(retention_ns=10**18)
    columns = []
    for line in text.strip().splitlines():
        name, labels, notation = _SERIES.fullmatch(line).groups()
        pairs = {METRIC_NAME: name or ""} | dict(_LABEL.findall(labels or ""))
        columns.append((label_set(pairs), values_of(notation)))
    for index in range(max(len(values) for _, values in columns)):
        for labels, values in columns:
            if index < len(values) and values[index] != "_":
                at_ns = round(index * step_s * NS_PER_S)
                store.append(labels, time_ns=at_ns, value=values[index])
    return store


def evaluated(store, query, at_s, **options):
    """The result at an instant: a number, or values by the text of their labels, in order."""
    value = compile_expression(query).instant(store, now=round(at_s * NS_PER_S), **options)
    if not isinstance(value, tuple):
        return value
    return {series_text(sample.labels): sample.value for sample in value}
