"""The simulator against 413 known answers of queueing, reliability and tail latency.

Ordinary runs look briefly at one case or more of each family. `-m theory` scores every case
within about five seconds each and prints the table; `-m theory_long` goes on to the half-width
that the reference asks for. A miss is repeated once with fresh seeds and four times the length;
two misses are a defect.
"""

import pytest

from tests.theory.cases import Case
from tests.theory.catalogue import QUICK, scored_cases, scorer_of
from tests.theory.judge import judge, judge_long
from tests.theory.scoreboard import PROPERTY, row

CASES = scored_cases()


@pytest.mark.parametrize(
    "case", [one for one in CASES if one.id in QUICK], ids=lambda case: case.id
)
def test_a_brief_look_agrees(case: Case) -> None:
    found = judge(case, scorer_of(case), 0.1)
    assert found.holds, row(case, found)


@pytest.mark.theory
@pytest.mark.timeout(900)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_interval_contains_the_value(case: Case, request: pytest.FixtureRequest) -> None:
    found = judge(case, scorer_of(case), 1.0)
    request.node.user_properties.append((PROPERTY, row(case, found)))
    assert found.holds, row(case, found)


@pytest.mark.theory_long
@pytest.mark.timeout(0)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_long_runs_come_as_near_as_they_should(case: Case, request: pytest.FixtureRequest) -> None:
    found = judge_long(case, scorer_of(case))
    request.node.user_properties.append((PROPERTY, row(case, found)))
    assert found.holds, row(case, found)
