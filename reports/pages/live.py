"""A page of dashboards that is written again and again while virtual time passes.

It asks the browser to load it anew; the last one, of a run that is over, no longer does.
"""

from collections.abc import Sequence

from markupsafe import Markup

from reports import environment
from reports.pages import plot
from reports.pages.dashboards import DashboardView, value_text

RELOAD_S = 1


def live_page(
    views: Sequence[DashboardView], *, scenario: str, passed: str, is_over: bool = False
) -> str:
    """The page; ``passed`` is the virtual time since the start of the run, in words."""
    template = environment.environment().get_template("live.html")
    return template.render(
        dashboards=views,
        panel_value=value_text,
        plot_size=(plot.WIDTH, plot.HEIGHT),
        plot_box=(plot.LEFT, plot.WIDTH - plot.RIGHT, plot.HEIGHT - plot.BOTTOM, plot.TOP),
        scenario=scenario,
        passed=passed,
        is_over=is_over,
        reload_s=RELOAD_S,
        policy=environment.content_policy(),
        style=Markup(environment.style_sheet()),
    )
