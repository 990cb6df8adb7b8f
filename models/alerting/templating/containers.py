"""Parts of texts, tables and lists. Texts count in bytes of UTF-8, as in Go.

Source: Go package text/template (funcs.go).
"""

from models.alerting.templating.values import ExpansionError, Sample, Table, Value, type_name


def length(value: Value) -> int:
    """How many bytes, names or elements there are."""
    match value:
        case str():
            return len(value.encode())
        case Table():
            return len(value.entries)
        case tuple():
            return len(value)
        case _:
            raise ExpansionError(f"len of type {type_name(value)}")


def index(value: Value, *keys: Value) -> Value:
    """An element, or an element of an element: by name from a table, else by number."""
    for key in keys:
        match value:
            case Table():
                if not isinstance(key, str):
                    raise ExpansionError(f"value has type {type_name(key)}; should be string")
                value = value[key]
            case str():
                value = value.encode()[_position(key, len(value.encode()) - 1)]
            case tuple():
                value = value[_position(key, len(value) - 1)]
            case _:
                raise ExpansionError(f"can't index item of type {type_name(value)}")
    return value


def part(value: Value, *bounds: Value) -> Value:
    """What lies from the first bound up to the second."""
    if len(bounds) > 2:
        raise ExpansionError(f"slice takes at most two bounds, not {len(bounds)}")
    match value:
        case str():
            content = value.encode()
            start, end = _span(bounds, len(content))
            return content[start:end].decode(errors="replace")
        case tuple():
            start, end = _span(bounds, len(value))
            return value[start:end]
        case _:
            raise ExpansionError(f"can't slice item of type {type_name(value)}")


def first(samples: tuple[Sample, ...]) -> Sample:
    """The first element of a result.

    Raises:
        ExpansionError: there is none.
    """
    if not samples:
        raise ExpansionError("first() called on vector with no elements")
    return samples[0]


def sorted_by_label(name: str, samples: tuple[Sample, ...]) -> tuple[Sample, ...]:
    """The elements in the order of one label."""
    return tuple(sorted(samples, key=lambda sample: str(sample.labels[name])))


def _span(bounds: tuple[Value, ...], size: int) -> tuple[int, int]:
    start = _position(bounds[0], size) if bounds else 0
    end = _position(bounds[1], size) if len(bounds) > 1 else size
    if start > end:
        raise ExpansionError(f"invalid slice index: {start} > {end}")
    return start, end


def _position(key: Value, last: int) -> int:
    if not isinstance(key, int) or isinstance(key, bool):
        raise ExpansionError(f"cannot index with type {type_name(key)}")
    if not 0 <= key <= last:
        raise ExpansionError(f"index out of range: {key}")
    return key
