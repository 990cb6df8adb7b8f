"""Retry storms, gray instances and sinkholes: each variant shows what its file claims."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

import scenarios
from models.base.outcome import Outcome
from models.base.time import NS_PER_S
from models.records.events import EventKind
from models.records.record import RunRecord, Verdict
from scenarios.load import load
from scenarios.runs.execute import RunOptions, execute

LIBRARY = Path(scenarios.__file__).parent / "library"
NAMES = (
    "metastability/retry-storm.yaml",
    "metastability/retry-storm-budget.yaml",
    "metastability/retry-storm-none.yaml",
    "metastability/retry-storm-low-load.yaml",
    "metastability/retry-storm-expired.yaml",
    "metastability/retry-storm-hopeless.yaml",
    "metastability/gray-instance.yaml",
    "metastability/gray-instance-ejected.yaml",
    "metastability/sinkhole.yaml",
    "metastability/sinkhole-turns.yaml",
    "metastability/sinkhole-ejected.yaml",
)


@cache
def record(name: str) -> RunRecord:
    return execute(load(LIBRARY / name), RunOptions())


def share_to(run: RunRecord, instance: str, start_s: int, end_s: int) -> float:
    """Share of the tries between two instants that went to one instance."""
    index = next(i for i, one in enumerate(run.manifest.instances) if one.name == instance)
    starts = run.attempts["start_ns"]
    inside = (starts >= start_s * NS_PER_S) & (starts < end_s * NS_PER_S)
    return float((run.attempts["target"][inside] == index).mean())


def tries_per_s(run: RunRecord, start_s: int, end_s: int) -> float:
    starts = run.attempts["start_ns"]
    inside = (starts >= start_s * NS_PER_S) & (starts < end_s * NS_PER_S)
    return float(inside.sum()) / (end_s - start_s)


@pytest.mark.parametrize("name", NAMES)
def test_each_variant_shows_what_it_claims(name: str) -> None:
    assert record(name).verdict is Verdict.PASSED


def test_after_the_stall_everybody_tries_four_times_for_good() -> None:
    """Fluid model: 720 requests a second, three retries each, against a capacity of 1,200."""
    run = record("metastability/retry-storm.yaml")
    assert tries_per_s(run, 2, 20) == pytest.approx(720, rel=0.03)
    assert tries_per_s(run, 70, 99) == pytest.approx(2880, rel=0.03)


def test_a_budget_of_a_tenth_holds_the_tries_to_a_tenth_more() -> None:
    run = record("metastability/retry-storm-budget.yaml")
    assert tries_per_s(run, 22, 60) <= 1.1 * 720 * 1.03


def test_what_is_dropped_too_late_leaves_work_that_expires_on_the_way() -> None:
    run = record("metastability/retry-storm-expired.yaml")
    late = run.attempts["start_ns"] > 70 * NS_PER_S
    outcomes = run.attempts["outcome"][late]
    assert (outcomes == Outcome.TIMEOUT).mean() > 0.8


def test_a_sick_instance_draws_more_than_its_share_until_it_is_ejected() -> None:
    assert share_to(record("metastability/gray-instance.yaml"), "shop-2", 25, 75) > 2 / 6
    run = record("metastability/gray-instance-ejected.yaml")
    assert share_to(run, "shop-2", 25, 75) < 0.01
    kinds = np.array(run.events.text("kind"))
    assert (kinds == EventKind.MEMBER_EJECTED).sum() >= 2
    assert share_to(run, "shop-2", 125, 130) == pytest.approx(1 / 6, abs=0.05)


def test_who_refuses_at_once_swallows_most_of_what_goes_to_the_least_connected() -> None:
    assert share_to(record("metastability/sinkhole.yaml"), "shop-4", 22, 58) > 5 / 9
    assert share_to(record("metastability/sinkhole-turns.yaml"), "shop-4", 22, 58) == pytest.approx(
        1 / 9, abs=0.01
    )
    assert share_to(record("metastability/sinkhole-ejected.yaml"), "shop-4", 22, 58) < 0.01
