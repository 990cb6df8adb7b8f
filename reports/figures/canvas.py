"""What every picture shares: a figure without global state, colours, bands, repeatable bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from models.base.time import NS_PER_S
from models.records.record import RunRecord
from reports.quantities import moment_text
from reports.series.bands import fault_bands
from reports.verdict import origin

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#6b6b00")
DASHES = ("-", "--", ":", "-.", (0, (4, 2)))
DPI = 150
_TICK_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
_TICKS_MAX = 9


class Picture(Figure):
    """A figure that draws itself in a notebook and has no entry in any global list."""

    def png(self) -> bytes:
        """PNG bytes without date or version inside: the same figure gives the same bytes."""
        target = BytesIO()
        with style.context("default"):
            FigureCanvasAgg(self)
            self.savefig(target, format="png", metadata={"Software": None})
        return target.getvalue()

    def _repr_png_(self) -> bytes:
        return self.png()


@contextmanager
def fresh_style() -> Iterator[None]:
    """Draw with matplotlib's own defaults, whatever the user's settings are."""
    with style.context("default"):
        yield


def picture(height_inches: float) -> Picture:
    """An empty picture 8 inches wide."""
    return Picture(figsize=(8.0, height_inches), dpi=DPI, layout="constrained")


def tidy(axes: Axes, title: str, unit: str) -> None:
    """Title on the left, a calm grid, no frame, values from zero up."""
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold")
    axes.set_ylabel(unit)
    axes.set_ylim(bottom=0)
    axes.grid(axis="y", color="#e3e6e9", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def time_axis(axes: Axes, record: RunRecord) -> None:
    """Label time as the report does and shade the faults."""
    origin_ns = origin(record.manifest)
    axes.set_xlim(-origin_ns / NS_PER_S, (record.manifest.end_ns - origin_ns) / NS_PER_S)
    span_s = record.manifest.end_ns / NS_PER_S
    step = next((s for s in _TICK_SECONDS if span_s <= s * _TICKS_MAX), span_s / _TICKS_MAX)
    axes.xaxis.set_major_locator(MultipleLocator(step))
    axes.xaxis.set_major_formatter(FuncFormatter(_moment))
    for band in fault_bands(record):
        low = (band.start_ns - origin_ns) / NS_PER_S
        high = (band.end_ns - origin_ns) / NS_PER_S
        axes.axvspan(low, high, color="#d55e00", alpha=0.12, linewidth=0)
        axes.annotate(
            band.label,
            (low, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(3, -3),
            textcoords="offset points",
            va="top",
            fontsize=8,
            color="#59626d",
        )


def legend_above(axes: Axes, entries: int) -> None:
    """Put the legend beside the title, where no curve can be."""
    axes.legend(
        frameon=False,
        fontsize=8,
        ncols=entries,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        borderaxespad=0.2,
    )


def no_data(axes: Axes, words: str) -> None:
    """Say in the middle of the axes that there is nothing to draw, and why."""
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", color="#59626d")


def _moment(seconds: float, _position: int | None = None) -> str:
    return moment_text(round(seconds * NS_PER_S), 0).removesuffix(".0")
