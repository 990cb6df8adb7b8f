"""Baggage: what the user of a trace sends along to every service that it reaches.

Values are any text; on the wire they are percent-encoded UTF-8. A header carries whole members
only, at most 64 of them and 8192 bytes; what does not fit is left out and counted.

Source: W3C Baggage, section 3; semantics 14.2.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote, unquote

from models.base.errors import ConfigError

MEMBERS_MAX = 64
BYTES_MAX = 8192

Property: TypeAlias = tuple[str, str | None]

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_OCTETS = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")
_SAFE = "!#$&'()*+-./:<=>?@[]^_`{|}~"
_BLANKS = " \t"


@dataclass(frozen=True, slots=True)
class BaggageEntry:
    """One member: a token, its decoded value, and properties that nobody interprets.

    Raises:
        ConfigError: the key or a property cannot be written in a header.
    """

    key: str
    value: str
    properties: tuple[Property, ...] = ()

    def __post_init__(self) -> None:
        for key, value in ((self.key, ""), *self.properties):
            if not _TOKEN.fullmatch(key) or not _OCTETS.fullmatch(value or ""):
                raise ConfigError(f"baggage: '{key}' is not a token, or its text cannot be sent")

    def text(self) -> str:
        """The member as it stands in a header."""
        head = f"{self.key}={quote(self.value, safe=_SAFE)}"
        tails = (key if value is None else f"{key}={value}" for key, value in self.properties)
        return ";".join((head, *tails))


@dataclass(frozen=True, slots=True)
class Baggage:
    """Members in the order in which they were added or received; changes make a new one."""

    entries: tuple[BaggageEntry, ...] = ()

    def __len__(self) -> int:
        return len(self.entries)

    def value(self, key: str) -> str | None:
        """The value under a key, the last if it was received twice; None without one."""
        for entry in reversed(self.entries):
            if entry.key == key:
                return entry.value
        return None

    def with_value(self, key: str, value: str, properties: tuple[Property, ...] = ()) -> "Baggage":
        """Set a key, in place of every earlier member of that name."""
        return Baggage((*self.without(key).entries, BaggageEntry(key, value, properties)))

    def without(self, key: str) -> "Baggage":
        """The baggage without a key."""
        return Baggage(tuple(entry for entry in self.entries if entry.key != key))


@dataclass(frozen=True, slots=True)
class EncodedBaggage:
    """A header value, and how many members did not fit into it."""

    text: str
    dropped: int


def parse_baggage(headers: Iterable[str]) -> Baggage:
    """Read all ``baggage`` headers, in order. Members that are malformed or do not fit are left.

    Octets that are no UTF-8 become U+FFFD.
    """
    members = (text.strip(_BLANKS) for header in headers for text in header.split(","))
    fitting = _Room()
    parsed = ((entry, text) for text in members if (entry := _entry(text)) is not None)
    return Baggage(tuple(entry for entry, text in parsed if fitting.takes(text)))


def encode_baggage(baggage: Baggage) -> EncodedBaggage:
    """Write as many whole members as fit, in order; one that is too long leaves room to others."""
    room = _Room()
    texts = [text for text in _texts(baggage) if room.takes(text)]
    return EncodedBaggage(",".join(texts), len(baggage) - len(texts))


class _Room:
    """What is left of a header's limits; a comma stands between members."""

    __slots__ = ("_bytes", "_members")

    def __init__(self) -> None:
        self._members, self._bytes = MEMBERS_MAX, BYTES_MAX + 1

    def takes(self, text: str) -> bool:
        size = len(text) + 1
        if not self._members or size > self._bytes:
            return False
        self._members -= 1
        self._bytes -= size
        return True


def _texts(baggage: Baggage) -> Iterator[str]:
    return (entry.text() for entry in baggage.entries)


def _entry(text: str) -> BaggageEntry | None:
    member, *properties = text.split(";")
    pair = _pair(member)
    rest = [_pair(text) for text in properties if text.strip(_BLANKS)]
    if pair is None or pair[1] is None or None in rest:
        return None
    value = unquote(pair[1], errors="replace")
    return BaggageEntry(pair[0], value, tuple(found for found in rest if found is not None))


def _pair(text: str) -> Property | None:
    key, equals, value = text.partition("=")
    key, value = key.strip(_BLANKS), value.strip(_BLANKS)
    if not _TOKEN.fullmatch(key) or not _OCTETS.fullmatch(value):
        return None
    return key, value if equals else None
