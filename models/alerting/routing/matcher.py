"""Label matchers as routes, inhibition rules and silences use them.

A label that an alert does not have counts as empty. Regular expressions are anchored.

Source: semantics 1.4, 4.2; alertmanager pkg/labels/matcher.go.
"""

import re
from dataclasses import dataclass, field
from enum import Enum

from models.base.errors import ConfigError
from models.telemetry.labels import LabelSet


class MatchKind(Enum):
    """How a label's value is compared."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LIKE = "=~"
    NOT_LIKE = "!~"


_EXPECTING_PATTERN = frozenset({MatchKind.LIKE, MatchKind.NOT_LIKE})
_NEGATED = frozenset({MatchKind.NOT_EQUAL, MatchKind.NOT_LIKE})


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label.

    Raises:
        ConfigError: the label has no name, or the regular expression is not one.
    """

    name: str
    kind: MatchKind
    value: str
    _pattern: re.Pattern[str] | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        """Compile the regular expression, if there is one."""
        if not self.name:
            raise ConfigError("a matcher has no label name")
        if self.kind not in _EXPECTING_PATTERN:
            return
        try:
            pattern = re.compile(self.value)
        except re.error as error:
            raise ConfigError(f"bad regular expression {self.value!r}: {error}") from error
        object.__setattr__(self, "_pattern", pattern)

    def accepts(self, value: str) -> bool:
        """True when a label with this value satisfies the matcher."""
        if self._pattern is None:
            is_alike = value == self.value
        else:
            is_alike = self._pattern.fullmatch(value) is not None
        return is_alike != (self.kind in _NEGATED)


def all_match(matchers: tuple[Matcher, ...], labels: LabelSet) -> bool:
    """True when the labels satisfy every matcher; no matchers are satisfied by anything."""
    values = dict(labels)
    return all(matcher.accepts(values.get(matcher.name, "")) for matcher in matchers)
