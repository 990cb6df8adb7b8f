"""The report: one HTML file that needs nothing else, safe to open and to pass on.

Everything is inside: style sheet, chart script and data. A content security policy allows
exactly that script and that style sheet by their hashes and no request at all, so a hostile
name in a scenario stays text. The same record gives the same bytes.
"""

from collections.abc import Mapping
from functools import partial

from markupsafe import Markup

from models.base.time import NS_PER_S, TimeNs
from models.planning.alert_history import FLAP_NS
from models.planning.incident import BASELINE_NS, WINDOW_NS
from models.planning.paging import AFTERMATH_NS
from models.records.record import RunRecord, Verdict
from reports import environment, topology
from reports.charts import charts, timeline_data
from reports.pages import alerts, dashboards, failover, jobs, plot, traces
from reports.pages.chapter import Chapter, chapter_of
from reports.quantities import moment_text
from reports.series.windows import window_length
from reports.tables.edges import edge_rows
from reports.tables.key_figures import key_figures
from reports.tables.services import service_rows
from reports.tables.stores import cache_rows, database_rows, queue_rows
from reports.tables.traces import failed, slowest
from reports.text import counts_line
from reports.timeline import timeline
from reports.verdict import expectation_rows, headline, origin

SYMBOLS = {Verdict.PASSED: "✓", Verdict.FAILED: "✗", Verdict.STOPPED: "■"}


def render(record: RunRecord, variables: Mapping[str, str] | None = None) -> str:
    """The whole report as HTML text (write it as UTF-8).

    ``variables`` are those of dashboards that are not to stand at their defaults.
    """
    origin_ns = origin(record.manifest)
    chapter = chapter_of(record)
    data = timeline_data(record)
    caches, queues, databases = cache_rows(record), queue_rows(record), database_rows(record)
    return (
        environment.environment()
        .get_template("report.html")
        .render(
            record=record,
            manifest=record.manifest,
            symbol=SYMBOLS[record.verdict],
            headline=headline(record),
            contents=_contents(
                chapter,
                has_stores=bool(caches or queues or databases),
                has_dashboards=bool(record.dashboards),
            ),
            expectations=expectation_rows(record),
            figures=key_figures(record),
            balance=counts_line(record),
            chapter=chapter,
            charts=charts(record),
            stories=failover.fault_stories(record),
            moments=timeline(record),
            **_watched(record, variables),
            services=service_rows(record),
            caches=caches,
            queues=queues,
            databases=databases,
            edges=edge_rows(record),
            drawing=topology.topology(record),
            box_width=topology.BOX_WIDTH,
            box_height=topology.BOX_HEIGHT,
            plot_width=failover.PLOT_WIDTH,
            plot_size=(plot.WIDTH, plot.HEIGHT),
            plot_box=(plot.LEFT, plot.WIDTH - plot.RIGHT, plot.HEIGHT - plot.BOTTOM, plot.TOP),
            gantt_width=jobs.WIDTH,
            gantt_left=jobs.LEFT,
            waterfalls=traces.waterfalls(record),
            failed_requests=failed(record),
            slow_requests=slowest(record),
            origin_ns=origin_ns,
            moment_link=partial(_moment_link, origin_ns),
            time_min=data["start"],
            time_max=data["end"],
            window_ns=window_length(record.manifest.end_ns),
            baseline_ns=BASELINE_NS,
            recovery_window_ns=WINDOW_NS,
            policy=environment.content_policy(),
            style=Markup(environment.style_sheet()),
            script=Markup(environment.page_script()),
            data=environment.embedded_json(data),
        )
    )


def _watched(record: RunRecord, variables: Mapping[str, str] | None) -> dict[str, object]:
    """What monitoring knew: alerts and dashboards, and what their templates ask for."""
    return {
        "alerts": alerts.alerts_view(record),
        "label_words": alerts.label_words,
        "strip_width": alerts.STRIP_WIDTH,
        "flap_ns": FLAP_NS,
        "objective": record.objective,
        "objective_window": alerts.window_words(record.objective.window_ns),
        "aftermath_ns": AFTERMATH_NS,
        "dashboards": dashboards.dashboard_views(record, variables),
        "panel_value": dashboards.value_text,
    }


def _contents(
    chapter: Chapter | None, *, has_stores: bool, has_dashboards: bool
) -> tuple[tuple[str, str], ...]:
    dashboards_there = (("dashboards", "Dashboards"),) if has_dashboards else ()
    named = (("chapter", chapter.title),) if chapter else ()
    stores = (("stores", "Data stores"),) if has_stores else ()
    return (
        ("expectations", "Expectations"),
        ("figures", "Key figures"),
        *named,
        ("charts", "Over time"),
        ("timeline", "What happened"),
        ("alerts", "Alerts"),
        *dashboards_there,
        ("services", "Services"),
        *stores,
        ("topology", "Topology"),
        ("traces", "Traces"),
        ("requests", "Requests"),
        ("inputs", "Inputs"),
        ("definitions", "Definitions"),
    )


def _moment_link(origin_ns: TimeNs, time_ns: TimeNs) -> Markup:
    return Markup('<a class="moment" href="#charts" data-moment="{}">{}</a>').format(
        (time_ns - origin_ns) / NS_PER_S, moment_text(time_ns, origin_ns)
    )
