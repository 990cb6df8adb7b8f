"""`foreshock anomalies`: recorded series, marks, and the table of alarms."""

import json
from pathlib import Path

import pytest

from models.alerting.anomaly.score import Window
from models.base.errors import SpecError
from scenarios.anomalies import read_marks, read_series
from scenarios.cli.exits import Exit
from tests.scenarios.shell import ROOT, foreshock

NAB = ROOT.parent / "shared" / "data" / "nab"


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_series_is_times_and_values_below_a_header(tmp_path: Path) -> None:
    file = written(
        tmp_path / "s.csv", "timestamp,value\n1970-01-01 00:00:01,2.5\n\n1970-01-02,nan\n"
    )
    assert read_series(file) == ((10**9, 2.5),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("t,v\n", "s.csv:1: error: no samples"),
        ("t,v\n1970-01-01\n", "s.csv:2: error: a row is a time and a value"),
        ("t,v\n1970-01-01,1\nnoon,2\n", "s.csv:3: error: .*noon.* is not a time"),
        ("t,v\n1970-01-01,many\n", "s.csv:2: error: 'many' is no number"),
    ],
)
def test_a_bad_series_is_located(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        read_series(written(tmp_path / "s.csv", text))


def test_marks_are_windows_by_file(tmp_path: Path) -> None:
    file = written(tmp_path / "m.json", '{"s.csv": [["1970-01-01 00:00:01.5", "1970-01-02"]]}')
    assert read_marks(file) == {"s.csv": (Window(1_500_000_000, 86_400 * 10**9),)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "m.json:1:2: error"),
        ("[]", "m.json:1: error: expected an object"),
        ('{"a": [["1970-01-01"]]}', r"m.json: error: a: expected \[begin, end\]"),
        ('{"a": 7}', r"m.json: error: a: expected \[begin, end\], not 7"),
        ('{"a": [["x", "1970-01-01"]]}', "m.json: error: a: .*x.* is not a time"),
        ('{"a": [["1970-01-02", "1970-01-01"]]}', "a: 1970-01-01 is before 1970-01-02"),
    ],
)
def test_bad_marks_are_located(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        read_marks(written(tmp_path / "m.json", text))


def test_the_command_ends_with_two_on_bad_input(tmp_path: Path) -> None:
    file = written(tmp_path / "s.csv", "t,v\n")
    result = foreshock("anomalies", file, cwd=tmp_path)
    assert result.returncode == Exit.BAD_INPUT
    assert "s.csv:1: error: no samples" in result.stderr


@pytest.mark.realdata
@pytest.mark.skipif(not NAB.is_dir(), reason="the shared data is not beside the repository")
def test_most_marked_windows_are_found_at_the_price_of_a_false_alarm_in_four_days() -> None:
    series = sorted(NAB.glob("*.csv"))
    result = foreshock("anomalies", *series, "--labels", NAB / "labels.json", "--json", cwd=ROOT)
    rows = json.loads(result.stdout)["series"]
    assert len(rows) == len(series)
    assert sum(row["windows"] for row in rows) == 18
    assert sum(row["detected"] for row in rows) >= 16
    days = sum(row["false_alarms"] / row["false_alarms_per_day"] for row in rows)
    assert sum(row["false_alarms"] for row in rows) / days < 0.26
