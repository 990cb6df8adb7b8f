"""Silences: alerts that somebody asked not to hear of for a while.

Source: semantics 4.6; alertmanager silence/silence.go.
"""

from dataclasses import dataclass, replace
from enum import Enum

from models.alerting.routing.matcher import Matcher, all_match
from models.base.errors import ConfigError
from models.base.time import TimeNs
from models.telemetry.labels import LabelSet


class SilenceState(Enum):
    """Where a silence is in its life."""

    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Silence:
    """Mutes what satisfies all matchers from ``starts_at_ns`` until just before ``ends_at_ns``."""

    matchers: tuple[Matcher, ...]
    starts_at_ns: TimeNs
    ends_at_ns: TimeNs
    created_by: str = ""
    comment: str = ""

    def state(self, *, now: TimeNs) -> SilenceState:
        """The silence's state; it is active at its start and expired at its end."""
        if now >= self.ends_at_ns:
            return SilenceState.EXPIRED
        return SilenceState.PENDING if now < self.starts_at_ns else SilenceState.ACTIVE


class Silences:
    """All silences, by id. Ids count from 1."""

    def __init__(self) -> None:
        self._silences: dict[int, Silence] = {}

    def __getitem__(self, silence_id: int) -> Silence:
        """The silence with this id. Raises KeyError when there is none."""
        return self._silences[silence_id]

    def add(self, silence: Silence, *, now: TimeNs) -> int:
        """Add a silence, which begins now at the earliest. Returns its id.

        Raises:
            ConfigError: no matcher, none that refuses an empty value, or an end that is past or
                not after the start.
        """
        _check(silence, now)
        silence_id = len(self._silences) + 1
        starts_at = max(now, silence.starts_at_ns)
        self._silences[silence_id] = replace(silence, starts_at_ns=starts_at)
        return silence_id

    def edit(self, silence_id: int, silence: Silence, *, now: TimeNs) -> int:
        """Change a silence: in place if what it has muted so far stays true, else as a new one.

        Other matchers, another start of one already active, a start in the past of one that is
        pending, and an expired one make a new silence; the old one is expired. Returns the id
        under which the silence is now found.

        Raises:
            ConfigError: as :meth:`add`.
            KeyError: there is no such silence.
        """
        old = self._silences[silence_id]
        _check(silence, now)
        if _fits(old, silence, now):
            self._silences[silence_id] = silence
            return silence_id
        self.expire(silence_id, now=now)
        return self.add(silence, now=now)

    def expire(self, silence_id: int, *, now: TimeNs) -> bool:
        """End a silence now. False when it had ended already.

        Raises:
            KeyError: there is no such silence.
        """
        old = self._silences[silence_id]
        if old.state(now=now) is SilenceState.EXPIRED:
            return False
        starts_at = min(now, old.starts_at_ns)
        self._silences[silence_id] = replace(old, starts_at_ns=starts_at, ends_at_ns=now)
        return True

    def muting(self, labels: LabelSet, *, now: TimeNs) -> tuple[int, ...]:
        """Ids of the active silences that mute an alert with these labels."""
        return tuple(
            silence_id
            for silence_id, silence in self._silences.items()
            if silence.state(now=now) is SilenceState.ACTIVE and all_match(silence.matchers, labels)
        )


def _fits(old: Silence, new: Silence, now: TimeNs) -> bool:
    state = old.state(now=now)
    if old.matchers != new.matchers or state is SilenceState.EXPIRED:
        return False
    if state is SilenceState.ACTIVE:
        return old.starts_at_ns == new.starts_at_ns
    return new.starts_at_ns >= now


def _check(silence: Silence, now: TimeNs) -> None:
    if all(matcher.accepts("") for matcher in silence.matchers):
        raise ConfigError("a silence needs a matcher that an empty value does not satisfy")
    if silence.ends_at_ns <= now:
        raise ConfigError("a silence cannot end in the past")
    if silence.ends_at_ns <= silence.starts_at_ns:
        raise ConfigError("a silence must end after it starts")
