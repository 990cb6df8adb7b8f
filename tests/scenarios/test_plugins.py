"""Users' balancers and processes plug in by name, from a module or an entry point."""

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from models.base.errors import SpecError
from scenarios import plugins
from scenarios.session import Run, Scenario

HERE = Path(__file__).parent
TWO_TIER = HERE / "files" / "two-tier.yaml"
STICKY = {'edges["shoppers -> frontend"].balancer': "stickiest"}
DEPLOY = {"processes": [{"name": "deploy", "options": {"service": "frontend", "every": "20s"}}]}


@pytest.fixture(autouse=True)
def _example_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(HERE / "plugins")
    yield
    sys.modules.pop("example_plugin", None)


def frontends_called(run: Run) -> set[str]:
    return set(run.attempts.query("caller == 'shoppers'").target)


def test_a_balancer_of_a_named_module_picks() -> None:
    run = Scenario.load(TWO_TIER, STICKY).run(plugins=("example_plugin",))
    assert frontends_called(run) == {"frontend-0"}


def test_without_it_the_built_in_one_spreads() -> None:
    assert len(frontends_called(Scenario.load(TWO_TIER).run())) == 3


def test_a_process_runs_on_the_worlds_clock() -> None:
    run = Scenario.load(TWO_TIER, DEPLOY).run(plugins=("example_plugin",))
    notes = run.events.query("kind == 'note'")
    assert list(notes.time_s) == [20.0, 40.0, 60.0]
    assert list(notes.subject) == ["frontend-0", "frontend-1", "frontend-2"]


def test_an_installed_package_offers_it_by_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    def offered(*, group: str, name: str) -> list[EntryPoint]:
        assert (group, name) == ("foreshock.balancers", "stickiest")
        return [EntryPoint(name, "example_plugin:stickiest", group)]

    monkeypatch.setattr(plugins, "entry_points", offered)
    assert frontends_called(Scenario.load(TWO_TIER, STICKY).run()) == {"frontend-0"}


def test_a_name_that_nobody_offers_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(SpecError, match=r"no balancer is called 'stickiest'.*--plugin"):
        Scenario.load(TWO_TIER, STICKY).run()


def test_a_module_that_offers_nothing_is_refused() -> None:
    with pytest.raises(SpecError, match="defines neither BALANCERS nor PROCESSES"):
        Scenario.load(TWO_TIER).run(plugins=("json",))
