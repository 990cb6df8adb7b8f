"""Templates beside promtool: the same texts, and errors where it has errors."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from models.alerting.templating.template import compile_template
from models.alerting.templating.tokens import TemplateError
from tests.models.alerting.templating.cases import SAME, WRONG
from tests.oracle import promtool

pytestmark = pytest.mark.oracle

_ANNOTATION = re.compile(r'(a\d+)=("(?:\\.|[^"\\])*")')
BROKEN = (
    "{{ if }}", "{{ $x }}", "{{ end }}", "{{ if 1 }}", "{{ 1 | 2 }}", "{{ break }}", '{{ "a',
    "{{ foo 1 }}", "{{1-}}", "{{ /* x */ }}", "{{ }}", "{{", "{{ (1 }}", "{{ 08 }}",
    '{{ "a".b }}', "{{ range $a, $b, $c := 1 }}{{ end }}", "{{ with $a, $b := 1 }}{{ end }}",
)  # fmt: skip


def write(folder: Path, templates: list[str]) -> Path:
    rule = {
        "alert": "A",
        "expr": "v > 0",
        "annotations": {f"a{index}": text for index, text in enumerate(templates)},
    }
    rules = folder / "rules.json"
    rules.write_text(json.dumps({"groups": [{"name": "g", "rules": [rule]}]}))
    test = {
        "external_labels": {"dc": "eu"},
        "input_series": [
            {"series": 'v{job="b"}', "values": "2.5"},
            {"series": 'v{job="a"}', "values": "0"},
        ],
        "alert_rule_test": [
            {"eval_time": "0m", "alertname": "A", "exp_alerts": [{"exp_labels": {"job": "other"}}]}
        ],
    }
    (folder / "tests.json").write_text(json.dumps({"rule_files": ["rules.json"], "tests": [test]}))
    return rules


def told(*arguments: str) -> str:
    program = promtool.find() or "promtool"
    run = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    return run.stdout + run.stderr


@pytest.fixture(autouse=True)
def someone_to_ask() -> None:
    if reason := promtool.missing():
        pytest.skip(reason)


def test_templates_give_what_promtool_gives(tmp_path: Path) -> None:
    templates = [text for text, _ in (*SAME, *WRONG)]
    write(tmp_path, templates)
    output = told("test", "rules", str(tmp_path / "tests.json"))
    got = {name: json.loads(re.sub(r"\\x(..)", r"\\u00\1", text)) for name, text in
           _ANNOTATION.findall(output)}  # fmt: skip
    assert len(got) == len(templates), output
    differing = {}
    for index, (text, expected) in enumerate(SAME):
        if got[f"a{index}"] != expected:
            differing[text] = got[f"a{index}"]
    assert differing == {}
    for index, (text, _) in enumerate(WRONG, start=len(SAME)):
        assert got[f"a{index}"].startswith("<error expanding template:"), text


@pytest.mark.parametrize("template", BROKEN)
def test_templates_that_promtool_refuses_are_refused(tmp_path: Path, template: str) -> None:
    assert "FAILED" in told("check", "rules", str(write(tmp_path, [template])))
    with pytest.raises(TemplateError):
        compile_template(template)
