"""The most recent changes, so that a watcher can catch up from the revision it has seen.

Revisions are consecutive: the change after revision ``r`` is ``r + 1``. Of older changes only
the revision of the newest one forgotten is kept (``floor``); who asks from before it cannot be
told every change and has to list again, never gets a list with holes.
"""

from collections import deque

from models.base.errors import ConfigError
from models.discovery.member import Revision, ServiceName
from models.discovery.messages import Change, Changes, Compacted


class WatchHistory:
    """At most ``limit`` changes (>= 1), numbered on from ``first_revision`` (>= 0)."""

    __slots__ = ("_changes", "_floor", "_limit")

    def __init__(self, limit: int, *, first_revision: Revision = 0) -> None:
        if limit < 1:
            raise ConfigError(f"the watch history must hold at least 1 change, not {limit}")
        if first_revision < 0:
            raise ConfigError(f"revisions start at 0 or above, not at {first_revision}")
        self._limit = limit
        self._floor = first_revision
        self._changes: deque[Change] = deque()

    @property
    def revision(self) -> Revision:
        """Revision of the newest change."""
        return self._floor + len(self._changes)

    @property
    def floor(self) -> Revision:
        """The earliest revision from which a watcher can still catch up."""
        return self._floor

    def append(self, change: Change) -> None:
        """Keep the change, whose revision must be the next one, and forget the oldest."""
        assert change.revision == self.revision + 1, "a revision was skipped or used twice"
        self._changes.append(change)
        if len(self._changes) > self._limit:
            self._floor = self._changes.popleft().revision

    def since(self, revision: Revision, service: ServiceName | None) -> Changes | Compacted:
        """Changes of ``service`` (None: of all) after ``revision``.

        Linear in the number of changes after ``revision``.
        """
        if not self._floor <= revision <= self.revision:
            return Compacted(service, revision, self.revision)
        newer = []
        for change in reversed(self._changes):
            if change.revision <= revision:
                break
            if service is None or change.service == service:
                newer.append(change)
        newer.reverse()
        return Changes(service, revision, self.revision, tuple(newer))
