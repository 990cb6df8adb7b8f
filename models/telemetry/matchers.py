"""Label matchers and the selectors made of them.

A missing label is the empty string to every matcher. Regular expressions must match the whole
value, see :mod:`models.telemetry.regex`.

Source: semantics 1.4; prometheus model/labels/matcher.go.
"""

import re
from dataclasses import dataclass, field
from enum import Enum

from models.base.errors import ConfigError
from models.telemetry.labels import METRIC_NAME, LabelSet, label_value
from models.telemetry.regex import compile_anchored


class MatchOp(Enum):
    """How a matcher compares."""

    EQUAL = "="
    NOT_EQUAL = "!="
    MATCHES = "=~"
    NOT_MATCHES = "!~"


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label.

    Raises:
        ConfigError: the label's name is empty.
        ValueSyntaxError: the value is not a regular expression that is supported.
    """

    name: str
    op: MatchOp
    value: str
    _pattern: re.Pattern[str] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.name:
            raise ConfigError("a matcher needs the name of a label")
        is_pattern = self.op in (MatchOp.MATCHES, MatchOp.NOT_MATCHES)
        object.__setattr__(self, "_pattern", compile_anchored(self.value) if is_pattern else None)

    def accepts(self, value: str) -> bool:
        """True when a label of that value (empty if absent) satisfies the condition."""
        if self._pattern is None:
            same = value == self.value
        else:
            same = self._pattern.fullmatch(value) is not None
        return same is (self.op in (MatchOp.EQUAL, MatchOp.MATCHES))


@dataclass(frozen=True, slots=True)
class Selector:
    """The series that satisfy every matcher. The metric's name is the label ``__name__``.

    Raises:
        ConfigError: every matcher accepts the empty string, so that it would select everything.
    """

    matchers: tuple[Matcher, ...]
    metric_name: str | None = field(init=False, repr=False, compare=False)
    """The one metric it can select, or None when it is not bound to one name."""
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if all(matcher.accepts("") for matcher in self.matchers):
            raise ConfigError("a selector needs a matcher that does not accept the empty string")
        object.__setattr__(self, "metric_name", _bound_name(self.matchers))
        object.__setattr__(self, "_hash", hash(self.matchers))

    def __hash__(self) -> int:
        return self._hash

    def selects(self, labels: LabelSet) -> bool:
        """True when a series with these labels is selected."""
        return all(matcher.accepts(label_value(labels, matcher.name)) for matcher in self.matchers)


def _bound_name(matchers: tuple[Matcher, ...]) -> str | None:
    for matcher in matchers:
        if matcher.name == METRIC_NAME and matcher.op is MatchOp.EQUAL and matcher.value:
            return matcher.value
    return None


def named(metric_name: str, *matchers: Matcher) -> Selector:
    """Selector of one metric, narrowed by further matchers."""
    return Selector((Matcher(METRIC_NAME, MatchOp.EQUAL, metric_name), *matchers))
