"""Attributes: named facts of a span, an event or a link, bounded in number and length.

Source: OpenTelemetry specification, common/attribute limits: 128 attributes, texts of any
length; what exceeds the limit is dropped and counted, and never an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from models.base.errors import ConfigError

Scalar: TypeAlias = bool | int | float | str
AttributeValue: TypeAlias = Scalar | tuple[Scalar, ...]
Attributes: TypeAlias = Mapping[str, AttributeValue]

NO_ATTRIBUTES: Attributes = MappingProxyType({})

_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1


def no_attributes() -> Attributes:
    """The empty attributes, for defaults."""
    return NO_ATTRIBUTES


@dataclass(frozen=True, slots=True)
class AttributeLimits:
    """How many attributes one carrier holds, and how many characters a text (None: any).

    Raises:
        ConfigError: a limit is negative.
    """

    count_max: int = 128
    value_length_max: int | None = None

    def __post_init__(self) -> None:
        if self.count_max < 0 or (self.value_length_max or 0) < 0:
            raise ConfigError("attribute limits cannot be negative")


class AttributeBag:
    """Collects attributes under limits. ``dropped`` counts what was refused.

    A key set again keeps its place and takes the new value, also in a full bag. Refused are new
    keys in a full bag, empty keys, whole numbers beyond 64 bits, and lists of mixed types.
    """

    __slots__ = ("_limits", "_values", "dropped")

    def __init__(self, limits: AttributeLimits, attributes: Attributes = NO_ATTRIBUTES) -> None:
        self._limits = limits
        self._values: dict[str, AttributeValue] = {}
        self.dropped = 0
        for key, value in attributes.items():
            self.put(key, value)

    def put(self, key: str, value: AttributeValue) -> bool:
        """Set an attribute; False if it was refused."""
        is_new = key not in self._values
        if not key or not _is_valid(value) or (is_new and self._is_full()):
            self.dropped += 1
            return False
        self._values[key] = self._cut(value)
        return True

    def frozen(self) -> Attributes:
        """The attributes as they are now, in the order of their first setting."""
        return MappingProxyType(dict(self._values))

    def _is_full(self) -> bool:
        return len(self._values) >= self._limits.count_max

    def _cut(self, value: AttributeValue) -> AttributeValue:
        length = self._limits.value_length_max
        if isinstance(value, str):
            return value[:length]
        if isinstance(value, tuple):
            return tuple(item[:length] if isinstance(item, str) else item for item in value)
        return value


def _is_valid(value: AttributeValue) -> bool:
    if isinstance(value, tuple):
        return len({type(item) for item in value}) <= 1 and all(map(_is_valid, value))
    if isinstance(value, int) and not isinstance(value, bool):
        return _INT_MIN <= value <= _INT_MAX
    return True
