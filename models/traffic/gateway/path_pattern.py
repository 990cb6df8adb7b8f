"""Patterns of paths: one path, everything under a path, or a template with holes.

There are no regular expressions: every pattern is matched segment by segment, in time linear in
the path, whatever a client sends.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from models.base.errors import ConfigError
from models.traffic.gateway.target import normal_path

REST = "**"
ONE = "*"


class PathKind(Enum):
    """How a pattern is read."""

    EXACT = "exact"
    PREFIX = "prefix"
    TEMPLATE = "template"


@dataclass(frozen=True, slots=True)
class PathMatch:
    """A pattern as written down. Paths are compared with regard to case.

    ``EXACT``: this path and no other. ``PREFIX``: this path and those below it, by whole
    segments: ``/foo`` takes ``/foo``, ``/foo/`` and ``/foo/bar`` but not ``/foobar``; a slash at
    its end says nothing. ``TEMPLATE``: segment by segment, where ``*`` and ``{name}`` take one
    segment that is not empty, and ``**`` at the end takes whatever follows the slash before it.

    Source: Kubernetes Gateway API ``HTTPPathMatch``; Envoy URI templates.
    """

    kind: PathKind = PathKind.PREFIX
    value: str = "/"


class PathPattern:
    """A :class:`PathMatch` ready to be asked.

    ``literal_characters`` is how much of the path the pattern spells out, which is what makes
    one pattern more specific than another.

    Raises:
        ConfigError: the value does not begin with a slash, is not in normal form, or a
            template's hole is malformed.
    """

    __slots__ = ("_segments", "_text", "kind", "literal_characters")

    def __init__(self, match: PathMatch) -> None:
        _check(match)
        self.kind = match.kind
        self._text = match.value
        if match.kind is PathKind.PREFIX:
            self._text = match.value.rstrip("/")
        self._segments: tuple[str, ...] = ()
        self.literal_characters = max(1, len(self._text))
        if match.kind is PathKind.TEMPLATE:
            self._segments = tuple(_template_segments(match.value))
            spelled = sum(len(segment) for segment in self._segments if segment not in (ONE, REST))
            self.literal_characters = spelled + len(self._segments)

    @property
    def text(self) -> str:
        """The path spelled out, for the kinds without holes; a prefix has no slash at its end."""
        return self._text

    def matches(self, path: str) -> bool:
        """Whether the pattern takes a path in normal form."""
        if self.kind is PathKind.EXACT:
            return path == self._text
        if self.kind is PathKind.PREFIX:
            return path == self._text or path.startswith(self._text + "/")
        return self._template_matches(path.split("/")[1:])

    def _template_matches(self, segments: list[str]) -> bool:
        wanted = self._segments
        if wanted[-1] == REST:
            if len(segments) < len(wanted):
                return False
            wanted = wanted[:-1]
        elif len(segments) != len(wanted):
            return False
        return all(
            segment != "" if want == ONE else segment == want
            for want, segment in zip(wanted, segments, strict=False)
        )


def _template_segments(value: str) -> Iterator[str]:
    for segment in value.split("/")[1:]:
        yield ONE if segment.startswith("{") else segment


def _check(match: PathMatch) -> None:
    where = f"path {match.kind.value} '{match.value}'"
    if not match.value.startswith("/"):
        raise ConfigError(f"{where}: must begin with a slash")
    if match.kind is PathKind.TEMPLATE:
        _check_holes(where, match.value.split("/")[1:])
    elif normal_path(match.value) != match.value:
        raise ConfigError(f"{where}: is not in normal form, {normal_path(match.value)!r}")


def _check_holes(where: str, segments: list[str]) -> None:
    names = []
    for position, segment in enumerate(segments):
        if segment == REST and position != len(segments) - 1:
            raise ConfigError(f"{where}: {REST} may only stand at the end")
        if segment in (ONE, REST):
            continue
        if segment.startswith("{") and segment.endswith("}"):
            names.append(segment[1:-1])
        elif set(segment) & set("*{}") or normal_path("/" + segment) != "/" + segment:
            raise ConfigError(f"{where}: '{segment}' is neither literal nor a whole hole")
    if len(set(names)) != len(names) or not all(name.isidentifier() for name in names):
        raise ConfigError(f"{where}: names of holes must be identifiers, each once")
