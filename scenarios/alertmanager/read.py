"""From Alertmanager's configuration file to the settings of the dispatcher; all errors located."""

from collections.abc import Iterator

from models.alerting.routing.inhibition import InhibitRule
from models.alerting.routing.route import RouteConfig
from models.alerting.routing.settings import (
    AlertmanagerConfig,
    Integration,
    NamedIntervals,
    ReceiverConfig,
)
from models.base.errors import ConfigError
from scenarios.alertmanager.document import AlertmanagerDoc, InhibitRuleDoc, RouteDoc
from scenarios.document.validate import validate_section
from scenarios.source.marks import KeyPath
from scenarios.source.problems import Problems, quoted, suggestion
from scenarios.source.tree import LocatedData


def read_alertmanager(located: LocatedData, problems: Problems) -> AlertmanagerConfig | None:
    """The settings; None after adding every problem of the file."""
    document = validate_section(AlertmanagerDoc, located, problems)
    if document is None:
        return None
    before = len(problems)
    _check_names(document, located, problems)
    if len(problems) > before:
        return None
    config = AlertmanagerConfig(
        route=_route(document.route),
        receivers=tuple(
            ReceiverConfig(one.name, tuple(Integration(*each) for each in one.integrations()))
            for one in document.receivers
        ),
        inhibit_rules=tuple(_inhibit_rule(one) for one in document.inhibit_rules),
        time_intervals=tuple(
            NamedIntervals(one.name, tuple(each.interval() for each in one.time_intervals))
            for one in (*document.mute_time_intervals, *document.time_intervals)
        ),
        resolve_timeout_ns=document.global_.resolve_timeout,
    )
    try:
        config.check()
    except ConfigError as error:
        problems.add(located.value_mark(("route",)), ("route",), str(error))
        return None
    return config


def _check_names(document: AlertmanagerDoc, located: LocatedData, problems: Problems) -> None:
    """Receivers and times that routes name must be there."""
    receivers = [one.name for one in document.receivers]
    times = [one.name for one in (*document.mute_time_intervals, *document.time_intervals)]

    def check(path: KeyPath, kind: str, name: str, known: list[str]) -> None:
        if name not in known:
            message = f"there is no {kind} {quoted(name)}{suggestion(name, known)}"
            problems.add(located.value_mark(path), path, message)

    for path, route in _walk(document.route, ("route",)):
        if route.receiver is not None:
            check((*path, "receiver"), "receiver", route.receiver, receivers)
        for key in ("mute_time_intervals", "active_time_intervals"):
            for index, name in enumerate(getattr(route, key)):
                check((*path, key, index), "time interval", name, times)


def _walk(route: RouteDoc, path: KeyPath) -> Iterator[tuple[KeyPath, RouteDoc]]:
    yield path, route
    for index, child in enumerate(route.routes):
        yield from _walk(child, (*path, "routes", index))


def _route(doc: RouteDoc) -> RouteConfig:
    return RouteConfig(
        receiver=doc.receiver,
        matchers=doc.all_matchers(),
        group_by=None if doc.group_by is None else tuple(doc.group_by),
        group_wait_ns=doc.group_wait,
        group_interval_ns=doc.group_interval,
        repeat_interval_ns=doc.repeat_interval,
        continues=doc.continues,
        mute_time_intervals=tuple(doc.mute_time_intervals),
        active_time_intervals=tuple(doc.active_time_intervals),
        routes=tuple(_route(child) for child in doc.routes),
    )


def _inhibit_rule(doc: InhibitRuleDoc) -> InhibitRule:
    return InhibitRule(
        (*doc.source_match, *doc.source_match_re, *doc.source_matchers),
        (*doc.target_match, *doc.target_match_re, *doc.target_matchers),
        tuple(doc.equal),
        doc.name,
    )
