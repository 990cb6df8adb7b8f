"""Prometheus rule files: groups when all is well, every problem at its place otherwise."""

from pathlib import Path

import pytest
import yaml

from models.alerting.config import AlertRuleConfig, RuleGroupConfig
from models.alerting.rule_file import parse_rule_file
from models.base.time import NS_PER_MINUTE, NS_PER_S

RULE_FILES = Path(__file__).parents[4] / "shared" / "data" / "prometheus-rules"


def locator(text):
    """Line and column, from 1, of the value at a path; for an unknown path of its parent."""
    root = yaml.compose(text)

    def locate(path):
        node = root
        for step in path:
            found = child(node, step)
            if found is None:
                break
            node = found
        return node.start_mark.line + 1, node.start_mark.column + 1

    return locate


def child(node, step):
    if isinstance(node, yaml.SequenceNode):
        return node.value[step]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return value
    return None


def read(text):
    return parse_rule_file(yaml.safe_load(text), locator(text))


def problems(text):
    return [(one.line, one.column, one.message) for one in read(text).problems]


def rule_text(*lines):
    body = "\n".join(f"    {line}" for line in lines)
    return f"groups:\n- name: g\n  rules:\n  - alert: A\n{body}\n"


def test_a_complete_file_is_read():
    text = """
groups:
- name: shop
  interval: 30s
  labels: {team: web, severity: none}
  rules:
  - alert: Down
    expr: up == 0
    for: 5m
    keep_firing_for: 1m
    labels: {severity: page}
    annotations: {summary: "{{ $labels.instance }} is down"}
"""
    rule = AlertRuleConfig(
        "Down",
        "up == 0",
        5 * NS_PER_MINUTE,
        NS_PER_MINUTE,
        (("severity", "page"), ("team", "web")),
        (("summary", "{{ $labels.instance }} is down"),),
    )
    assert read(text).groups == (RuleGroupConfig("shop", (rule,), 30 * NS_PER_S),)
    assert read(text).problems == ()


@pytest.mark.parametrize("data", [None, {}, {"groups": []}, {"groups": None}])
def test_a_file_without_groups_is_empty_and_right(data):
    read_file = parse_rule_file(data, lambda _path: (1, 1))
    assert (read_file.groups, read_file.problems) == ((), ())


@pytest.mark.parametrize("data", [[], "text", 3])
def test_a_file_that_is_no_mapping_is_refused(data):
    (problem,) = parse_rule_file(data, lambda _path: (1, 1)).problems
    assert "expected a mapping with groups" in problem.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("group: []\n", (1, 8, "unknown field 'group', did you mean 'groups'?")),
        ("groups: 3\n", (1, 9, "'groups' must be a list")),
        ("groups: [3]\n", (1, 10, "expected a mapping with name, interval, limit, query_offset, "
                                  "labels, rules")),
        ("groups:\n- rules: []\n", (2, 3, "'name' is missing")),
        ("groups:\n- name: ''\n", (2, 9, "'name' is empty")),
        ("groups:\n- name: ' '\n", (2, 9, "'name' is empty")),
        ("groups:\n- name: [a]\n", (2, 9, "'name' must be a text")),
        ("groups:\n- name: g\n  rules: {}\n", (3, 10, "'rules' must be a list")),
        ("groups:\n- name: g\n  rules: [x]\n", (3, 11, "expected a mapping with alert, expr, for, "
                                                     "keep_firing_for, labels, annotations")),
        ("groups:\n- name: g\n  intervall: 5m\n",
         (3, 14, "unknown field 'intervall', did you mean 'interval'?")),
        ("groups:\n- name: g\n  limit: -1\n",
         (3, 10, "'limit' must be a whole number, 0 for none")),
        ("groups:\n- name: g\n  query_offset: 60\n",
         (3, 17, "'query_offset' needs a unit, for example 30s or 5m")),
        ("groups:\n- name: g\n- name: g\n", (3, 9, "a group named 'g' exists already")),
        ("groups:\n- name: g\n  rules:\n  - record: a{}\n    expr: sum(x)\n",
         (4, 13, "'a{}' has braces; labels go into 'labels'")),
        ("groups:\n- name: g\n  rules:\n  - record: a:b\n    for: 5m\n    expr: sum(x)\n",
         (5, 10, "unknown field 'for'")),
        ("groups:\n- name: g\n  rules:\n  - expr: up == 0\n", (4, 5, "'alert' is missing")),
        (rule_text("for: 5m"), (4, 5, "'expr' is missing")),
        (rule_text("expr:"), (5, 10, "'expr' is empty")),
        (rule_text("expr: [3]"), (5, 11, "'expr' must be a text")),
        (rule_text("expr: sum(rat(x[5m])) > 1"), (5, 11, "unknown function 'rat', column 5")),
        (rule_text("expr: x[5m]"), (5, 11, "the expression gives a range vector, no vector")),
        (rule_text("expr: up > > 1"),
         (5, 11, "syntax error at '>': invalid promql query, column 6")),
        (rule_text("expr: up == 0", "for: 5 minutes"),
         (6, 10, "'for': '5 minutes' is not a duration; write for example 30s, 5m or 1h30m")),
        (rule_text("expr: up == 0", "for: 5"),
         (6, 10, "'for' needs a unit, for example 30s or 5m")),
        (rule_text("expr: up == 0", "for: true"),
         (6, 10, "'for' needs a unit, for example 30s or 5m")),
        (rule_text("expr: up == 0", "labels: [a]"),
         (6, 13, "'labels' must be a mapping of names to texts")),
        (rule_text("expr: up == 0", "labels: {a-b: c}"),
         (6, 19, "'a-b' is not a valid name in 'labels'")),
        (rule_text("expr: up == 0", "labels: {__name__: c}"),
         (6, 24, "a label cannot be named '__name__'")),
        (rule_text("expr: up == 0", "annotations: {a: [c]}"),
         (6, 22, "the value of 'a' must be a text")),
        (rule_text("expr: up == 0", "labels: {a: {b: c}}"),
         (6, 17, "the value of 'a' must be a text")),
        (rule_text("expr: up == 0", "fore: 5m"),
         (6, 11, "unknown field 'fore', did you mean 'for'?")),
    ],
)  # fmt: skip
def test_a_problem_is_told_at_its_place(text, expected):
    assert problems(text) == [expected]


def test_all_problems_of_a_file_are_collected_in_their_order():
    text = """groups:
- name: a
  rules:
  - alert: A
    expr: rat(x[5m]) > 1
    for: soon
  - record: a{b="c"}
    expr: up
- name: a
  intreval: 1m
"""
    lines = [line for line, _, _ in problems(text)]
    assert lines == [5, 6, 7, 9, 10]


def test_a_rule_with_a_problem_does_not_hide_the_others():
    text = """groups:
- name: g
  rules:
  - {alert: Bad, expr: rate(x) > 1}
  - {alert: Good, expr: up == 0}
"""
    (group,) = read(text).groups
    assert [rule.name for rule in group.rules] == ["Good"]


def test_whole_numbers_and_truth_values_are_texts_in_labels():
    text = rule_text("expr: up == 0", "labels: {a: 1, b: true, c: x}")
    assert read(text).groups[0].rules[0].labels == (("a", "1"), ("b", "true"), ("c", "x"))


def test_a_zero_needs_no_unit():
    text = rule_text("expr: up == 0", "for: 0")
    assert read(text).groups[0].rules[0].for_ns == 0


def test_limits_that_change_nothing_are_accepted():
    assert problems("groups:\n- name: g\n  limit: 0\n  query_offset: 0s\n") == []


def test_two_rules_may_have_one_name():
    text = "groups:\n- name: g\n  rules:\n" + "  - {alert: A, expr: up == 0}\n" * 2
    assert len(read(text).groups[0].rules) == 2


@pytest.mark.realdata
@pytest.mark.skipif(not RULE_FILES.is_dir(), reason="real rule files are not beside the repository")
@pytest.mark.parametrize("path", sorted(RULE_FILES.glob("*.yml")), ids=lambda path: path.stem)
def test_every_rule_of_a_real_file_is_accepted(path):
    text = path.read_text(encoding="utf-8")
    rules = sum(len(group["rules"]) for group in yaml.safe_load(text)["groups"])
    outcome = read(text)
    accepted = sum(len(group.rules) for group in outcome.groups)
    assert outcome.problems == ()
    assert accepted == rules


def test_a_label_or_annotation_that_is_no_template_is_located():
    text = rule_text(
        "alert: A", "expr: up", "labels: {a: '{{ $x }}'}", "annotations: {b: '{{ humanise 1 }}'}"
    )
    outcome = read(text)
    assert outcome.groups[0].rules == ()
    assert [(one.path[-2:], one.message) for one in outcome.problems] == [
        (("labels", "a"), "template 1:4: undefined variable '$x'"),
        (
            ("annotations", "b"),
            "template 1:4: unknown function 'humanise', did you mean 'humanize'?",
        ),
    ]


def test_labels_of_a_recording_rule_are_no_templates():
    text = rule_text("expr: up", "labels: {a: '{{ $x }}'}").replace("alert: A", "record: r")
    assert read(text).problems == ()
