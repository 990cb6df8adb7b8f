"""Header fields of a message, and conditions on them.

Names are compared without regard to case, values exactly. A field that is sent several times
counts as one whose values are joined by ", ", as proxies may do on the way (RFC 9110, 5.3).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Headers:
    """Fields in the order they were sent, as (name, value)."""

    fields: tuple[tuple[str, str], ...] = ()

    def value(self, name: str) -> str | None:
        """All values sent under the name, joined by ", "; None if there is none."""
        wanted = name.lower()
        found = [value for known, value in self.fields if known.lower() == wanted]
        return ", ".join(found) if found else None

    def adding(self, name: str, value: str) -> "Headers":
        """Append a field beside those of the same name."""
        return Headers((*self.fields, (name, value)))

    def setting(self, name: str, value: str) -> "Headers":
        """Append a field in place of all of the same name."""
        return self.without(name).adding(name, value)

    def without(self, name: str) -> "Headers":
        """Leave out every field of the name."""
        unwanted = name.lower()
        return Headers(tuple(field for field in self.fields if field[0].lower() != unwanted))

    @property
    def size_bytes(self) -> int:
        """Octets of all names and values, without separators."""
        return sum(len(name) + len(value) for name, value in self.fields)


NO_HEADERS = Headers()


@dataclass(frozen=True, slots=True)
class HeaderMatch:
    """The header is there and, unless ``value`` is None, has exactly that value."""

    name: str
    value: str | None = None

    def is_met_by(self, headers: Headers) -> bool:
        """Whether the condition holds for a message with these headers."""
        found = headers.value(self.name)
        return found is not None and self.value in (None, found)


def all_met(conditions: tuple[HeaderMatch, ...], headers: Headers) -> bool:
    """Whether every condition holds; no condition always does."""
    return all(condition.is_met_by(headers) for condition in conditions)
