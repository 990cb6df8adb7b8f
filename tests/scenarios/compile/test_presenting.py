"""Metrics under foreign names: shipped mappings, mapping files, and what is wrong with them."""

import json
from pathlib import Path

import pytest

from models.telemetry.presenting.presentation import Target
from scenarios.compile.presenting import SHIPPED
from scenarios.runs.execute import execute
from tests.scenarios.edited import load_edited, messages

PRESENT = "  notify: {receiver: on-call"
RULES = (
    Path(__file__).parents[3].parent
    / "shared" / "data" / "prometheus-rules" / "istio-embedded-exporter.yml"
)  # fmt: skip
LONGER = ("warm_up: 30s, measure: 2m, heal: 30s, settle: 1m", "warm_up: 30s, measure: 6m")
CRASH = "  - {at: 30s, for: 1m, instance_crash: {service: catalog, count: 1}}"
ERRORS = "  - {at: 30s, for: 4m, error_rate: {service: catalog, ratio: 50%}}"
OWN = """\
target: instance
metrics:
  - {name: acme_calls_total, type: counter, of: responses, labels: {status: "{code}"}}
"""


def present(*names: str) -> tuple[str, str]:
    return PRESENT, f"  present_as: [{', '.join(names)}]\n{PRESENT}"


def shown(record) -> dict[str, dict[str, str]]:
    return {one.name: dict(one.labels) for one in record.manifest.series}


def test_every_shipped_mapping_reads_and_shows_its_metrics(tmp_path: Path) -> None:
    loaded = load_edited(tmp_path, present(*SHIPPED))
    config = loaded.blueprint.monitoring
    assert config is not None
    assert [one.name for one in config.presentations] == list(SHIPPED)
    assert {one.target for one in config.presentations} == set(Target)
    record = execute(loaded)
    series = shown(record)
    hidden = {"node_cpu_seconds_total", "node_vmstat_oom_kill"}
    wanted = {metric.name for one in config.presentations for metric in one.metrics} - hidden
    there = {name.removesuffix("_bucket") for name in series}
    assert wanted <= there


def test_a_mesh_counts_the_requests_that_the_instances_answered(tmp_path: Path) -> None:
    record = execute(load_edited(tmp_path, present("istio")))
    totals: dict[tuple[str, str], float] = {}
    native: dict[str, float] = {}
    last = {row[0]: row[2] for row in record.samples.rows() if row[2] == row[2]}
    for number, info in enumerate(record.manifest.series):
        labels = dict(info.labels)
        if info.name == "istio_requests_total":
            key = (labels["instance"], labels["response_code"])
            totals[key] = totals.get(key, 0.0) + last[number]
        if info.name == "http_requests_total" and labels["job"] == "frontend":
            native[labels["instance"]] = last[number]
    for instance, count in native.items():
        assert totals[instance, "200"] == count


def test_a_world_runs_alike_whether_its_metrics_have_other_names_or_not(tmp_path: Path) -> None:
    plain, other = execute(load_edited(tmp_path)), execute(load_edited(tmp_path, present("envoy")))
    assert plain.counts == other.counts
    assert list(plain.requests.rows()) == list(other.requests.rows())


@pytest.mark.realdata
def test_rules_written_for_a_mesh_fire_when_a_service_answers_with_errors(tmp_path: Path) -> None:
    if not RULES.is_file():
        pytest.skip("the rule file is not there")
    loaded = load_edited(
        tmp_path, present("istio"), LONGER, (CRASH, ERRORS),
        ("  rules:\n", f"  rules:\n    - {RULES}\n"),
        ('  - {alert: InstanceDown, fires_within: 1m, of: "faults[0]"}\n', ""),
    )  # fmt: skip
    record = execute(loaded)
    rows = [(row[1], row[2]) for row in record.alerts.rows()]
    assert ("IstioHigh5xxErrorRate", "firing") in rows
    assert ("IstioHigh4xxErrorRate", "firing") not in rows
    pages = [json.loads(row[3]) for row in record.events.rows() if row[1] == "page_sent"]
    assert any("IstioHigh5xxErrorRate" in page["alerts"] for page in pages)


def test_an_own_mapping_file_is_read_and_kept_with_the_run(tmp_path: Path) -> None:
    (tmp_path / "acme.yml").write_text(OWN, encoding="utf-8")
    loaded = load_edited(tmp_path, present("./acme.yml"))
    assert any(name.endswith("acme.yml") for name in loaded.files)
    assert "acme_calls_total" in shown(execute(loaded))


def test_an_unknown_presentation_is_located_with_a_suggestion(tmp_path: Path) -> None:
    (message,) = messages(tmp_path, present("istoi"))
    assert message.startswith("scenario.yaml:")
    assert "alerting.present_as[0]" in message
    assert "unknown presentation 'istoi', did you mean 'istio'?" in message


def test_a_presentation_named_twice_is_refused(tmp_path: Path) -> None:
    (message,) = messages(tmp_path, present("istio", "istio"))
    assert "'istio' is there already" in message


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("of: responses", "of: respones", "acme.yml:3:", "did you mean 'responses'?"),
        ("{code}", "{cod}", "acme.yml:3:", "unknown word 'cod'"),
        ("of: responses", "value: 1, of: responses", "acme.yml:3:", "either 'of'"),
        ("type: counter", "type: histogram", "acme.yml:3:", "cannot be shown as a histogram"),
        ("type: counter", "type: meter", "acme.yml:3:", "expected 'counter'"),
        ("target: instance", "target: pod", "acme.yml:1:", "got 'pod'"),
        ("acme_calls_total", "acme-calls", "acme.yml:3:", "not the name of a metric"),
        ("labels: {status:", "labels: {le:", "acme.yml:3:", "not the name of a label"),
        ("labels:", "buckets: [1], labels:", "acme.yml:3:", "buckets are for histograms"),
        ("labels:", "lables:", "acme.yml:3:", "unknown field, did you mean 'labels'?"),
    ],
)
def test_what_is_wrong_with_a_mapping_file_is_shown_where_it_stands(
    tmp_path: Path, old: str, new: str, place: str, words: str
) -> None:
    assert old in OWN
    (tmp_path / "acme.yml").write_text(OWN.replace(old, new, 1), encoding="utf-8")
    found = messages(tmp_path, present("acme.yml"))
    assert any(place in message and words in message for message in found), found


def test_a_mapping_file_that_is_not_there_is_told_at_the_entry(tmp_path: Path) -> None:
    (message,) = messages(tmp_path, present("none.yml"))
    assert "cannot read 'none.yml'" in message
