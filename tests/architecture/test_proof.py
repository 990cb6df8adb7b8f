"""Every test file is collected, every test asserts, every library scenario has a test."""

import re
from pathlib import Path

import pytest

from tests.architecture.proof import assertion_violations, collection_violations
from tests.architecture.tree import ROOT, modules, project_files

LIBRARY = Path("scenarios/library")
SCENARIO_KEY = re.compile(r"^(?:scenario|extends):", re.MULTILINE)
SOURCES = tuple(modules("tests"))


def untested_scenarios(scenarios: list[str], tests: list[str]) -> list[str]:
    """Scenarios (``topic/name``) that no test's text names."""
    return [
        name
        for name in scenarios
        if not any(re.search(rf"\b{re.escape(name)}\b(?![\w-])", text) for text in tests)
    ]


def library_scenarios() -> list[str]:
    return [
        path.relative_to(LIBRARY).with_suffix("").as_posix()
        for path in project_files()
        if path.is_relative_to(LIBRARY)
        and path.suffix in {".yaml", ".yml"}
        and SCENARIO_KEY.search((ROOT / path).read_text(encoding="utf-8"))
    ]


def test_every_test_file_is_collected() -> None:
    found = [(str(p), found) for p, s in SOURCES if (found := collection_violations(p, s))]
    assert found == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("breaker.py", "def test_x():\n    assert 1"),
        ("breaker_test.py", "def test_x():\n    assert 1"),
        ("test_breaker.py", "def check_x():\n    assert 1"),
        ("test_breaker.py", "class Breaker:\n    def test_x(self):\n        assert 1"),
        ("machine.py", "TestLease = LeaseMachine.TestCase"),
    ],
)
def test_a_test_that_nobody_collects_is_caught(name: str, source: str) -> None:
    assert collection_violations(Path("tests") / name, source)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("test_breaker.py", "class TestBreaker:\n    def test_x(self):\n        assert 1"),
        ("test_machine.py", "TestLease = LeaseMachine.TestCase"),
        ("conftest.py", "def fixture():\n    return 1"),
    ],
)
def test_files_that_are_collected_or_hold_no_test_are_allowed(name: str, source: str) -> None:
    assert collection_violations(Path("tests") / name, source) == []


def test_every_test_asserts() -> None:
    assert [(str(p), found) for p, s in SOURCES if (found := assertion_violations(s))] == []


@pytest.mark.parametrize(
    "source",
    [
        "def test_x():\n    f()",
        "def test_x():\n    g()\ndef g():\n    h()\ndef h():\n    g()",
        "class TestX:\n    def test_x(self):\n        print(1)",
        "class M(RuleBasedStateMachine):\n    def step(self):\n        pass",
    ],
)
def test_a_test_that_asserts_nothing_is_caught(source: str) -> None:
    assert assertion_violations(source)


@pytest.mark.parametrize(
    "source",
    [
        "def test_x():\n    assert f()",
        "def test_x():\n    with pytest.raises(ValueError):\n        f()",
        "def test_x():\n    same(1)\ndef same(a):\n    assert a",
        "def test_x():\n    np.testing.assert_array_equal(a, b)",
        "class M(RuleBasedStateMachine):\n    def step(self):\n        assert self.x",
    ],
)
def test_a_test_that_asserts_somewhere_is_allowed(source: str) -> None:
    assert assertion_violations(source) == []


def test_every_library_scenario_is_named_by_a_test() -> None:
    assert untested_scenarios(library_scenarios(), [source for _, source in SOURCES]) == []


def test_a_scenario_that_no_test_names_is_caught() -> None:
    tests = ['run("shop/zone-outage-mended.yaml")', "capacity/steps"]
    assert untested_scenarios(["shop/zone-outage", "capacity/steps"], tests) == ["shop/zone-outage"]
