"""Durations as Prometheus and Alertmanager files write them: 30s, 1h30m, 0."""

from typing import Annotated

from pydantic import BeforeValidator

from models.alerting.prometheus_duration import parse_prometheus_duration
from models.base.errors import ValueSyntaxError
from models.base.time import DurationNs
from scenarios.document.quantities import mistake
from scenarios.source.problems import quoted


def _duration(value: object) -> DurationNs:
    if value == 0 and not isinstance(value, bool):
        return 0
    if not isinstance(value, str):
        raise mistake(f"{quoted(value)} needs a unit, for example 30s or 5m")
    try:
        return parse_prometheus_duration(value)
    except ValueSyntaxError as error:
        raise mistake(str(error)) from error


PrometheusDuration = Annotated[int, BeforeValidator(_duration)]
