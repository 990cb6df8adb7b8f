"""Names, labels and numbers as both text formats write them.

Source: OpenMetrics 1.0, ABNF; Prometheus exposition formats, text version 0.0.4.
"""

from math import inf, isinf, isnan

from models.telemetry.labels import LabelSet


def number_text(value: float) -> str:
    """A value: ``+Inf``, ``-Inf``, ``NaN``, or the shortest digits that read back the same."""
    if isnan(value):
        return "NaN"
    if isinf(value):
        return "+Inf" if value == inf else "-Inf"
    value = float(value)
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)


def escaped(text: str, *, quotes: bool = True) -> str:
    """Backslashes and ends of lines written out, and quotes where they would end the value."""
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace('"', '\\"') if quotes else text


def sample_text(name: str, labels: LabelSet, value: float) -> str:
    """A sample without its instant: ``up{job="shop"} 1``."""
    inner = ",".join(f'{label}="{escaped(text)}"' for label, text in labels)
    return f"{name}{{{inner}}} {number_text(value)}" if inner else f"{name} {number_text(value)}"
