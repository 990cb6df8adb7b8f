"""Finds tests that cannot fail: never collected, or asserting nothing."""

import ast
import re
from pathlib import Path

_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
_PROVES = re.compile(
    r"(?:^|[._])(?:raises|warns|fail|deprecated_call|run_state_machine_as_test)$"
    r"|(?:^|\.)_?(?:assert|check|verify|expect)"
)
_MACHINE = re.compile(r"StateMachine$")


def collection_violations(path: Path, source: str) -> list[str]:
    """Tests live in ``test_*.py``, at the top or in a ``Test`` class; such a file has some."""
    tree = ast.parse(source)
    is_named = path.name.startswith("test_")
    found = []
    tests = [node for node in tree.body if _is_test(node)]
    for node in (entry for entry in tree.body if isinstance(entry, ast.ClassDef)):
        inside = [member for member in node.body if _is_test(member)]
        if inside and not node.name.startswith("Test"):
            found.append(f"line {node.lineno}: tests in {node.name} are not collected")
        tests += inside
    machines = [node for node in tree.body if _names_machine_case(node)]
    if (tests or machines) and not is_named:
        found.append("holds tests but its name does not start with test_")
    if is_named and not tests and not machines:
        found.append("is named as a test file and holds no test")
    return found


def assertion_violations(source: str) -> list[str]:
    """Every test asserts, itself or through a function of the same module that does."""
    tree = ast.parse(source)
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, _FUNCTION)}
    found = [
        f"line {node.lineno}: {name} asserts nothing"
        for name, node in functions.items()
        if name.startswith("test_") and not _proves(node, functions, frozenset())
    ]
    for node in (entry for entry in ast.walk(tree) if isinstance(entry, ast.ClassDef)):
        if any(_MACHINE.search(ast.unparse(base)) for base in node.bases):
            members = [member for member in node.body if isinstance(member, _FUNCTION)]
            if not any(_proves(member, functions, frozenset()) for member in members):
                found.append(f"line {node.lineno}: state machine {node.name} asserts nothing")
    return found


def _is_test(node: ast.stmt) -> bool:
    return isinstance(node, _FUNCTION) and node.name.startswith("test_")


def _names_machine_case(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.value).endswith(".TestCase")


def _proves(
    function: ast.AST, functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef],
    seen: frozenset[str],
) -> bool:  # fmt: skip
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if _PROVES.search(called):
                return True
            local = called.removeprefix("self.")
            is_new = local in functions and local not in seen
            if is_new and _proves(functions[local], functions, seen | {local}):
                return True
    return False
