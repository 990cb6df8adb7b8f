"""One series as it is written: ``name{label="value"}``, a selector that can only mean itself."""

import promql_parser

from models.base.errors import ValueSyntaxError
from models.telemetry.labels import METRIC_NAME, LabelSet, label_set

_EQUAL = "MatchOp.Equal"


def parse_series(text: str) -> LabelSet:
    """Labels of the series, the metric's name among them; none for an empty text or ``{}``.

    Raises:
        ValueSyntaxError: it is no series, or matches by anything but equality.
    """
    if text.strip() in ("", "{}"):
        return ()
    try:
        tree = promql_parser.parse(text)
    except ValueError as error:
        raise ValueSyntaxError(f"'{text}' is no series: {error}") from error
    if not isinstance(tree, promql_parser.VectorSelector) or tree.offset or tree.at:
        raise ValueSyntaxError(f"'{text}' is no series, write for example up{{job=\"shop\"}}")
    labels = {} if tree.name is None else {METRIC_NAME: tree.name}
    for matcher in tree.matchers.matchers:
        if str(matcher.op) != _EQUAL:
            raise ValueSyntaxError(f"'{text}' is no series: labels are given by '='")
        if labels.setdefault(matcher.name, matcher.value) != matcher.value:
            raise ValueSyntaxError(f"'{text}' gives the label '{matcher.name}' twice")
    return label_set(labels)
