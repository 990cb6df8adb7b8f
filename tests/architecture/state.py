"""Finds module-level state: what a second run in the same process would inherit."""

import ast
from collections.abc import Iterator

_MUTABLE_CALLS = frozenset(
    {"list", "dict", "set", "bytearray", "defaultdict", "deque", "Counter", "OrderedDict"}
)
_STATEFUL_CALLS = frozenset({"count", "cycle", "iter"})
_MUTATORS = frozenset(
    {"append", "extend", "insert", "add", "update", "setdefault", "pop", "popitem", "clear",
     "remove", "discard", "appendleft", "popleft"}
)  # fmt: skip
_LITERALS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)


def state_violations(source: str) -> list[str]:
    """Mutable values under variable names, counters, ``global``, and constants that change."""
    tree = ast.parse(source)
    found = []
    mutable: set[str] = set()
    for name, value, line in _shared_assignments(tree):
        if _calls(value, _STATEFUL_CALLS):
            found.append(f"line {line}: {name} advances whenever it is read")
        elif isinstance(value, _LITERALS) or _calls(value, _MUTABLE_CALLS):
            mutable.add(name)
            if not _is_constant_name(name):
                found.append(f"line {line}: {name} is mutable and shared")
    return found + _changes(tree, mutable)


def _shared_assignments(tree: ast.Module) -> Iterator[tuple[str, ast.expr, int]]:
    """Names bound in the module's or a class's body, with the value and the line.

    Annotated fields of a class with bases are left out: a validated model copies its defaults,
    and a dataclass refuses mutable ones by itself.
    """
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    for node in (*tree.body, *(entry for shared in classes for entry in shared.body)):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield ast.unparse(target), node.value, node.lineno
    annotated = [tree.body, *(shared.body for shared in classes if not shared.bases)]
    for node in (entry for body in annotated for entry in body):
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            yield ast.unparse(node.target), node.value, node.lineno


def _calls(value: ast.expr, names: frozenset[str]) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func).rsplit(".", 1)[-1] in names


def _is_constant_name(name: str) -> bool:
    return name.isupper() or (name.startswith("__") and name.endswith("__"))


def _changes(tree: ast.Module, mutable: set[str]) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            found.append(f"line {node.lineno}: global {', '.join(node.names)}")
        changed = _changed_name(node)
        if changed in mutable:
            found.append(f"line {getattr(node, 'lineno', 0)}: {changed} changes after import")
    return found


def _changed_name(node: ast.AST) -> str | None:
    """Name whose content this node changes, if it changes one's."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
        return ast.unparse(node.value)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return ast.unparse(node.func.value) if node.func.attr in _MUTATORS else None
    return None
