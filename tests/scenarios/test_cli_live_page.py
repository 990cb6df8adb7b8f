"""`foreshock run --live-page`: a page that follows virtual time."""

from pathlib import Path

import pytest

from models.telemetry.labels import label_set
from models.telemetry.series import SeriesStore
from scenarios.cli.exits import Exit
from scenarios.cli.live_page import WRITTEN_EVERY_S, LivePage
from scenarios.runs.execute import RunOptions, execute
from tests.scenarios.compile.test_dashboards import DECLARED
from tests.scenarios.edited import load_edited, write_edited
from tests.scenarios.shell import SMALL, foreshock

S = 10**9


class Hand:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def store() -> SeriesStore:
    made = SeriesStore()
    labels = label_set({"__name__": "up", "job": "frontend", "instance": "a"})
    for time_s in range(100, 500, 5):
        made.append(labels, time_ns=time_s * S, value=1.0)
    return made


def page_of(tmp_path: Path, hand: Hand) -> tuple[LivePage, Path]:
    loaded = load_edited(tmp_path, DECLARED)
    path = tmp_path / "live.html"
    made = LivePage(
        loaded.dashboards, path, scenario="two-tier", origin_ns=0, end_ns=900 * S, clock=hand
    )
    return made, path


def test_it_shows_the_values_and_asks_to_be_loaded_again(tmp_path: Path, store) -> None:
    page, path = page_of(tmp_path, Hand())
    page(store, 200 * S, 100 * S)
    text = path.read_text(encoding="utf-8")
    assert 'http-equiv="refresh" content="1"' in text
    assert "two-tier at 1m40s" in text
    assert '<th scope="row">a</th><td class="number">1</td>' in text
    assert [one.name for one in tmp_path.iterdir() if "partial" in one.name] == []


def test_it_is_written_when_both_clocks_say_so(tmp_path: Path, store) -> None:
    hand = Hand()
    page, path = page_of(tmp_path, hand)
    page(store, 200 * S, 100 * S)
    path.unlink()
    hand.now_s = WRITTEN_EVERY_S
    page(store, 205 * S - 1, 105 * S - 1)
    assert not path.exists()
    page(store, 205 * S, 105 * S)
    path.unlink()
    page(store, 210 * S, 110 * S)
    assert not path.exists()
    hand.now_s = 2 * WRITTEN_EVERY_S
    page(store, 211 * S, 111 * S)
    assert path.exists()


def test_the_last_page_is_about_the_end_and_stands_still(tmp_path: Path, store) -> None:
    page, path = page_of(tmp_path, Hand())
    page.close()
    assert not path.exists()
    page(store, 200 * S, 100 * S)
    page(store, 203 * S, 103 * S)
    page.close()
    text = path.read_text(encoding="utf-8")
    assert "refresh" not in text
    assert "over after 1m43s" in text


def test_looking_on_changes_nothing(tmp_path: Path) -> None:
    loaded = load_edited(tmp_path, DECLARED)
    page, _ = page_of(tmp_path, Hand())
    assert execute(loaded, RunOptions(live=page)).digest == execute(loaded).digest


def test_the_command_writes_the_page_beside_the_report(tmp_path: Path) -> None:
    scenario = write_edited(tmp_path, DECLARED)
    told = foreshock(
        "run", scenario, "--quiet", "--no-report", "--live-page", "now.html", cwd=tmp_path
    )
    assert told.returncode == Exit.OK, told.stderr
    text = (tmp_path / "now.html").read_text(encoding="utf-8")
    assert "The run is over" in text
    assert "The shop" in text
    assert 'class="line k0"' in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((SMALL, "--live-page", "a.html"), "--live-page shows dashboards, but the scenario"),
        (("scenario.yaml", "--live-page", "no/a.html"), "there is no directory no"),
        (("scenario.yaml", "--live-page", "a.html", "--reps", "2"), "--live-page is for a single"),
    ],
)
def test_what_cannot_be_shown_is_refused(tmp_path: Path, words, message: str) -> None:
    write_edited(tmp_path, DECLARED)
    told = foreshock("run", *words, cwd=tmp_path)
    assert told.returncode == Exit.BAD_INPUT
    assert message in told.stderr
