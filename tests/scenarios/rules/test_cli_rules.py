"""`foreshock rules`: verdicts, exit codes, and the same from promtool."""

import subprocess
from pathlib import Path

import pytest

from tests.oracle import promtool
from tests.scenarios.shell import foreshock

FILES = Path(__file__).parents[2] / "models" / "alerting" / "rule_tests" / "files"
REAL = Path(__file__).parents[4] / "shared" / "data" / "prometheus-rules"
BAD_RULES = "groups:\n- name: g\n  rules:\n  - {record: 'a{}', expr: up}\n"
TESTS = """rule_files: [rules.yml]
tests:
- input_series: [{series: up, values: 0x5}]
  alert_rule_test: [{eval_time: %s, alertname: Down, exp_alerts: [{}]}]
"""
RULES = "groups:\n- name: g\n  rules:\n  - {alert: Down, expr: up == 0, for: 2m}\n"


def asked_of_promtool(command: str, file: Path) -> int:
    program = promtool.find() or "promtool"
    told = subprocess.run([program, command, "rules", str(file)], capture_output=True, check=False)
    return told.returncode


def write(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.yml").write_text(text)
    return folder


def test_sound_rules_are_counted(tmp_path: Path) -> None:
    told = foreshock("rules", "check", str(FILES / "rules.yml"), cwd=tmp_path)
    assert told.returncode == 0
    assert "SUCCESS: 9 rules found" in told.stdout


def test_problems_are_located_and_the_other_files_still_checked(tmp_path: Path) -> None:
    write(tmp_path, bad=BAD_RULES, rules=RULES)
    told = foreshock("rules", "check", "bad.yml", "rules.yml", cwd=tmp_path)
    assert told.returncode == 1
    assert "bad.yml:4:14: error: groups[0].rules[0].record: 'a{}' has braces" in told.stderr
    assert "SUCCESS: 1 rule found" in told.stdout


def test_rules_that_are_there_twice_are_told_of(tmp_path: Path) -> None:
    write(tmp_path, rules=RULES + "  - {alert: Down, expr: up == 1}\n")
    told = foreshock("rules", "check", "rules.yml", cwd=tmp_path)
    assert told.returncode == 0
    assert "2 rules are called Down" in told.stdout


def test_a_file_that_covers_every_feature_of_rules_holds(tmp_path: Path) -> None:
    told = foreshock("rules", "test", str(FILES / "tests.yml"), cwd=tmp_path)
    assert (told.returncode, told.stderr) == (0, "")
    assert "SUCCESS" in told.stdout


@pytest.mark.parametrize(("instant", "verdict"), [("2m", 0), ("1m", 1)])
def test_the_verdict_follows_the_rules(tmp_path: Path, instant: str, verdict: int) -> None:
    write(tmp_path, rules=RULES, tests=TESTS % instant)
    told = foreshock("rules", "test", "tests.yml", cwd=tmp_path)
    assert told.returncode == verdict
    assert ("alertname: Down, time: 1m" in told.stderr) is (verdict == 1)


@pytest.mark.parametrize(
    ("tests", "message"),
    [
        ("tests: [{input_serie: []}]", "did you mean 'input_series'?"),
        ("tests: [{input_series: [{series: up, values: 1 y}]}]", "'y' is no sample"),
        ("tests: [{promql_expr_test: [{expr: rat(x)}]}]", "unknown function 'rat'"),
        ("evaluation_interval: 5", "'5' is not a duration"),
        ("group_eval_order: [a, a]", "group a is named twice"),
        ("fuzzy_compare: perhaps", "expected true or false"),
        ("tests: [{input_series: [{series: up>1, values: 1}]}]", "is no series"),
    ],
)
def test_a_test_file_that_says_nothing_sound_is_located(
    tmp_path: Path, tests: str, message: str
) -> None:
    write(tmp_path, tests=tests)
    told = foreshock("rules", "test", "tests.yml", cwd=tmp_path)
    assert told.returncode == 1
    assert message in told.stderr
    assert "tests.yml:1:" in told.stderr


PLAIN_RULES = """groups:
- name: 1
  limit: 5
  rules:
  - alert: Plain
    expr: 1
    labels: &page {version: 1.10, none: null, yes: true, day: 2024-01-02}
    annotations: {a: 1e3, b: off, c: 0x10, d: 012}
  - alert: Merged
    expr: vector(2.50)
    labels: {<<: *page, version: 2}
"""
PLAIN_TESTS = """rule_files: [rules.yml]
fuzzy_compare: true
tests:
- input_series: [{series: a, values: 0x3}]
  promql_expr_test:
  - {expr: 'count_over_time(a[5m])', eval_time: 3m, exp_samples: [{value: 4}]}
  alert_rule_test:
  - eval_time: 0
    alertname: Plain
    exp_alerts:
    - exp_labels: {version: "1.10", yes: "true", day: "2024-01-02"}
      exp_annotations: {a: "1e3", b: "off", c: "0x10", d: "012"}
  - eval_time: 0
    alertname: Merged
    exp_alerts: [{exp_labels: {version: 2, yes: true, day: 2024-01-02}}]
"""


def test_plain_scalars_mean_what_they_mean_to_prometheus(tmp_path: Path) -> None:
    """A plain ``1.10`` is a text of four characters, nothing is no label, keys may be merged."""
    write(tmp_path, rules=PLAIN_RULES, tests=PLAIN_TESTS)
    told = foreshock("rules", "test", "tests.yml", cwd=tmp_path)
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.parametrize("verb", ["check", "test"])
def test_an_empty_file_is_sound(tmp_path: Path, verb: str) -> None:
    write(tmp_path, empty="")
    assert foreshock("rules", verb, "empty.yml", cwd=tmp_path).returncode == 0


@pytest.mark.oracle
@pytest.mark.skipif(promtool.missing() is not None, reason=str(promtool.missing()))
def test_promtool_reads_plain_scalars_alike(tmp_path: Path) -> None:
    write(tmp_path, rules=PLAIN_RULES, tests=PLAIN_TESTS, empty="")
    assert asked_of_promtool("test", tmp_path / "tests.yml") == 0
    assert asked_of_promtool("check", tmp_path / "empty.yml") == 0


def test_a_pattern_that_matches_no_file_is_told_of(tmp_path: Path) -> None:
    write(tmp_path, tests="rule_files: [none*.yml]")
    told = foreshock("rules", "test", "tests.yml", cwd=tmp_path)
    assert told.returncode == 0
    assert "no rule file matches none*.yml" in told.stderr


@pytest.mark.oracle
@pytest.mark.skipif(promtool.missing() is not None, reason=str(promtool.missing()))
def test_promtool_gives_the_same_verdicts(tmp_path: Path) -> None:
    assert asked_of_promtool("check", FILES / "rules.yml") == 0
    assert asked_of_promtool("test", FILES / "tests.yml") == 0
    for instant, verdict in (("2m", 0), ("1m", 1)):
        write(tmp_path, rules=RULES, tests=TESTS % instant, bad=BAD_RULES)
        assert asked_of_promtool("test", tmp_path / "tests.yml") == verdict
    assert asked_of_promtool("check", tmp_path / "bad.yml") == 1


@pytest.mark.realdata
@pytest.mark.skipif(not REAL.is_dir(), reason="the shared rule files are not here")
def test_rule_files_of_others_are_sound(tmp_path: Path) -> None:
    files = sorted(str(file) for file in REAL.glob("*.yml"))
    told = foreshock("rules", "check", *files, cwd=tmp_path)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.count("SUCCESS") == len(files) >= 7


def test_rules_made_from_objectives_are_sound(tmp_path: Path) -> None:
    objective = """version: prometheus/v1
service: shop
slos:
  - name: requests
    objective: 99.9
    sli:
      events:
        error_query: sum(rate(http_requests_total{code=~"5.."}[{{.window}}]))
        total_query: sum(rate(http_requests_total[{{.window}}]))
    alerting: {name: ShopErrors}
"""
    write(tmp_path, slo=objective)
    made = foreshock("objectives", "slo.yml", "--out", "rules.yml", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    told = foreshock("rules", "check", "rules.yml", cwd=tmp_path)
    assert (told.returncode, told.stderr) == (0, "")
