"""A fingerprint of what a scenario means: equal for equal plans, whatever the file looks like."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import TypeAlias

DIGEST_BYTES = 16

Canonical: TypeAlias = "str | int | float | bool | list[Canonical] | dict[str, Canonical] | None"


def spec_digest(*parts: object) -> str:
    """32 hexadecimal digits of the canonical JSON of plain values and dataclasses.

    Raises:
        TypeError: a part holds something that has no canonical form.
    """
    text = json.dumps(
        [canonical(part) for part in parts],
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=True,
        allow_nan=False,
    )
    return hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES).hexdigest()


def canonical(value: object) -> Canonical:
    """Plain data for JSON: a dataclass carries its name, a set is sorted, bytes are digested."""
    if value is None or isinstance(value, str | bool) or type(value) in (int, float):
        return value  # type: ignore[return-value]  # narrowed by exact type
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, bytes):
        return hashlib.blake2b(value, digest_size=DIGEST_BYTES).hexdigest()
    if is_dataclass(value) and not isinstance(value, type):
        named = {
            field.name: canonical(getattr(value, field.name))
            for field in fields(value)
            if field.compare
        }
        return {"": type(value).__name__, **named}
    return _canonical_collection(value)


def _canonical_collection(value: object) -> Canonical:
    if isinstance(value, Mapping):
        return {str(key): canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    if isinstance(value, frozenset):
        return sorted((canonical(item) for item in value), key=json.dumps)
    raise TypeError(f"{type(value).__name__} has no canonical form")
