"""The page as a file: complete, safe, small, the same every time."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from models.records.record import ExpectationResult, Verdict
from reports.page import render
from tests.reports.sample_run import capacity_run, cost_run, empty_run, jobs_run, outage_run
from tests.reports.small_run import MANIFEST, small_run

SECTIONS = ("failover", "capacity", "cost", "jobs", "traffic")
VOID = {"meta", "br", "input", "link", "img"}
EVIL = '"><img src=x onerror=alert(1)></script><script>alert(2)</script><!--'


class Page(HTMLParser):
    """Elements in order with their attributes; fails on tags that do not nest."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def text():
    return render(outage_run())


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def inline(text, opening):
    return re.findall(re.escape(opening) + r"(.*?)</(?:script|style)>", text, re.DOTALL)


def source_of(content):
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def policy_of(page):
    (policy,) = [m["content"] for m in page.of("meta") if "http-equiv" in m]
    return policy


def test_the_policy_allows_exactly_our_script_and_style(text, page):
    (script,), (style,) = inline(text, "<script>"), inline(text, "<style>")
    policy = policy_of(page)
    assert policy.startswith("default-src 'none'; ")
    assert f"script-src '{source_of(script)}';" in policy
    assert f"style-src '{source_of(style)}';" in policy
    assert "unsafe" not in policy


def test_nothing_is_loaded_from_anywhere(page):
    loading = {"src", "srcset", "data", "action", "formaction", "poster", "background"}
    for _, attributes in page.elements:
        assert not loading & attributes.keys()
        for name in ("href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#")
    assert page.of("link") == page.of("img") == page.of("iframe") == []


def test_no_handler_and_no_style_stands_in_an_attribute(page):
    for _, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]


def test_ids_are_unique_and_every_link_inside_leads_somewhere(page):
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    referred = [a["href"][1:] for a in page.of("a")]
    for _, a in page.elements:
        for name in ("aria-labelledby", "aria-describedby", "data-copies"):
            referred += (a.get(name) or "").split()
    assert set(referred) <= set(ids)


def test_every_table_heading_has_a_scope(page):
    assert page.of("th")
    assert all(a.get("scope") in {"col", "row", "rowgroup"} for a in page.of("th"))


def test_every_drawing_has_a_name_or_is_hidden_from_readers(page):
    for attributes in page.of("svg"):
        assert attributes.get("aria-hidden") == "true" or attributes.get("aria-label")


def test_every_chart_has_a_name_and_words(page):
    plots = [a for a in page.of("div") if a.get("role") == "slider"]
    assert len(plots) == 5
    assert all(a["aria-labelledby"] and a["aria-describedby"] for a in plots)


def test_there_are_landmarks_and_a_way_past_the_links(page):
    assert page.of("main")[0]["id"] == "main"
    assert len(page.of("header")) == len(page.of("footer")) == 1
    assert page.of("nav")[0]["aria-label"] == "Sections"
    assert page.of("a")[0] == {"class": "skip", "href": "#main"}


def test_the_data_is_json_without_a_character_that_ends_its_element(text):
    (data,) = inline(text, '<script type="application/json" id="timeline-data">')
    assert not set("<>&") & set(data)
    assert len(json.loads(data)["charts"]) == 5


def test_a_first_violation_links_to_its_moment(page):
    moments = [a["data-moment"] for a in page.of("a") if "data-moment" in a]
    assert "300.35" in moments


def test_the_scenario_stays_text(text):
    assert "</script><script>alert(1)</script>" not in text
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize("section", SECTIONS)
def test_a_hostile_name_stays_text_wherever_it_appears(section):
    info = replace(MANIFEST.instances[0], name=EVIL, service=EVIL, zone=EVIL)
    evil = replace(
        MANIFEST,
        scenario=EVIL,
        question=EVIL,
        section=section,
        services=(replace(MANIFEST.services[0], name=EVIL),),
        instances=(info, *MANIFEST.instances[1:]),
        edges=(replace(MANIFEST.edges[0], callee=EVIL, balancer=EVIL),),
        call_nodes=tuple(replace(n, service=EVIL, endpoint=EVIL) for n in MANIFEST.call_nodes),
    )
    record = small_run(
        manifest=evil,
        replay=EVIL,
        scenario_text=EVIL,
        overrides=(EVIL,),
        stop_reason=EVIL,
        verdict=Verdict.STOPPED,
        expectations=(ExpectationResult(EVIL, False, EVIL, EVIL, None, 0, EVIL),),
        costs=[(EVIL, EVIL, 1.0, "h", 1.0)],
        jobs=[(EVIL, 0, 1, 2, 1, EVIL, EVIL, 1, EVIL)],
        alerts=[(0, EVIL, "firing", "{}", 1.0)],
        events=[(0, "note", EVIL, "{}")],
    )
    page = Page(render(record))
    assert page.of("img") == []
    assert len(page.of("script")) == 2


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_run_in_which_nothing_happened_still_makes_a_page(section, verdict):
    record = empty_run(verdict=verdict)
    record = replace(record, manifest=replace(record.manifest, section=section))
    assert len(Page(render(record)).of("section")) == 12


def test_the_bare_minimum_makes_a_page():
    bare = replace(
        MANIFEST, services=(), instances=(), edges=(), sources=(), call_nodes=(), series=()
    )
    assert "There is nothing to draw." in render(small_run(manifest=bare))


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (outage_run, "When callers stopped listing the lost instances"),
        (capacity_run, "Highest load that held"),
        (cost_run, "Who pays for what"),
        (jobs_run, "Every tick and its executions"),
    ],
)
def test_each_section_answers_its_own_question(build, words):
    text = render(build())
    Page(text)
    assert words in text


def test_the_same_record_gives_the_same_bytes(text):
    assert render(outage_run()) == text


def test_a_large_run_stays_under_a_megabyte(text):
    assert len(text.encode()) < 400_000


def test_the_verdict_is_a_symbol_and_a_word(text):
    assert "<title>✗ zone-outage-at-peak: failed</title>" in text
