"""The ``tracestate`` header: what each tracing system wants to remember about a trace.

A state is an ordered list of (key, value) pairs, the system that wrote last in front. It is kept
whole or not at all: one member out of form and nothing of the header is believed.

Source: W3C Trace Context, section 3.3; semantics 14.2. Keys are those of level 1, where a
tenant and a system may be joined by one ``@``; level 2 allows ``@`` anywhere.
"""

import re
from collections.abc import Iterable
from typing import TypeAlias

from models.base.errors import ConfigError

TraceState: TypeAlias = tuple[tuple[str, str], ...]

MEMBERS_MAX = 32

_SIMPLE_KEY = r"[a-z][a-z0-9_\-*/]{0,255}"
_TENANT_KEY = r"[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13}"
_KEY = re.compile(f"{_SIMPLE_KEY}|{_TENANT_KEY}")
_VALUE = re.compile(r"[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]")
_BLANKS = " \t"


def parse_tracestate(headers: Iterable[str]) -> TraceState:
    """Join the values of all ``tracestate`` headers, in the order in which they came.

    Duplicate keys are kept as received, empty members are skipped. The result is empty when a
    member is malformed or there are more than 32.
    """
    members = []
    for header in headers:
        for text in header.split(","):
            member = text.strip(_BLANKS)
            if not member:
                continue
            key, equals, value = member.partition("=")
            if not equals or not is_member(key, value):
                return ()
            members.append((key, value))
    return tuple(members) if len(members) <= MEMBERS_MAX else ()


def format_tracestate(state: TraceState) -> str:
    """Write a state as one header value; empty for an empty state."""
    return ",".join(f"{key}={value}" for key, value in state)


def is_member(key: str, value: str) -> bool:
    """True when key and value have the form of a list member."""
    return _KEY.fullmatch(key) is not None and _VALUE.fullmatch(value) is not None


def state_value(state: TraceState, key: str) -> str | None:
    """The value under a key, the first if there are several; None if there is none."""
    for candidate, value in state:
        if candidate == key:
            return value
    return None


def with_member(state: TraceState, key: str, value: str) -> TraceState:
    """Set a key and move it to the front; the last member makes room in a full state.

    Raises:
        ConfigError: key or value has not the form of a list member.
    """
    if not is_member(key, value):
        raise ConfigError(f"'{key}={value}' cannot stand in tracestate")
    return ((key, value), *without_member(state, key)[: MEMBERS_MAX - 1])


def without_member(state: TraceState, key: str) -> TraceState:
    """The state without a key."""
    return tuple(member for member in state if member[0] != key)
