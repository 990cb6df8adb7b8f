"""Who looks on while a run goes on: nobody, a terminal, a page, or both."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from models.base.time import TimeNs

if TYPE_CHECKING:
    from models.telemetry.series import SeriesStore
    from scenarios.load import LoadedScenario


@contextmanager
def looking_on(
    loaded: "LoadedScenario", *, on_stderr: bool, page: Path | None
) -> Iterator["Onlookers | None"]:
    """Whoever looks on, until the run is over; nobody when nothing was asked for."""
    if not on_stderr and page is None:
        yield None
        return
    with closing(Onlookers(loaded, on_stderr=on_stderr, page=page)) as onlookers:
        yield onlookers


class Onlookers:
    """Shows the dashboards of a run in one place or two.

    Raises:
        click.UsageError: the scenario declares no dashboards.
        click.BadParameter: the page could not be written.
    """

    def __init__(self, loaded: "LoadedScenario", *, on_stderr: bool, page: Path | None) -> None:
        from scenarios.cli.live import LiveDashboards
        from scenarios.cli.live_page import LivePage

        if not loaded.dashboards:
            option = "--live" if on_stderr else "--live-page"
            raise click.UsageError(
                f"{option} shows dashboards, but the scenario declares no dashboards"
            )
        phases = loaded.blueprint.phases
        self._shows: list[LiveDashboards | LivePage] = []
        self._page: LivePage | None = None
        if on_stderr:
            self._shows.append(LiveDashboards(loaded.dashboards))
        if page is not None:
            _check(page)
            self._page = LivePage(
                loaded.dashboards,
                page,
                scenario=loaded.blueprint.name,
                origin_ns=phases.warm_up_ns,
                end_ns=phases.end_ns,
            )
            self._shows.append(self._page)

    def __call__(self, store: "SeriesStore", civil_ns: TimeNs, now_ns: TimeNs) -> None:
        """Show what monitoring knows."""
        for show in self._shows:
            show(store, civil_ns, now_ns)

    def close(self) -> None:
        """The run is over."""
        if self._page is not None:
            self._page.close()


def _check(path: Path) -> None:
    if not path.parent.is_dir():
        raise click.BadParameter(f"there is no directory {path.parent}", param_hint="--live-page")
    if path.is_dir():
        raise click.BadParameter(f"{path} is a directory", param_hint="--live-page")
