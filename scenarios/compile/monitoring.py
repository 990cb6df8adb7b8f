"""Monitoring: its place and pace, alert rules from files and from the scenario itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from models.alerting.config import AlertRuleConfig, MonitoringConfig, RuleGroupConfig
from models.alerting.routing.settings import AlertmanagerConfig, single_route
from models.alerting.rule_file import RuleFileProblem, parse_rule_file
from models.records.objective import RequestObjective
from scenarios.alertmanager.read import read_alertmanager
from scenarios.compile.anomalies import compile_anomalies
from scenarios.compile.findings import Findings
from scenarios.compile.notifications import compile_receivers, compile_silences
from scenarios.compile.presenting import compile_presentations
from scenarios.document.dashboards import DashboardDoc, PanelDoc
from scenarios.document.monitoring import AlertingDoc, NotifyDoc
from scenarios.source.files import NamedFile
from scenarios.source.marks import KeyPath, Mark
from scenarios.source.problems import quoted
from scenarios.source.text import read_source
from scenarios.source.tree import LocatedData, flatten
from scenarios.source.yaml_reader import PROMETHEUS, SCENARIO, Dialect, read_yaml
from sim.blueprint import Phases

_RULES: KeyPath = ("alerting", "rules")


@dataclass(frozen=True, slots=True)
class Monitoring:
    """The configuration, and the names of all alerts that rules define.

    ``alerts`` is None when some rule could not be read, because then nobody knows them all.
    """

    config: MonitoringConfig | None
    alerts: tuple[str, ...] | None


def compile_monitoring(
    doc: AlertingDoc | None,
    dashboards: Mapping[str, DashboardDoc],
    zones: tuple[str, ...],
    phases: Phases,
    findings: Findings,
) -> Monitoring:
    """Scrapes, evaluations and notifications; a scrape must end before the next begins.

    Panels of dashboards bring alert rules of their own.
    """
    if doc is None:
        _refuse_rules(dashboards, findings)
        return Monitoring(None, ())
    if doc.zone not in zones:
        findings.unknown(("alerting", "zone"), "zone", doc.zone, zones)
    if doc.alertmanager_zone not in (None, *zones):
        path = ("alerting", "alertmanager_zone")
        findings.unknown(path, "zone", str(doc.alertmanager_zone), zones)
    if doc.scrape.timeout > doc.scrape.interval:
        findings.at_value(
            ("alerting", "scrape", "timeout"), "timeout must not be longer than interval"
        )
    before = len(findings.problems)
    groups = _groups(doc, findings) + compile_anomalies(doc.anomalies, findings)
    groups += _panel_groups(dashboards, groups, findings)
    is_complete = len(findings.problems) == before
    alertmanager = _alertmanager(doc, findings)
    config = MonitoringConfig(
        zone=doc.zone,
        scrape_interval_ns=doc.scrape.interval,
        scrape_timeout_ns=doc.scrape.timeout,
        evaluation_interval_ns=doc.evaluation,
        lookback_ns=doc.lookback,
        resend_delay_ns=doc.resend_delay,
        groups=_named_apart(groups),
        alertmanager=alertmanager,
        alertmanager_zone=doc.alertmanager_zone,
        receivers=compile_receivers(doc, alertmanager, phases, findings),
        silences=compile_silences(doc, phases, findings),
        presentations=compile_presentations(doc.present_as, findings),
        external_labels=tuple(sorted(doc.external_labels.items())),
        external_url=doc.external_url,
    )
    alerts = dict.fromkeys(
        rule.name for group in groups for rule in group.rules if isinstance(rule, AlertRuleConfig)
    )
    return Monitoring(config, tuple(alerts) if is_complete else None)


def compile_objective(doc: AlertingDoc | None) -> RequestObjective:
    """What the error budget of the alert page is measured by."""
    if doc is None:
        return RequestObjective()
    return RequestObjective(doc.objective.target, doc.objective.window)


def _groups(doc: AlertingDoc, findings: Findings) -> list[RuleGroupConfig]:
    groups: list[RuleGroupConfig] = []
    for index, entry in enumerate(doc.rules):
        path: KeyPath = (*_RULES, index)
        if isinstance(entry, str):
            mark = findings.located.value_mark(path)
            for file in findings.files.matching(entry, mark, path):
                groups += _from_file(file, mark, findings)
        else:
            groups += _inline(entry, path, findings)
    return groups


def _panel_groups(
    dashboards: Mapping[str, DashboardDoc], groups: list[RuleGroupConfig], findings: Findings
) -> list[RuleGroupConfig]:
    """One group per dashboard with rules; a rule that is there already is not run twice."""
    known = {rule for group in groups for rule in group.rules}
    found = []
    for name, path, panel in _panels(dashboards):
        if not panel.rules:
            continue
        entry = {"name": f"dashboard {name}", "rules": list(panel.rules)}
        for group in _inline(entry, path, findings):
            fresh = tuple(rule for rule in dict.fromkeys(group.rules) if rule not in known)
            known.update(fresh)
            if fresh:
                found.append(replace(group, rules=fresh))
    return found


def _refuse_rules(dashboards: Mapping[str, DashboardDoc], findings: Findings) -> None:
    for _, path, panel in _panels(dashboards):
        if panel.rules:
            findings.at_key((*path, "rules"), "nobody runs rules without an 'alerting' section")


def _panels(
    dashboards: Mapping[str, DashboardDoc],
) -> Iterator[tuple[str, KeyPath, PanelDoc]]:
    for name, doc in dashboards.items():
        for index, panel in enumerate(doc.panels):
            yield name, ("dashboards", name, "panels", index), panel


def _single_route(doc: NotifyDoc) -> AlertmanagerConfig:
    return single_route(
        doc.receiver,
        group_by=doc.group_by,
        group_wait_ns=doc.group_wait,
        group_interval_ns=doc.group_interval,
        repeat_interval_ns=doc.repeat_interval,
        send_resolved=doc.send_resolved,
        resolve_timeout_ns=doc.resolve_timeout,
    )


def _inline(entry: object, path: KeyPath, findings: Findings) -> tuple[RuleGroupConfig, ...]:
    def outer(inner: KeyPath) -> KeyPath:
        return (*path, *inner[2:])

    def locate(inner: KeyPath) -> tuple[int, int]:
        mark = findings.located.value_mark(outer(inner))
        return mark.line, mark.column

    outcome = parse_rule_file({"groups": [entry]}, locate)
    for problem in outcome.problems:
        place = outer(problem.path)
        mark = _mark_of(problem, place, findings.located)
        findings.problems.add(mark, place, problem.message)
    return outcome.groups


def _alertmanager(doc: AlertingDoc, findings: Findings) -> AlertmanagerConfig:
    """From Alertmanager's own file, or one route for everything."""
    path: KeyPath = ("alerting", "alertmanager")
    if doc.alertmanager is None:
        return _single_route(doc.notify)
    if findings.located.has(("alerting", "notify")):
        findings.at_key(path, "alerting has notify or an Alertmanager file, not both")
    mark = findings.located.value_mark(path)
    for file in findings.files.matching(doc.alertmanager, mark, path):
        located = _located(file, "alertmanager", mark, findings)
        config = None if located is None else read_alertmanager(located, findings.problems)
        if config is not None:
            return config
    return _single_route(doc.notify)


def _located(
    file: NamedFile, label: str, mark: Mark, findings: Findings, dialect: Dialect = SCENARIO
) -> LocatedData | None:
    read = read_source(
        file.content,
        name=file.name,
        label=f"{label} {file.name}",
        directory=Path(file.name).parent,
        rank=mark.source.rank + 500,
        problems=findings.problems,
    )
    root = None if read is None else read_yaml(read[1], read[0], findings.problems, dialect)
    return None if root is None else flatten(root, findings.problems)


def _from_file(file: NamedFile, mark: Mark, findings: Findings) -> tuple[RuleGroupConfig, ...]:
    located = _located(file, "rules", mark, findings, PROMETHEUS)
    if located is None:
        return ()

    def locate(path: KeyPath) -> tuple[int, int]:
        at = located.value_mark(path)
        return at.line, at.column

    outcome = parse_rule_file(located.data, locate)
    for problem in outcome.problems:
        findings.problems.add(
            _mark_of(problem, problem.path, located), problem.path, problem.message
        )
    return outcome.groups


def _mark_of(problem: RuleFileProblem, path: KeyPath, located: LocatedData) -> Mark:
    """Unknown fields are shown at their key, everything else at the value."""
    if problem.message.startswith("unknown field"):
        return located.key_mark(path)
    return located.value_mark(path)


def _named_apart(groups: list[RuleGroupConfig]) -> tuple[RuleGroupConfig, ...]:
    """Groups of one name from several files are told apart by a number."""
    taken: set[str] = set()
    apart = []
    for group in groups:
        name, number = group.name, 1
        while name in taken:
            number += 1
            name = f"{group.name} ({number})"
        taken.add(name)
        apart.append(group if name == group.name else replace(group, name=name))
    return tuple(apart)


def check_alert_name(name: str, path: KeyPath, monitoring: Monitoring, findings: Findings) -> None:
    """An expectation names an alert that some rule can raise."""
    if monitoring.config is None:
        findings.at_value(path, f"no alert {quoted(name)} without an 'alerting' section")
    elif monitoring.alerts is not None and name not in monitoring.alerts:
        findings.unknown(path, "alert", name, monitoring.alerts)
