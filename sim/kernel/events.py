"""The port through which the world's parts write down what happened."""

from collections.abc import Mapping
from typing import Protocol

from models.records.events import EventKind, JsonValue


class EventLog(Protocol):
    """Takes one event, at the current true time."""

    def event(
        self, kind: EventKind, subject: str, detail: Mapping[str, JsonValue] | None = None
    ) -> None:
        """Write down that something happened to ``subject`` now."""
