"""Label sets: what tells one series, or one alert, from another.

A label set is a tuple of (name, value) pairs sorted by name, so it can be compared, ordered and
used as a key. An absent label and an empty value mean the same, therefore empty values are
never stored.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import TypeAlias

from models.base.errors import ConfigError

LabelSet: TypeAlias = tuple[tuple[str, str], ...]

METRIC_NAME = "__name__"


def label_set(labels: Mapping[str, str] | Iterable[tuple[str, str]]) -> LabelSet:
    """Build a label set: sorted by name, empty values left out.

    Raises:
        ConfigError: a name is empty or given twice.
    """
    pairs = sorted(labels.items() if isinstance(labels, Mapping) else labels)
    names = [name for name, _ in pairs]
    if "" in names:
        raise ConfigError("a label name is empty")
    for previous, name in pairwise(names):
        if previous == name:
            raise ConfigError(f"label '{name}' is given twice")
    return tuple((name, value) for name, value in pairs if value)


def label_value(labels: LabelSet, name: str) -> str:
    """Value of a label, empty when it is absent."""
    for candidate, value in labels:
        if candidate == name:
            return value
    return ""


def overlay(labels: LabelSet, changes: Mapping[str, str]) -> LabelSet:
    """The labels with some values set; an empty value removes its label."""
    return label_set(dict(labels) | dict(changes))


def without_metric_name(labels: LabelSet) -> LabelSet:
    """The labels without the metric's name."""
    if labels and labels[0][0] == METRIC_NAME:
        return labels[1:]
    return tuple(pair for pair in labels if pair[0] != METRIC_NAME)


def only(labels: LabelSet, names: frozenset[str]) -> LabelSet:
    """The labels that have one of the names."""
    return tuple(pair for pair in labels if pair[0] in names)


def without(labels: LabelSet, names: frozenset[str]) -> LabelSet:
    """The labels that have none of the names."""
    return tuple(pair for pair in labels if pair[0] not in names)


def series_text(labels: LabelSet) -> str:
    """Write a label set as people read it: ``up{instance="a",job="shop"}``."""
    inner = ",".join(f'{name}="{_escaped(value)}"' for name, value in without_metric_name(labels))
    name = label_value(labels, METRIC_NAME)
    return f"{name}{{{inner}}}" if inner or not name else name


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
