"""Every alert of a run from its first doubt to its end, and what was told of it when.

One *episode* of an alert is one label set from pending (or firing at once) to the moment the
condition is gone. An episode was *told* when the first page with status firing that names the
alert and whose group labels are the alert's arrived at its receiver while it fired.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from models.base.time import NS_PER_MINUTE, TimeNs
from models.records.events import EventKind
from models.records.record import RunRecord
from models.records.table import Table

FLAP_NS = 10 * NS_PER_MINUTE
"""An alert that fires again sooner than this after it was over has flapped."""

_PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')
_MUTED = "page_muted"


@dataclass(frozen=True, slots=True)
class Episode:
    """One alert, once. Instants are virtual; None where it did not come to that.

    ``receivers`` are those to whom a firing page came. ``has_flapped`` says that the same alert
    had fired less than ``FLAP_NS`` before this one fired.
    """

    alert: str
    labels: tuple[tuple[str, str], ...]
    began_ns: TimeNs
    fired_ns: TimeNs | None = None
    told_ns: TimeNs | None = None
    over_ns: TimeNs | None = None
    told_over_ns: TimeNs | None = None
    receivers: tuple[str, ...] = ()
    has_flapped: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page that came to its receiver by one integration, or, ``failed``, was given up."""

    time_ns: TimeNs
    receiver: str
    integration: str
    alerts: tuple[str, ...]
    is_firing: bool
    group: tuple[tuple[str, str], ...]
    failed: bool


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An alert that was kept from a receiver, and why: inhibited, silenced or muted."""

    alert: str
    reason: str
    times: int


def pages_of(events: Table) -> tuple[Page, ...]:
    """All pages of a run, in order of their instants."""
    return tuple(_pages(events))


def episodes_of(record: RunRecord) -> tuple[Episode, ...]:
    """All episodes of a run, in order of their beginnings."""
    pages = [page for page in pages_of(record.events) if not page.failed]
    return tuple(_with_pages(episode, pages) for episode in _with_flaps(_bare(record.alerts)))


def held_back(events: Table) -> tuple[HeldBack, ...]:
    """What was kept from receivers, counted by alert and reason."""
    counted: dict[tuple[str, str], int] = {}
    rows = zip(events.text("kind"), events.text("subject"), events.text("detail"), strict=True)
    for kind, subject, text in rows:
        if kind == _MUTED:
            detail = json.loads(text)
            for alert in detail.get("alerts") or [subject]:
                key = (str(alert), str(detail.get("reason", "muted")))
                counted[key] = counted.get(key, 0) + 1
    return tuple(HeldBack(alert, why, times) for (alert, why), times in sorted(counted.items()))


def _bare(alerts: Table) -> list[Episode]:
    """From the moves of the alerts alone."""
    found: list[Episode] = []
    running: dict[str, int] = {}
    columns = (alerts.text("alert"), alerts.text("state"), alerts.text("labels"))
    for time_ns, alert, state, labels in zip(alerts["time_ns"].tolist(), *columns, strict=True):
        place = running.get(labels)
        if place is None and state in ("pending", "firing"):
            running[labels] = place = len(found)
            pairs = tuple(sorted(json.loads(labels).items()))
            found.append(Episode(alert, pairs, time_ns))
        if place is None:
            continue
        if state == "firing":
            found[place] = replace(found[place], fired_ns=time_ns)
        elif state in ("resolved", "inactive"):
            found[place] = replace(found[place], over_ns=time_ns)
            del running[labels]
    return found


def _with_flaps(episodes: list[Episode]) -> Iterator[Episode]:
    over: dict[tuple[tuple[str, str], ...], TimeNs] = {}
    for episode in episodes:
        before = over.get(episode.labels)
        fired = episode.fired_ns
        if fired is not None and episode.over_ns is not None:
            over[episode.labels] = episode.over_ns
        is_soon = fired is not None and before is not None and fired - before < FLAP_NS
        yield replace(episode, has_flapped=is_soon)


def _with_pages(episode: Episode, pages: list[Page]) -> Episode:
    if episode.fired_ns is None:
        return episode
    labels = set(episode.labels)
    about = [p for p in pages if episode.alert in p.alerts and labels >= set(p.group)]
    end = episode.over_ns
    firing = [
        page
        for page in about
        if page.is_firing
        and page.time_ns >= episode.fired_ns
        and (end is None or page.time_ns < end)
    ]
    after = [p for p in about if not p.is_firing and end is not None and p.time_ns >= end]
    return replace(
        episode,
        told_ns=firing[0].time_ns if firing else None,
        told_over_ns=after[0].time_ns if firing and after else None,
        receivers=tuple(dict.fromkeys(page.receiver for page in firing)),
    )


def _pages(events: Table) -> Iterator[Page]:
    columns = (events.text("kind"), events.text("subject"), events.text("detail"))
    for time_ns, kind, receiver, text in zip(events["time_ns"].tolist(), *columns, strict=True):
        if kind not in (EventKind.PAGE_SENT, EventKind.PAGE_FAILED):
            continue
        detail = json.loads(text)
        yield Page(
            time_ns=time_ns,
            receiver=receiver,
            integration=str(detail.get("integration", "")),
            alerts=tuple(detail.get("alerts", ())),
            is_firing=detail.get("status", "firing") == "firing",
            group=tuple(_PAIR.findall(str(detail.get("group", "")))),
            failed=kind == EventKind.PAGE_FAILED,
        )
