"""`foreshock run --live-page FILE`: the dashboards as a page that follows virtual time.

The file is replaced as a whole, so that a browser never reads half of one.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

from models.base.time import NS_PER_S, DurationNs, TimeNs, format_duration
from models.planning.variables import resolved
from models.records.dashboard import Dashboard
from models.telemetry.series import SeriesStore
from reports.pages.dashboards import board_view
from reports.pages.live import live_page

WRITTEN_EVERY_S = 0.5


class LivePage:
    """Writes the page as often in virtual time as the dashboards are to be refreshed.

    But not more often than twice in a second of ``clock``, which reads seconds. ``origin_ns`` is
    the virtual instant that times on the page count from.
    """

    def __init__(
        self,
        dashboards: Sequence[Dashboard],
        path: Path,
        *,
        scenario: str,
        origin_ns: TimeNs,
        end_ns: DurationNs,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._dashboards = tuple(dashboards)
        self._path = path
        self._scenario = scenario
        self._origin_ns = origin_ns
        self._end_ns = end_ns
        self._clock = clock
        self._refresh_ns = min((one.refresh_ns for one in dashboards), default=0)
        self._due_ns: TimeNs = 0
        self._due_s = clock()
        self._latest: tuple[SeriesStore, TimeNs, TimeNs] | None = None

    def __call__(self, store: SeriesStore, civil_ns: TimeNs, now_ns: TimeNs) -> None:
        """Write the page, unless it was written a moment ago."""
        if self._latest is None or store is not self._latest[0]:
            store.keep_at_least(self._end_ns)
            self._due_ns = 0
        self._latest = (store, civil_ns, now_ns)
        if now_ns < self._due_ns or self._clock() < self._due_s:
            return
        self._due_ns = now_ns + self._refresh_ns
        self._write(is_over=False)
        self._due_s = self._clock() + WRITTEN_EVERY_S

    def close(self) -> None:
        """Write how it ended, without a wish to be loaded again."""
        if self._latest is not None:
            self._write(is_over=True)

    def _write(self, *, is_over: bool) -> None:
        assert self._latest is not None
        store, civil_ns, now_ns = self._latest
        zero_ns = civil_ns - now_ns + self._origin_ns
        views = []
        for dashboard in self._dashboards:
            board = resolved(dashboard, store, {}, now=civil_ns)
            length_ns = min(board.range_ns or now_ns, now_ns)
            span = (civil_ns - length_ns, civil_ns)
            views.append(board_view(board, store, board.defaults(), span, zero_ns))
        text = live_page(
            views,
            scenario=self._scenario,
            passed=format_duration(now_ns // NS_PER_S * NS_PER_S),
            is_over=is_over,
        )
        partial = self._path.with_name(f".{self._path.name}.partial")
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(self._path)
