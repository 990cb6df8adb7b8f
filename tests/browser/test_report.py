"""The report in a real browser, offline: charts, keyboard, links, tables, print and phone.

Driven through headless Chromium: the one named by FORESHOCK_CHROMIUM, or the first found on the
path. Without one, or without playwright, these tests skip and say so.
"""

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from reports.page import render
from tests.reports.sample_run import capacity_run, empty_run, jobs_run, outage_run

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
CANDIDATES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PHONE, DESKTOP = 400, 1280
FULL = "-120 1560"


def executable():
    named = os.environ.get("FORESHOCK_CHROMIUM")
    return named or next(filter(None, map(shutil.which, CANDIDATES)), None)


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = executable()
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(CANDIDATES)} on the path (see the README)")
    with sync_api.sync_playwright() as driver:
        launched = driver.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    builds = {"outage": outage_run, "capacity": capacity_run, "jobs": jobs_run, "empty": empty_run}
    for name, build in builds.items():
        (folder / f"{name}.html").write_text(render(build()), encoding="utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in builds}


@dataclass
class Opened:
    """An open report and everything it complained about or asked the network for."""

    page: object
    complaints: list = field(default_factory=list)
    requests: list = field(default_factory=list)

    @property
    def zoom(self):
        return self.page.evaluate("document.documentElement.dataset.zoom")

    @property
    def span(self):
        low, high = map(float, self.zoom.split())
        return high - low

    def plot(self, key):
        return self.page.locator(f"#chart-{key} .plot")

    def box(self, key):
        self.plot(key).scroll_into_view_if_needed()
        return self.plot(key).bounding_box()

    def drag(self, key, start, end):
        box = self.box(key)
        middle = box["y"] + box["height"] / 2
        mouse = self.page.mouse
        mouse.move(box["x"] + box["width"] * start, middle)
        mouse.down()
        mouse.move(box["x"] + box["width"] * (start + end) / 2, middle)
        mouse.move(box["x"] + box["width"] * end, middle)
        mouse.up()

    def overflow(self):
        return self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


@pytest.fixture
def report(browser, files):
    """Open a report by name; every test ends with no complaint and no request."""

    @contextmanager
    def opened(name="outage", *, width=DESKTOP, scheme="light", **options):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            offline=True,
            **options,
        )
        page = context.new_page()
        view = Opened(page)
        page.on("console", lambda message: view.complaints.append(message.text))
        page.on("pageerror", lambda error: view.complaints.append(str(error)))
        page.on("request", lambda request: view.requests.append(request.url))
        page.goto(files[name])
        yield view
        context.close()
        assert view.complaints == []
        assert view.requests == [files[name]]

    return opened


@pytest.mark.parametrize("name", ["outage", "capacity", "jobs", "empty"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_every_report_opens_quietly_and_fits_its_window(report, name, width):
    with report(name, width=width) as view:
        assert view.overflow() <= 0
        assert view.zoom == FULL


def test_every_chart_draws_its_curves(report):
    with report() as view:
        for key, curves in (("load", 2), ("latency", 3), ("errors", 3), ("queue", 5)):
            paths = view.page.locator(f"#chart-{key} .plot path.line")
            assert paths.count() == curves
            assert all("NaN" not in paths.nth(i).get_attribute("d") for i in range(curves))


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_dragging_zooms_all_charts_and_double_click_resets(report, width):
    with report(width=width) as view:
        before = view.plot("queue").inner_html()
        view.drag("latency", 0.4, 0.6)
        low, high = map(float, view.zoom.split())
        assert 300 < high - low < 500
        assert -120 < low < high < 1560
        assert view.plot("queue").inner_html() != before
        view.plot("load").dblclick()
        assert view.zoom == FULL


def test_a_click_without_dragging_does_not_zoom(report):
    with report() as view:
        view.plot("load").click(position={"x": 400, "y": 60})
        assert view.zoom == FULL


def test_a_drag_from_right_to_left_zooms_too(report):
    with report() as view:
        view.drag("load", 0.6, 0.4)
        assert 300 < view.span < 500


def test_the_button_resets_and_is_only_enabled_when_zoomed(report):
    with report() as view:
        reset = view.page.locator("#reset")
        assert reset.is_disabled()
        view.drag("load", 0.4, 0.6)
        reset.click()
        assert view.zoom == FULL
        assert reset.is_disabled()


def test_the_cursor_is_shared_and_the_legend_tells_the_values_under_it(report):
    with report() as view:
        box = view.box("load")
        view.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
        assert view.page.locator(".plot path.cursor").count() == 6
        assert view.page.locator("#readout").inner_text().startswith("T+")
        value = view.page.locator("#chart-latency .key .value").first.inner_text()
        assert value.endswith("ms")
        view.page.mouse.move(0, 0)
        assert view.page.locator(".plot path.cursor").count() == 0
        idle = view.page.locator("#chart-latency .key .value").first.inner_text()
        assert idle == "max 1.4 s"


def test_a_curve_can_be_hidden_and_shown_by_its_key(report):
    with report() as view:
        key = view.page.locator("#chart-latency .key").first
        key.click()
        assert key.get_attribute("aria-pressed") == "false"
        assert view.page.locator("#chart-latency .plot path.line").count() == 2
        key.press("Enter")
        assert view.page.locator("#chart-latency .plot path.line").count() == 3


def test_the_keyboard_moves_the_cursor_zooms_and_resets(report):
    with report() as view:
        plot = view.plot("latency")
        plot.focus()
        plot.press("Home")
        assert plot.get_attribute("aria-valuenow") == "-120"
        plot.press("ArrowRight")
        assert float(plot.get_attribute("aria-valuenow")) == pytest.approx(-111.6)
        plot.press("Shift+ArrowRight")
        assert float(plot.get_attribute("aria-valuenow")) == pytest.approx(-27.6)
        assert "p99" in plot.get_attribute("aria-valuetext")
        plot.press("+")
        assert view.span == pytest.approx(840)
        plot.press("-")
        assert view.span == pytest.approx(1680)
        for _ in range(30):
            plot.press("+")
        assert view.span == pytest.approx(1)
        plot.press("Escape")
        assert view.zoom == FULL


def test_the_view_follows_the_cursor_past_its_edge(report):
    with report() as view:
        plot = view.plot("load")
        plot.focus()
        plot.press("+")
        before = view.zoom
        plot.press("End")
        plot.press("PageUp")
        assert view.zoom != before
        assert view.span == pytest.approx(840)


def test_every_control_can_be_reached_with_the_tab_key(report):
    with report() as view:
        focusable = view.page.evaluate(
            """() => Array.from(document.querySelectorAll("a[href], button:not(:disabled), summary,"
               + "[tabindex='0']")).filter((node) => node.checkVisibility()).length"""
        )
        reached = set()
        for _ in range(focusable + 5):
            view.page.keyboard.press("Tab")
            reached.add(
                view.page.evaluate(
                    "[...document.querySelectorAll('*')].indexOf(document.activeElement)"
                )
            )
        assert len(reached) >= focusable


def test_a_violation_leads_to_its_moment(report):
    with report() as view:
        view.page.locator("#expectations a.moment").click()
        low, high = map(float, view.zoom.split())
        assert low < 300.35 < high
        assert high - low == pytest.approx(120)
        assert view.page.locator(".plot path.cursor").count() == 6


def test_the_service_table_sorts_by_any_heading(report):
    with report() as view:
        names = view.page.locator("#services tbody th")
        heading = view.page.locator("#services th", has_text="p99")
        heading.locator("button").click()
        assert heading.get_attribute("aria-sort") == "descending"
        assert names.first.inner_text() == "checkout"
        heading.locator("button").press("Enter")
        assert heading.get_attribute("aria-sort") == "ascending"
        assert names.first.inner_text() == "currency"
        view.page.locator("#services th button", has_text="Service").click()
        assert names.first.inner_text() == "ads"
        assert view.page.locator("#services th[aria-sort]").count() == 1


def test_the_replay_line_is_copied_or_selected(report):
    with report(permissions=["clipboard-read", "clipboard-write"]) as view:
        view.page.locator("button[data-copies]").click()
        status = view.page.locator("#copy-status")
        status.filter(has_text="ed").wait_for()
        line = view.page.locator("#replay-line").inner_text()
        copied = view.page.evaluate("navigator.clipboard.readText()")
        selected = view.page.evaluate("String(window.getSelection())")
        assert line in (copied, selected)


def test_touch_drags_zoom_as_a_mouse_does(report):
    with report(width=PHONE, has_touch=True, is_mobile=True) as view:
        box = view.box("load")
        session = view.page.context.new_cdp_session(view.page)
        middle = box["y"] + box["height"] / 2

        def touch(kind, share):
            points = [{"x": box["x"] + box["width"] * share, "y": middle}] if share else []
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", 0.4)
        for share in (0.45, 0.5, 0.55, 0.6):
            touch("touchMove", share)
        touch("touchEnd", None)
        assert 250 < view.span < 600


def test_dark_colours_are_used_when_asked_for(report):
    def shade(view):
        colour = view.page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in colour.strip("rgb()").split(", ")) / 3

    with report() as view:
        assert shade(view) > 200
    with report(scheme="dark") as view:
        assert shade(view) < 60


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_print_is_light_and_leaves_the_controls_out(report, scheme):
    with report(scheme=scheme, width=800) as view:
        view.page.emulate_media(media="print", color_scheme=scheme)
        colour = view.page.evaluate("getComputedStyle(document.body).color")
        assert sum(int(part) for part in colour.strip("rgb()").split(", ")) < 150
        assert not view.page.locator("nav").is_visible()
        assert not view.page.locator(".toolbar").is_visible()
        assert view.page.locator("#chart-load .plot path.line").count() == 2
        assert view.overflow() <= 0
        assert len(view.page.pdf()) > 20_000


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_the_critical_path_is_thicker_than_the_span_and_lies_on_it(report, width):
    with report(width=width, java_script_enabled=False) as view:
        rows = view.page.locator("#trace-failed tr.on-path")
        assert rows.count() > 3
        for row in (rows.nth(i) for i in range(rows.count())):
            span = row.locator("rect.span").bounding_box()
            for part in row.locator("rect.critical").all():
                box = part.bounding_box()
                assert box["height"] > 1.8 * span["height"]
                assert box["x"] > span["x"] - 2
                assert box["x"] + box["width"] < span["x"] + span["width"] + 4
            assert row.locator(".critical-figure").inner_text() != "–"  # noqa: RUF001


def test_bars_of_a_waterfall_stay_in_their_column(report):
    with report(width=PHONE) as view:
        for cell in view.page.locator("#trace-slowest .bar-cell").all():
            outer = cell.bounding_box()
            for bar in cell.locator("rect").all():
                box = bar.bounding_box()
                assert outer["x"] - 1 <= box["x"]
                assert box["x"] + box["width"] <= outer["x"] + outer["width"] + 1


def test_colour_is_never_alone_in_a_chart(report):
    with report() as view:
        dashes = view.page.evaluate(
            """() => [0, 1, 2, 3, 4].map((k) => getComputedStyle(
                 document.querySelector("#chart-queue .line.k" + k)).strokeDasharray)"""
        )
        assert len(set(dashes)) == 5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_lines_stand_out_from_the_page(report, scheme):
    with report(scheme=scheme) as view:
        ratios = view.page.evaluate(CONTRAST)
        assert min(ratios["text"]) >= 4.5
        assert min(ratios["lines"]) >= 3.0


def test_without_script_the_words_and_tables_remain(report):
    with report(java_script_enabled=False) as view:
        assert view.page.locator("noscript p").is_visible()
        assert view.page.locator("#chart-load .in-words").is_visible()
        assert view.page.locator("#services tbody tr").count() == 10
        assert not view.page.locator("#reset").is_visible()


CONTRAST = """() => {
  const style = getComputedStyle(document.documentElement);
  const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const luminance = (name) => {
    probe.fillStyle = style.getPropertyValue(name).trim();
    probe.fillRect(0, 0, 1, 1);
    const linear = Array.from(probe.getImageData(0, 0, 1, 1).data).slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : Math.pow((share + 0.055) / 1.055, 2.4);
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const ratio = (name) => {
    const [low, high] = [luminance(name), luminance("--page")].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  return {
    text: ["--text", "--soft", "--link", "--good", "--bad", "--stopped"].map(ratio),
    lines: ["--k0", "--k1", "--k2", "--k3", "--k4", "--fault", "--alert", "--focus"].map(ratio),
  };
}"""
