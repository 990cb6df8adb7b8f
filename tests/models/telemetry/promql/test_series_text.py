"""One series as it is written in unit tests of rules."""

import pytest

from models.base.errors import ValueSyntaxError
from models.telemetry.promql.series_text import parse_series


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("up", {"__name__": "up"}),
        ('up{job="a b", x="\\"q"}', {"__name__": "up", "job": "a b", "x": '"q'}),
        ('{job="a"}', {"job": "a"}),
        ("{}", {}),
        ("", {}),
    ],
)
def test_a_series_is_its_labels(text, labels):
    assert dict(parse_series(text)) == labels


@pytest.mark.parametrize(
    "text", ['up{job!="a"}', 'up{job=~"a"}', "up[5m]", "sum(up)", "up offset 5m", "up{", "3"]
)
def test_what_could_be_several_series_is_refused(text):
    with pytest.raises(ValueSyntaxError):
        parse_series(text)
