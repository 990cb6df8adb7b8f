"""The scheduler's nodes, lock and executors, and the cron jobs."""

from models.base.errors import ConfigError
from models.base.time import NS_PER_MS, format_duration
from models.scheduling.config import (
    ExecutorConfig,
    JobConfig,
    LockConfig,
    Misfire,
    Overlap,
    SchedulerConfig,
)
from models.scheduling.cron import CronSchedule
from models.scheduling.lease import safe_ttl_ns
from scenarios.compile.findings import Findings
from scenarios.compile.laws import distribution_of
from scenarios.document.scenario import ScenarioDoc
from scenarios.document.scheduling import JobDoc, SchedulerDoc
from scenarios.source.marks import KeyPath
from scenarios.source.problems import quoted

_MILLION = 1_000_000
_SCHEDULER: KeyPath = ("scheduler",)


def compile_scheduler(
    doc: SchedulerDoc | None, zones: tuple[str, ...], findings: Findings
) -> SchedulerConfig | None:
    """Nodes and executors in the order of the file; a lock must be renewed before it ends."""
    if doc is None:
        return None
    placed: list[tuple[KeyPath, str]] = [
        ((*_SCHEDULER, "nodes", name, "zone"), node.zone) for name, node in doc.nodes.items()
    ]
    placed += [
        ((*_SCHEDULER, "executors", name, "zone"), executor.zone)
        for name, executor in doc.executors.items()
    ]
    placed.append(((*_SCHEDULER, "lock", "zone"), doc.lock.zone))
    for path, zone in placed:
        if zone not in zones:
            findings.unknown(path, "zone", zone, zones)
    for name in doc.executors:
        if name in doc.nodes:
            path = (*_SCHEDULER, "executors", name)
            findings.at_key(path, f"{quoted(name)} is also the name of a node")
    trusted_ns = safe_ttl_ns(doc.lock.ttl, round(doc.lock.drift * _MILLION))
    if doc.lock.renew >= trusted_ns:
        trusted = format_duration(trusted_ns // NS_PER_MS * NS_PER_MS)
        findings.at_value(
            (*_SCHEDULER, "lock", "renew"),
            f"renewing every {format_duration(doc.lock.renew)} is too late for a lock that is"
            f" distrusted after {trusted}, its ttl less the clock drift",
        )
    lock = LockConfig(
        zone=doc.lock.zone,
        ttl_ns=doc.lock.ttl,
        renew_ns=doc.lock.renew,
        retry_ns=doc.lock.retry,
        drift_ratio=doc.lock.drift,
    )
    return SchedulerConfig(
        nodes=tuple((name, node.zone) for name, node in doc.nodes.items()),
        lock=lock,
        executors=tuple(
            ExecutorConfig(name, executor.zone, executor.capacity)
            for name, executor in doc.executors.items()
        ),
    )


def compile_jobs(document: ScenarioDoc, findings: Findings) -> tuple[JobConfig, ...]:
    """Jobs with schedules and time zones that exist; somebody has to schedule them."""
    if document.jobs and document.scheduler is None:
        findings.at_key(("jobs",), "jobs need a 'scheduler' section to run them")
    for name, doc in document.jobs.items():
        _check_schedule(doc, ("jobs", name), findings)
    return tuple(
        JobConfig(
            name=name,
            schedule=doc.schedule,
            work=distribution_of(doc.work),
            timezone=doc.timezone,
            task=doc.task,
            payload=dict(doc.payload),
            timeout_ns=doc.timeout,
            retries=doc.retries,
            retry_backoff_ns=doc.backoff,
            misfire=Misfire(doc.misfire),
            overlap=Overlap(doc.overlap),
            starting_deadline_ns=doc.starting_deadline,
        )
        for name, doc in document.jobs.items()
    )


def _check_schedule(doc: JobDoc, path: KeyPath, findings: Findings) -> None:
    try:
        CronSchedule(doc.schedule)
    except ConfigError as error:
        findings.at_value((*path, "schedule"), str(error))
        return
    try:
        CronSchedule(doc.schedule, doc.timezone)
    except ConfigError as error:
        findings.at_value((*path, "timezone"), str(error))
