"""`foreshock traces`: a kept run's requests in the forms that tracing tools read."""

import json
from pathlib import Path

import pytest

from tests.scenarios.shell import SMALL, foreshock


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    start = tmp_path_factory.mktemp("start")
    result = foreshock("run", SMALL, "--json", "--no-report", "--quiet", cwd=start)
    return start / str(json.loads(result.stdout)["run_dir"])


def test_otlp_has_one_trace_a_request_up_to_the_limit(run_dir: Path, tmp_path: Path) -> None:
    printed = foreshock("traces", run_dir, "--limit", "5", cwd=tmp_path)
    assert printed.returncode == 0
    spans = [
        span
        for resource in json.loads(printed.stdout)["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]
    assert len({span["traceId"] for span in spans}) == 5
    roots = [span for span in spans if not span.get("parentSpanId")]
    assert len(roots) == 5


def test_jaeger_has_the_requests_asked_for(run_dir: Path, tmp_path: Path) -> None:
    written = foreshock(
        "traces", run_dir, "--format", "jaeger", "--request", "3", "--out", "t.json", cwd=tmp_path
    )
    assert written.returncode == 0
    document = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    assert document["total"] == 1
    assert len(document["data"][0]["spans"]) >= 2


def test_a_request_that_is_not_there_is_refused(run_dir: Path, tmp_path: Path) -> None:
    result = foreshock("traces", run_dir, "--request", "99999999", cwd=tmp_path)
    assert result.returncode == 2
    assert "no request 99999999" in result.stderr
