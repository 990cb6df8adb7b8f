"""`foreshock run --live`: values that follow virtual time."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from models.telemetry.labels import label_set
from models.telemetry.series import SeriesStore
from scenarios.cli.exits import Exit
from scenarios.cli.live import LiveDashboards
from scenarios.runs.execute import RunOptions, execute
from tests.scenarios.compile.test_dashboards import DECLARED
from tests.scenarios.edited import load_edited, write_edited
from tests.scenarios.shell import SMALL, foreshock

S = 10**9


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def store() -> SeriesStore:
    made = SeriesStore()
    for instance in ("a", "b"):
        labels = label_set({"__name__": "up", "job": "frontend", "instance": instance})
        made.append(labels, time_ns=100 * S, value=1.0)
    return made


def test_panels_show_the_values_of_the_moment(tmp_path: Path, store: SeriesStore) -> None:
    stream = io.StringIO()
    live = LiveDashboards(load_edited(tmp_path, DECLARED).dashboards, stream=stream)
    live(store, 101 * S, 7 * S)
    assert stream.getvalue().splitlines() == [
        "7s", "  Requests: no series", "  Up: 2", "  Who, a: 1", "  Who, b: 1",
    ]  # fmt: skip


def test_they_are_shown_again_when_the_refresh_is_due_and_not_before(
    tmp_path: Path, store: SeriesStore
) -> None:
    stream = io.StringIO()
    live = LiveDashboards(load_edited(tmp_path, DECLARED).dashboards, stream=stream)
    live(store, 101 * S, 7 * S)
    before = stream.getvalue()
    live(store, 102 * S, 12 * S - 1)
    assert stream.getvalue() == before
    live(store, 102 * S, 12 * S)
    assert stream.getvalue() != before


def test_variables_follow_the_series_of_the_moment(tmp_path: Path, store: SeriesStore) -> None:
    asked = DECLARED[1].replace("values: [frontend, catalog]", "query: 'label_values(up, job)'")
    edit = (DECLARED[0], asked)
    stream = io.StringIO()
    live = LiveDashboards(load_edited(tmp_path, edit).dashboards, stream=stream)
    live(SeriesStore(), 101 * S, 0)
    live(store, 101 * S, 7 * S)
    assert stream.getvalue().splitlines()[-3:] == ["  Up: 2", "  Who, a: 1", "  Who, b: 1"]


def test_a_terminal_is_rewritten_in_place(tmp_path: Path, store: SeriesStore) -> None:
    stream = Terminal()
    live = LiveDashboards(load_edited(tmp_path, DECLARED).dashboards, stream=stream)
    live(store, 101 * S, 0)
    live(store, 101 * S, 5 * S)
    assert "\x1b[5A\x1b[J5s" in stream.getvalue()


def test_looking_on_changes_nothing(tmp_path: Path) -> None:
    loaded = load_edited(tmp_path, DECLARED)
    boards = tuple(replace(one, refresh_ns=1) for one in loaded.dashboards)
    stream = io.StringIO()
    watched = execute(loaded, RunOptions(live=LiveDashboards(boards, stream=stream)))
    assert watched.digest == execute(loaded).digest
    assert "Requests: 2" in stream.getvalue()


def test_the_command_shows_them_and_refuses_a_scenario_without(tmp_path: Path) -> None:
    scenario = write_edited(tmp_path, DECLARED)
    told = foreshock("run", scenario, "--live", "--no-report", cwd=tmp_path)
    assert told.returncode == Exit.OK
    assert "  Requests: " in told.stderr
    told = foreshock("run", SMALL, "--live", "--no-report", cwd=tmp_path)
    assert told.returncode == Exit.BAD_INPUT
    assert "declares no dashboards" in told.stderr
