"""The alerts that may keep others quiet, found by the labels that have to be equal.

Every alert is held against the sources of every rule once, when it becomes known. A question then
looks at the sources with the right labels alone, in the order in which they became known.

Source: alertmanager inhibit/inhibit.go (the cache of sources).
"""

from collections.abc import Iterable

from models.alerting.routing.inhibition import Activity, InhibitRule
from models.alerting.routing.matcher import all_match
from models.base.time import TimeNs
from models.telemetry.labels import LabelSet


class InhibitionIndex:
    """The sources of some inhibition rules among the alerts that are known."""

    __slots__ = ("_keys", "_rules", "_sources")

    def __init__(self, rules: Iterable[InhibitRule]) -> None:
        self._rules = tuple(rules)
        self._sources: list[dict[tuple[str, ...], dict[LabelSet, Activity]]] = [
            {} for _ in self._rules
        ]
        self._keys: dict[LabelSet, tuple[tuple[int, tuple[str, ...]], ...]] = {}

    def put(self, alert: Activity) -> None:
        """Take an alert, or what has become of it."""
        keys = self._keys.get(alert.labels)
        if keys is None:
            keys = self._keys[alert.labels] = tuple(
                (place, rule.key(alert.labels))
                for place, rule in enumerate(self._rules)
                if all_match(rule.source_matchers, alert.labels)
            )
        for place, key in keys:
            self._sources[place].setdefault(key, {})[alert.labels] = alert

    def drop(self, labels: LabelSet) -> None:
        """Forget an alert, if it is known."""
        for place, key in self._keys.pop(labels, ()):
            bucket = self._sources[place][key]
            del bucket[labels]
            if not bucket:
                del self._sources[place][key]

    def source_of(self, labels: LabelSet, *, now: TimeNs) -> LabelSet | None:
        """Labels of the first alert that mutes the one with these labels, by the first rule."""
        for rule, sources in zip(self._rules, self._sources, strict=True):
            bucket = sources.get(rule.key(labels))
            if bucket:
                source = rule.source_of(labels, bucket.values(), now=now)
                if source is not None:
                    return source
        return None
