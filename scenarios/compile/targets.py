"""Whom a fault names, checked against who is there."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.faults.selector import Selector
from scenarios.compile.findings import Findings
from scenarios.document.selectors import SelectorDoc
from scenarios.source.marks import KeyPath
from scenarios.source.problems import quoted


@dataclass(frozen=True, slots=True)
class Placed:
    """Something that a fault can hit: a service's copy, or a node of the control plane."""

    name: str
    service: str
    zone: str


class Targets:
    """Resolves selectors against the services and zones there are."""

    def __init__(
        self, zones: tuple[str, ...], placed: Sequence[Placed], findings: Findings
    ) -> None:
        self.zones = zones
        self.findings = findings
        self._placed = placed
        self._services = tuple(dict.fromkeys(target.service for target in placed))

    def has_service(self, name: str) -> bool:
        """Whether anybody of that service is there."""
        return name in self._services

    def select(self, doc: SelectorDoc, path: KeyPath) -> Selector:
        """The selector as data; names that do not exist are reported."""
        if self._names_exist(doc, path):
            self._check_number(doc, path)
        return Selector(doc.service, doc.instance, doc.zone, doc.count, doc.share)

    def _names_exist(self, doc: SelectorDoc, path: KeyPath) -> bool:
        named = (
            ("service", doc.service, self._services),
            ("instance", doc.instance, tuple(target.name for target in self._placed)),
            ("zone", doc.zone, self.zones),
        )
        if all(name is None for _, name, _ in named):
            self.findings.at_key(path, "say what is hit: service, instance or zone")
            return False
        is_known = True
        for what, name, known in named:
            if name is not None and name not in known:
                self.findings.unknown((*path, what), what, name, known)
                is_known = False
        return is_known

    def _check_number(self, doc: SelectorDoc, path: KeyPath) -> None:
        number = sum(_matches(doc, target) for target in self._placed)
        if number == 0:
            self.findings.at_key(path, "no instance is all of this at once")
        elif doc.count is not None and doc.share is not None:
            self.findings.at_key((*path, "share"), "give either count or share")
        elif doc.count is not None and doc.count > number:
            self.findings.at_value(
                (*path, "count"), f"only {number} instances match, not {quoted(doc.count)}"
            )


def _matches(doc: SelectorDoc, target: Placed) -> bool:
    return (
        doc.service in (None, target.service)
        and doc.instance in (None, target.name)
        and doc.zone in (None, target.zone)
    )
