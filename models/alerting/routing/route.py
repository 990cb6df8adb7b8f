"""The tree of routes: which receivers an alert has, and how each bundles what it is told.

Depth first, left to right: a route whose matchers fail yields nothing from below it; after a
child that matched the rest are skipped unless it says ``continue``; a route none of whose
children match is itself the answer. Intervals of time are not inherited, the rest is.

Source: semantics 4.1, 4.2; alertmanager dispatch/route.go, config/config.go.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from models.alerting.routing.matcher import Matcher, all_match
from models.base.errors import ConfigError
from models.base.time import NS_PER_HOUR, NS_PER_MINUTE, NS_PER_S, DurationNs
from models.telemetry.labels import LabelSet

ALL_LABELS = "..."


@dataclass(frozen=True, slots=True)
class RouteConfig:
    """One route as written; None is taken from the route above (at the top: the default)."""

    receiver: str | None = None
    matchers: tuple[Matcher, ...] = ()
    group_by: tuple[str, ...] | None = None
    group_wait_ns: DurationNs | None = None
    group_interval_ns: DurationNs | None = None
    repeat_interval_ns: DurationNs | None = None
    continues: bool = False
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()
    routes: tuple["RouteConfig", ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """One route with everything inherited. ``path`` counts children from the top: () is the top."""

    path: tuple[int, ...]
    receiver: str
    matchers: tuple[Matcher, ...]
    group_by: tuple[str, ...]
    group_wait_ns: DurationNs
    group_interval_ns: DurationNs
    repeat_interval_ns: DurationNs
    continues: bool
    mute_time_intervals: tuple[str, ...]
    active_time_intervals: tuple[str, ...]
    routes: tuple["Route", ...]

    def matching(self, labels: LabelSet) -> tuple["Route", ...]:
        """The routes that an alert takes from here, in the order of the tree."""
        if not all_match(self.matchers, labels):
            return ()
        found: list[Route] = []
        for child in self.routes:
            taken = child.matching(labels)
            found += taken
            if taken and not child.continues:
                break
        return tuple(found) or (self,)

    def group_of(self, labels: LabelSet) -> LabelSet:
        """The labels that an alert shares with those it is told together with."""
        if ALL_LABELS in self.group_by:
            return labels
        return tuple((name, value) for name, value in labels if name in self.group_by)

    def walk(self) -> Iterator["Route"]:
        """This route and every one below it, in the order of the tree."""
        yield self
        for child in self.routes:
            yield from child.walk()


_DEFAULTS = Route(
    path=(),
    receiver="",
    matchers=(),
    group_by=(),
    group_wait_ns=30 * NS_PER_S,
    group_interval_ns=5 * NS_PER_MINUTE,
    repeat_interval_ns=4 * NS_PER_HOUR,
    continues=False,
    mute_time_intervals=(),
    active_time_intervals=(),
    routes=(),
)


def route_tree(root: RouteConfig) -> Route:
    """The tree with everything inherited.

    Raises:
        ConfigError: the top route has no receiver, has matchers, continues or names intervals
            of time; or some route groups by ``...`` and more, by a label twice, or has an
            interval that is not positive or a negative ``group_wait``.
    """
    if not root.receiver:
        raise ConfigError("the top route has no receiver")
    if root.matchers:
        raise ConfigError("the top route must match everything: it cannot have matchers")
    if root.continues:
        raise ConfigError("the top route cannot continue")
    if root.mute_time_intervals or root.active_time_intervals:
        raise ConfigError("the top route cannot have mute or active time intervals")
    return _resolved(root, _DEFAULTS, ())


def _resolved(config: RouteConfig, above: Route, path: tuple[int, ...]) -> Route:
    _check(config)
    here = Route(
        path,
        config.receiver or above.receiver,
        config.matchers,
        above.group_by if config.group_by is None else config.group_by,
        _own(config.group_wait_ns, above.group_wait_ns),
        _own(config.group_interval_ns, above.group_interval_ns),
        _own(config.repeat_interval_ns, above.repeat_interval_ns),
        config.continues,
        config.mute_time_intervals,
        config.active_time_intervals,
        (),
    )
    children = tuple(
        _resolved(child, here, (*path, index)) for index, child in enumerate(config.routes)
    )
    return replace(here, routes=children)


def _own(value: DurationNs | None, inherited: DurationNs) -> DurationNs:
    return inherited if value is None else value


def _check(config: RouteConfig) -> None:
    group_by = config.group_by or ()
    if ALL_LABELS in group_by and len(group_by) > 1:
        raise ConfigError("group_by cannot have '...' and other labels")
    if len(set(group_by)) < len(group_by):
        raise ConfigError("group_by names a label twice")
    if config.group_wait_ns is not None and config.group_wait_ns < 0:
        raise ConfigError("group_wait cannot be negative")
    for value in (config.group_interval_ns, config.repeat_interval_ns):
        if value is not None and value <= 0:
            raise ConfigError("group_interval and repeat_interval must be positive")
