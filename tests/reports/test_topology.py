"""The drawing of services: layers, lines, labels."""

from dataclasses import replace

from models.base.outcome import Outcome
from models.records.manifest import EdgeInfo
from reports.topology import BOX_HEIGHT, BOX_WIDTH, topology
from tests.reports.small_run import MANIFEST, WARM_UP_END, attempt, small_run


def test_callers_stand_left_of_what_they_call():
    drawing = topology(small_run())
    x = {box.name: box.x for box in drawing.boxes}
    assert x["shop"] < x["web"] < x["cart"]
    assert drawing.width >= x["cart"] + BOX_WIDTH


def test_a_box_tells_its_zones():
    boxes = {box.name: box for box in topology(small_run()).boxes}
    assert boxes["web"].zones == (("a", 1), ("b", 1))
    assert boxes["shop"].is_source


def test_a_line_is_as_severe_as_its_errors():
    def severity(bad, of):
        rows = [attempt(i, WARM_UP_END, outcome=Outcome.ERROR if i < bad else 0) for i in range(of)]
        return topology(small_run(attempts=rows)).lines[0].severity

    assert severity(0, 10) == "calm"
    assert severity(1, 1001) == "calm"
    assert severity(1, 1000) == "noticeable"
    assert severity(1, 101) == "noticeable"
    assert severity(1, 100) == "serious"


def test_a_busier_line_is_wider():
    rows = [attempt(0, WARM_UP_END)] + [attempt(i, WARM_UP_END, node=1) for i in range(1, 9)]
    quiet, busy = topology(small_run(attempts=rows)).lines
    assert busy.width > quiet.width


def test_calls_in_a_circle_are_drawn_without_end():
    edges = (
        *MANIFEST.edges,
        EdgeInfo("cart", "web", "round_robin", 0, 0),
        EdgeInfo("web", "web", "round_robin", 0, 0),
    )
    drawing = topology(small_run(manifest=replace(MANIFEST, edges=edges)))
    assert len(drawing.lines) == 4


def test_lines_that_meet_in_one_box_arrive_apart():
    edges = (*MANIFEST.edges, EdgeInfo("shop", "cart", "round_robin", 0, 0))
    lines = topology(small_run(manifest=replace(MANIFEST, edges=edges))).lines
    heights = [line.label_y for line in lines if line.row.callee == "cart"]
    assert len(set(heights)) == 2


def test_a_line_that_skips_a_column_runs_between_the_boxes():
    edges = (*MANIFEST.edges, EdgeInfo("shop", "cart", "round_robin", 0, 0))
    drawing = topology(small_run(manifest=replace(MANIFEST, edges=edges)))
    (web,) = (box for box in drawing.boxes if box.name == "web")
    (line,) = (
        line for line in drawing.lines if (line.row.caller, line.row.callee) == ("shop", "cart")
    )
    height = int(line.path.split(f"L{web.x + BOX_WIDTH:.0f} ")[1].split("C")[0])
    assert not web.y <= height <= web.y + BOX_HEIGHT


def test_a_run_without_services_has_an_empty_drawing():
    bare = replace(MANIFEST, services=(), edges=(), sources=(), call_nodes=())
    assert topology(small_run(manifest=bare)).boxes == ()
