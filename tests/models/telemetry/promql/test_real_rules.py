"""Every expression of real rule files evaluates on series with the labels that it names."""

import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
import yaml

from models.base.time import NS_PER_S
from models.telemetry.labels import METRIC_NAME, label_set
from models.telemetry.matchers import MatchOp, Selector
from models.telemetry.promql import ValueKind, compile_expression
from models.telemetry.promql.plan.aggregation import Grouping
from models.telemetry.promql.plan.matching import Matching
from models.telemetry.series import SeriesStore

RULE_FILES = Path(__file__).parents[5] / "shared" / "data" / "prometheus-rules"
SAMPLES, STEP_S = 80, 15
BOUNDS = ("0.1", "1", "10", "+Inf")


def nodes(plan):
    """All nodes of a plan, itself first."""
    if isinstance(plan, tuple):
        for one in plan:
            yield from nodes(one)
    elif is_dataclass(plan):
        yield plan
        for field in fields(plan):
            if field.compare:
                yield from nodes(getattr(plan, field.name))


def accepted_value(matcher):
    """A value that a matcher accepts."""
    literal = re.sub(r"\[(\w)[^]]*\]", r"\1", matcher.value)
    plain = re.sub(r"[().*+?^$\\]", "", literal).split("|")
    candidates = (matcher.value, *plain, "x", "a/x", "50x")
    return next(value for value in candidates if matcher.accepts(value))


def series_of(selector, named_labels):
    """Label sets that the selector selects, with the labels that the expression names."""
    labels = dict.fromkeys(named_labels, "v")
    for matcher in selector.matchers:
        if matcher.op is MatchOp.EQUAL or not matcher.accepts(labels.get(matcher.name, "")):
            labels[matcher.name] = accepted_value(matcher)
    buckets = BOUNDS if labels[METRIC_NAME].endswith("_bucket") else (labels.get("le", ""),)
    return [label_set(labels | {"le": bound}) for bound in buckets]


def store_for(plan):
    """A store with a rising series for each selector."""
    parts = list(nodes(plan))
    named = {
        name
        for part in parts
        if isinstance(part, Grouping | Matching) and not getattr(part, "is_without", False)
        for name in part.labels
        if getattr(part, "is_on", True)
    } - {METRIC_NAME}
    store = SeriesStore(retention_ns=10**18)
    chosen = dict.fromkeys(
        labels for part in parts if isinstance(part, Selector) for labels in series_of(part, named)
    )
    for index in range(SAMPLES):
        for slope, labels in enumerate(chosen, start=1):
            at_ns = index * STEP_S * NS_PER_S
            store.append(labels, time_ns=at_ns, value=float(index * slope))
    return store


@pytest.mark.realdata
@pytest.mark.skipif(not RULE_FILES.is_dir(), reason="real rule files are not beside the repository")
@pytest.mark.parametrize("path", sorted(RULE_FILES.glob("*.yml")), ids=lambda path: path.stem)
def test_every_expression_of_a_real_file_evaluates(path):
    groups = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    texts = [rule["expr"] for group in groups for rule in group["rules"]]
    assert texts
    for text in texts:
        expression = compile_expression(text)
        assert expression.kind is ValueKind.VECTOR
        store = store_for(expression.plan)
        selectors = [part for part in nodes(expression.plan) if isinstance(part, Selector)]
        assert all(store.select(selector) for selector in selectors), text
        now = (SAMPLES - 1) * STEP_S * NS_PER_S
        for at_ns in (0, now // 2, now):
            for sample in expression.vector(store, now=at_ns):
                assert isinstance(sample.value, float), text
