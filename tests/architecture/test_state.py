"""No module keeps state that a second run in the same process would inherit."""

import pytest

from tests.architecture.state import state_violations
from tests.architecture.tree import PACKAGES, modules


def test_no_module_keeps_state() -> None:
    sources = modules(*PACKAGES)
    assert [(str(p), found) for p, s in sources if (found := state_violations(s))] == []


@pytest.mark.parametrize(
    "source",
    [
        "cache = {}",
        "seen: set[int] = set()",
        "queue = collections.deque()",
        "_rows = [n for n in range(3)]",
        "NEXT_ID = itertools.count()",
        "class A:\n    pending = []",
        "class A(B):\n    pending = []",
        "class A:\n    pending: list[int] = []",
        "TOTAL = 0\ndef f():\n    global TOTAL\n    TOTAL = 1",
        "CACHE = {}\ndef f(k):\n    CACHE[k] = 1",
        "CACHE = {1: 2}\ndef f(k):\n    del CACHE[k]",
        "_SEEN = set()\ndef f(k):\n    _SEEN.add(k)",
    ],
)
def test_shared_mutable_state_is_caught(source: str) -> None:
    assert state_violations(source)


@pytest.mark.parametrize(
    "source",
    [
        "_UNITS = {'s': 1}\ndef f(u):\n    return _UNITS[u]",
        "__all__ = ['f']",
        "LIMITS = (1, 2)",
        "class A(Document):\n    options: dict[str, str] = {}",
        "def f():\n    rows = []\n    rows.append(1)\n    return rows",
    ],
)
def test_constants_and_local_values_are_allowed(source: str) -> None:
    assert state_violations(source) == []
