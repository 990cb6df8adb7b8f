"""No case is left out: each is scored by exactly one function, or waits for a stated reason."""

import json
from pathlib import Path

import pytest

from tests.theory.cases import all_cases
from tests.theory.catalogue import FAMILIES, QUICK, scored_cases
from tests.theory.registry import REGISTRY
from tests.theory.waiting import REASONS, reason_of

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT.parent / "shared" / "reference" / "theory.json"


def test_the_table_is_whole() -> None:
    ids = [case.id for case in all_cases()]
    assert len(ids) == len(set(ids)) == 413


def test_every_case_is_scored_once_or_waits_for_a_reason() -> None:
    wrong = [
        case.id
        for case in all_cases()
        if len(REGISTRY.scorers_of(case)) != (0 if reason_of(case) else 1)
    ]
    assert wrong == []


def test_every_scorer_and_every_reason_has_a_case() -> None:
    cases = all_cases()
    idle = [e.pattern for e in REGISTRY.entries if not any(e.matches(case) for case in cases)]
    assert idle == []
    reasons = {reason_of(case) for case in cases}
    assert {reason.why for reason in REASONS} <= reasons


def test_the_brief_look_takes_cases_that_exist_from_every_module_of_scorers() -> None:
    scored = {case.id: case for case in scored_cases()}
    assert set(QUICK) <= scored.keys()
    modules = {REGISTRY.scorers_of(scored[name])[0].__module__ for name in QUICK}
    assert modules == {family.__name__ for family in FAMILIES}


@pytest.mark.realdata
@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference is not beside the repository")
def test_the_table_is_that_of_the_reference() -> None:
    reference = json.loads(REFERENCE.read_text(encoding="utf-8"))["cases"]
    ours = [(case.id, case.parameters, case.value) for case in all_cases()]
    assert ours == [(one["id"], one["parameters"], one["value"]) for one in reference]
