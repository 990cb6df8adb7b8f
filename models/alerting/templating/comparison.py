"""Comparisons of a template: only values of one kind compare, and not every kind does.

``gt`` is "not less and not equal", so NaN is greater than everything; ``ge`` likewise.

Source: Go package text/template (funcs.go).
"""

from models.alerting.templating.values import ExpansionError, Value, type_name

_BASIC = (bool, int, float, str)
_ORDERED = (int, float, str)


def equal(first: Value, *others: Value) -> bool:
    """True when the first is equal to one of the others."""
    if not others:
        raise ExpansionError("missing argument for comparison")
    return any(_are_equal(first, other) for other in others)


def not_equal(first: Value, second: Value) -> bool:
    """True when they differ."""
    return not _are_equal(first, second)


def less(first: Value, second: Value) -> bool:
    """True when the first comes before the second."""
    if type(first) not in _ORDERED or type(second) not in _ORDERED:
        raise ExpansionError("invalid type for comparison")
    if isinstance(first, str) and isinstance(second, str):
        return first.encode() < second.encode()
    if isinstance(first, int) and isinstance(second, int):
        return first < second
    if isinstance(first, float) and isinstance(second, float):
        return first < second
    raise _incompatible(first, second)


def less_or_equal(first: Value, second: Value) -> bool:
    """True when the first comes before the second or is equal to it."""
    return less(first, second) or _are_equal(first, second)


def greater(first: Value, second: Value) -> bool:
    """True unless the first is less or equal."""
    return not less_or_equal(first, second)


def greater_or_equal(first: Value, second: Value) -> bool:
    """True unless the first is less."""
    return not less(first, second)


def _are_equal(first: Value, second: Value) -> bool:
    if first is None or second is None:
        return first is second
    for one in (first, second):
        if type(one) not in _BASIC:
            raise ExpansionError(f"non-comparable type {type_name(one)}")
    if type(first) is not type(second):
        raise _incompatible(first, second)
    return first == second


def _incompatible(first: Value, second: Value) -> ExpansionError:
    kinds = f"{type_name(first)} and {type_name(second)}"
    return ExpansionError(f"incompatible types for comparison: {kinds}")
