"""Rules of form as functions: a module's source in, its violations in words out."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

LINES_MAX = 400
"""Longer modules say why in their docstring, on a line that starts with ``Length:``."""
LINES_LIMIT = 500
FUNCTION_LINES_MAX = 60
ARGUMENTS_MAX = 8
RE_EXPORTS_MAX = 12
BANNED_MODULE_WORDS = frozenset(
    word + plural
    for word in ("util", "helper", "common", "misc", "manager", "handler")
    for plural in ("", "s")
)
FOREIGN_NAMES = frozenset({"get_command"})
"""Names that a library asks for: click's ``Group.get_command``."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
_REASON = re.compile(r"^\s*Length:\s*\S", re.MULTILINE)
_UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
_MACHINE_PATH = re.compile(r"(?<![\w./}>-])(?:/(?:work|root|home|Users)/\w|[A-Z]:\\Users\\)")


def size_violations(source: str) -> list[str]:
    """Modules stay readable in one sitting; the reason for a long one is written down."""
    lines = len(source.splitlines())
    if lines >= LINES_LIMIT:
        return [f"{lines} lines; split it"]
    docstring = ast.get_docstring(ast.parse(source)) or ""
    if lines > LINES_MAX and not _REASON.search(docstring):
        return [f"{lines} lines without a 'Length:' line in its docstring that says why"]
    return []


def package_front_violations(source: str) -> list[str]:
    """An ``__init__`` holds a docstring and at most a dozen re-exports, no logic."""
    found, exported = [], 0
    for number, node in enumerate(ast.parse(source).body):
        if isinstance(node, ast.ImportFrom | ast.Import):
            exported += len(node.names)
        elif not (number == 0 and _is_docstring(node)) and not _assigns_all(node):
            found.append(f"line {node.lineno}: logic in a package's __init__")
    if exported > RE_EXPORTS_MAX:
        found.append(f"{exported} re-exports; at most {RE_EXPORTS_MAX}")
    return found


def function_violations(source: str) -> list[str]:
    """Functions fit a screen and take few arguments (``self`` and ``cls`` aside).

    A command of the command line takes one argument for each of its options.
    """
    found = []
    for function in _functions(ast.parse(source)):
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > FUNCTION_LINES_MAX:
            found.append(f"line {function.lineno}: {function.name} is {lines} lines long")
        count = _argument_count(function)
        if count > ARGUMENTS_MAX and not _is_command(function):
            found.append(f"line {function.lineno}: {function.name} takes {count} arguments")
    return found


def name_violations(path: Path, source: str) -> list[str]:
    """No module named after nothing in particular, and no function that 'gets'."""
    found = [
        f"'{part}' says nothing about what is inside"
        for part in path.with_suffix("").parts
        if BANNED_MODULE_WORDS & set(part.lower().split("_"))
    ]
    found += [
        f"line {function.lineno}: {function.name} is named get_"
        for function in _functions(ast.parse(source))
        if function.name.lstrip("_").startswith("get_") and function.name not in FOREIGN_NAMES
    ]
    return found


def docstring_violations(source: str) -> list[str]:
    """Everything public says what it is: module, classes, functions, methods."""
    tree = ast.parse(source)
    found = [] if ast.get_docstring(tree) else ["the module has no docstring"]
    bare = [node for node in _public_definitions(tree.body) if not ast.get_docstring(node)]
    return found + [f"line {node.lineno}: {node.name} has no docstring" for node in bare]


def unfinished_violations(text: str) -> list[str]:
    """Nothing is left for later in a comment."""
    return [
        f"line {number}: {line.strip()[:80]}"
        for number, line in enumerate(text.splitlines(), 1)
        if _UNFINISHED.search(line)
    ]


def machine_path_violations(text: str) -> list[str]:
    """No path that exists on one machine only."""
    return [
        f"line {number}: {match.group()}"
        for number, line in enumerate(text.splitlines(), 1)
        if (match := _MACHINE_PATH.search(line))
    ]


def _functions(tree: ast.AST) -> Iterator[_Function]:
    for node in ast.walk(tree):
        if isinstance(node, _FUNCTION):
            yield node


def _argument_count(function: _Function) -> int:
    spec = function.args
    names = [argument.arg for argument in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def _public_definitions(body: list[ast.stmt]) -> Iterator[_Function | ast.ClassDef]:
    for node in body:
        if isinstance(node, (*_FUNCTION, ast.ClassDef)) and not node.name.startswith("_"):
            if not _is_exempt(node):
                yield node
            if isinstance(node, ast.ClassDef) and not _is_protocol(node):
                yield from _public_definitions(node.body)


def _is_command(function: _Function) -> bool:
    return any(ast.unparse(entry).startswith("click.") for entry in function.decorator_list)


def _is_protocol(node: ast.ClassDef) -> bool:
    """A protocol's members are described by its docstring and by those who implement them."""
    return any(ast.unparse(base).startswith("Protocol") for base in node.bases)


def _is_exempt(node: _Function | ast.ClassDef) -> bool:
    """Overloads, overrides and setters are documented where they are first declared."""
    decorators = {ast.unparse(decorator).rsplit(".", 1)[-1] for decorator in node.decorator_list}
    return bool(decorators & {"overload", "override", "setter"})


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _assigns_all(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
