"""Health checks: services resolved, statuses read, times that fit together."""

from collections.abc import Iterable, Mapping

from models.base.errors import ConfigError
from models.discovery.health.config import CheckConfig, HttpProbe, Schedule, TcpProbe
from models.discovery.health.service_check import ServiceCheck
from scenarios.compile.findings import Findings
from scenarios.document.checks import CheckDoc, HttpCheckDoc
from scenarios.source.marks import KeyPath


def compile_checks(
    docs: Mapping[str, CheckDoc], services: Iterable[str], findings: Findings
) -> tuple[ServiceCheck, ...]:
    """One check for each service that is probed; what makes no sense becomes a problem."""
    known = tuple(services)
    checks = []
    for name, doc in docs.items():
        path: KeyPath = ("discovery", "checks", name)
        if name not in known:
            findings.unknown_key(path, "service", name, known)
        try:
            checks.append(ServiceCheck(name, _config(doc), doc.deep, doc.keep))
        except ConfigError as error:
            findings.at_key(path, str(error).removeprefix("health check: "))
    return tuple(checks)


def _config(doc: CheckDoc) -> CheckConfig:
    return CheckConfig(
        probe=_http(doc.http or HttpCheckDoc()) if doc.tcp is None else TcpProbe(doc.tcp.port),
        interval_ns=doc.interval,
        timeout_ns=doc.timeout,
        rise=doc.rise,
        fall=doc.fall,
        schedule=Schedule(doc.schedule),
        initial_delay_ns=doc.initial_delay,
        unhealthy_interval_ns=doc.unhealthy_interval,
        edge_interval_ns=doc.edge_interval,
        jitter_ns=doc.jitter,
    )


def _http(doc: HttpCheckDoc) -> HttpProbe:
    return HttpProbe(
        doc.path,
        doc.method,
        tuple(doc.headers.items()),
        expected=tuple(map(_range, doc.expected)),
        retriable=tuple(map(_range, doc.retriable)),
        counts_unexpected=not doc.condemn_others,
    )


def _range(text: str) -> tuple[int, int]:
    low, _, high = text.partition("-")
    return int(low), int(high or low)
