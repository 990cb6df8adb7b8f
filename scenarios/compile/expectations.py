"""Expectations: their names resolved, their windows and deadlines within the run."""

import re
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from models.base.errors import ValueSyntaxError
from models.base.time import DurationNs, format_duration
from models.base.units import format_rate, format_ratio
from models.telemetry.promql import ValueKind, compile_expression
from models.telemetry.promql.syntax.tokens import ExpressionError
from scenarios.compile.findings import Findings, no_endpoint
from scenarios.compile.monitoring import Monitoring, check_alert_name
from scenarios.document import expectations as written
from scenarios.document.scenario import ScenarioDoc
from scenarios.expectations import spec
from scenarios.source.marks import KeyPath, Mark
from scenarios.source.problems import quoted
from sim.blueprint import Blueprint

_FAULT = re.compile(r"faults\[(\d{1,6})\]")


def compile_expectations(
    document: ScenarioDoc, blueprint: Blueprint, monitoring: Monitoring, findings: Findings
) -> tuple[spec.Expectation, ...]:
    """All expectations in the order of the file; one that makes no sense is left out."""
    compiler = _Compiler(document, blueprint, monitoring, findings)
    compiled = (
        compiler.expectation(doc, ("expect", index)) for index, doc in enumerate(document.expect)
    )
    return tuple(expectation for expectation in compiled if expectation is not None)


_OfRequests: TypeAlias = (
    written.LatencyExpectation
    | written.ErrorRatioExpectation
    | written.ErrorRatioAboveExpectation
    | written.CompletedRatioExpectation
    | written.ThroughputExpectation
)
_AfterFault: TypeAlias = (
    written.FailoverExpectation | written.RecoveryExpectation | written.PagedExpectation
)


@dataclass(frozen=True, slots=True)
class _Compiler:
    document: ScenarioDoc
    blueprint: Blueprint
    monitoring: Monitoring
    findings: Findings

    def expectation(self, doc: written.ExpectationDoc, path: KeyPath) -> spec.Expectation | None:
        during = getattr(doc, "during", "run")
        if during != "run" and self._length_of(during) == 0:
            self.findings.at_key((*path, "during"), f"the scenario has no phase {quoted(during)}")
        match doc:
            case (
                written.LatencyExpectation()
                | written.ErrorRatioExpectation()
                | written.ErrorRatioAboveExpectation()
                | written.CompletedRatioExpectation()
                | written.ThroughputExpectation()
            ):
                return self._of_requests(doc, path)
            case (
                written.FailoverExpectation()
                | written.RecoveryExpectation()
                | written.PagedExpectation()
            ):
                return self._after_fault(doc, path)
            case written.AlertFiresExpectation() | written.AlertNeverExpectation():
                return self._of_alert(doc, path)
            case written.JobExpectation():
                return self._of_job(doc, path)
            case written.CostExpectation():
                return self._of_cost(doc, path)
            case written.PromqlExpectation():
                return self._of_promql(doc, path)
            case _:
                assert_never(doc)

    def _of_requests(self, doc: _OfRequests, path: KeyPath) -> spec.Expectation | None:
        key, of = _subject(doc)
        target = self._target(of, (*path, key))
        if target is None:
            return None
        match doc:
            case written.LatencyExpectation(latency=statistic, below=below_ns):
                text = _during(f"{statistic} of {of} < {format_duration(below_ns)}", doc.during)
                return spec.LatencyBelow(text, doc.during, statistic, target, below_ns)
            case written.ErrorRatioExpectation(below=ratio):
                text = _during(f"error ratio of {of} < {format_ratio(ratio)}", doc.during)
                return spec.ErrorRatioBelow(text, doc.during, target, ratio)
            case written.ErrorRatioAboveExpectation(above=ratio):
                text = _during(f"error ratio of {of} > {format_ratio(ratio)}", doc.during)
                return spec.ErrorRatioAbove(text, doc.during, target, ratio)
            case written.CompletedRatioExpectation(above=ratio):
                text = _during(f"completed ratio of {of} > {format_ratio(ratio)}", doc.during)
                return spec.CompletedRatioAbove(text, doc.during, target, ratio)
            case written.ThroughputExpectation(above=rate):
                text = _during(f"throughput of {of} > {format_rate(rate)}", doc.during)
                return spec.ThroughputAbove(text, doc.during, target, rate)

    def _after_fault(
        self,
        doc: _AfterFault,
        path: KeyPath,
    ) -> spec.Expectation | None:
        match doc:
            case written.FailoverExpectation(failover=of):
                place, text = (*path, "failover"), f"fail over from {of}"
            case written.RecoveryExpectation(recovery=of):
                place, text = (*path, "recovery"), f"recover from {of}"
            case written.PagedExpectation(paged=receiver, of=of):
                place, text = (*path, "of"), f"{receiver or 'somebody'} is paged for {of}"
                self._check_receiver(receiver, (*path, "paged"))
        fault = self._fault(of, place)
        if fault is None:
            return None
        self._check_deadline(fault, doc.within, (*path, "within"))
        text = f"{text} within {format_duration(doc.within)}"
        if isinstance(doc, written.FailoverExpectation):
            if self.blueprint.discovery is None:
                self.findings.at_key(place, "no failover without a 'discovery' section")
            return spec.FailoverWithin(text, fault, doc.within)
        if isinstance(doc, written.RecoveryExpectation):
            return spec.RecoveryWithin(text, fault, doc.within)
        return spec.PagedWithin(text, fault, doc.paged, doc.within)

    def _of_alert(
        self, doc: written.AlertFiresExpectation | written.AlertNeverExpectation, path: KeyPath
    ) -> spec.Expectation | None:
        check_alert_name(doc.alert, (*path, "alert"), self.monitoring, self.findings)
        if isinstance(doc, written.AlertNeverExpectation):
            text = _during(f"{doc.alert} never fires", doc.during)
            return spec.AlertNeverFires(text, doc.during, doc.alert)
        fault = None
        if doc.of is not None:
            fault = self._fault(doc.of, (*path, "of"))
            if fault is None:
                return None
        self._check_deadline(fault, doc.fires_within, (*path, "fires_within"))
        text = f"{doc.alert} fires within {format_duration(doc.fires_within)}"
        text += f" of {doc.of}" if doc.of else " of the start of measure"
        return spec.AlertFiresWithin(text, doc.alert, doc.fires_within, fault)

    def _of_job(self, doc: written.JobExpectation, path: KeyPath) -> spec.Expectation | None:
        if doc.job not in self.document.jobs:
            self.findings.unknown((*path, "job"), "job", doc.job, self.document.jobs)
            return None
        text = f"{doc.job} runs {doc.runs.replace('_', ' ')} per tick"
        return spec.JobRuns(text, doc.job, spec.Runs(doc.runs))

    def _of_cost(self, doc: written.CostExpectation, path: KeyPath) -> spec.Expectation:
        if not self.document.prices.machines:
            self.findings.at_key((*path, "cost"), "no cost without prices.machines")
        text = f"cost {doc.cost.replace('_', ' ')} < {doc.below:g} USD"
        return spec.CostBelow(
            _during(text, doc.during), doc.during, spec.CostMeasure(doc.cost), doc.below
        )

    def _of_promql(self, doc: written.PromqlExpectation, path: KeyPath) -> spec.Expectation | None:
        place = (*path, "promql")
        if self.blueprint.monitoring is None:
            self.findings.at_key(place, "no metrics are scraped without an 'alerting' section")
        try:
            compiled = compile_expression(doc.promql)
        except ExpressionError as error:
            mark = self.findings.located.value_mark(place)
            self.findings.problems.add(_inside(mark, doc.promql, error), place, error.reason)
            return None
        except ValueSyntaxError as error:
            self.findings.at_value(place, str(error))
            return None
        if compiled.kind is not ValueKind.VECTOR:
            given = compiled.kind.value
            self.findings.at_value(
                place, f"the expression gives a {given}; compare series, for example 'up == 1'"
            )
            return None
        return spec.PromqlHolds(_during(doc.promql, doc.during), doc.during, doc.promql, compiled)

    def _target(self, name: str, path: KeyPath) -> spec.Target | None:
        services = self.document.services
        if name in self.document.traffic or name in self.document.queues:
            return spec.Target(spec.TargetKind.SOURCE, name)
        if name in services:
            return spec.Target(spec.TargetKind.SERVICE, name)
        service, dot, endpoint = name.partition(".")
        if dot and service in services:
            known = services[service].endpoints
            if endpoint in known:
                return spec.Target(spec.TargetKind.ENDPOINT, service, endpoint)
            self.findings.at_value(path, no_endpoint(service, endpoint, known))
            return None
        self.findings.unknown(path, "source or service", name, (*self.document.traffic, *services))
        return None

    def _fault(self, text: str, path: KeyPath) -> spec.FaultRef | None:
        match = _FAULT.fullmatch(text)
        number = len(self.blueprint.faults)
        if match is None:
            self.findings.at_value(path, f"{quoted(text)} is not a fault; write faults[0]")
            return None
        index = int(match.group(1))
        if index >= number:
            there = f"there are {number}, the first is faults[0]" if number else "there are none"
            self.findings.at_value(path, f"unknown fault {quoted(text)}, {there}")
            return None
        return spec.FaultRef(index, self.blueprint.faults[index].label)

    def _check_deadline(
        self, fault: spec.FaultRef | None, within: DurationNs, path: KeyPath
    ) -> None:
        phases = self.blueprint.phases
        start = 0 if fault is None else self.blueprint.faults[fault.index].at_ns
        left = phases.end_ns - phases.warm_up_ns - start
        if within > left > 0:
            self.findings.at_value(
                path, f"the run ends {format_duration(left)} after that, so it cannot be judged"
            )

    def _check_receiver(self, receiver: str | None, path: KeyPath) -> None:
        monitoring = self.blueprint.monitoring
        if monitoring is None:
            self.findings.at_key(path, "nobody is paged without an 'alerting' section")
        elif receiver is not None:
            known = tuple(one.name for one in monitoring.alertmanager.receivers)
            if receiver in known:
                return
            self.findings.unknown(path, "receiver", receiver, known)

    def _length_of(self, phase: str) -> DurationNs:
        phases = self.blueprint.phases
        lengths = {
            "warm_up": phases.warm_up_ns,
            "measure": phases.measure_ns,
            "heal": phases.heal_ns,
            "settle": phases.settle_ns,
        }
        return lengths[phase]


def _subject(doc: _OfRequests) -> tuple[str, str]:
    """The key that names whose requests count, and the name."""
    match doc:
        case written.LatencyExpectation(of=of):
            return "of", of
        case (
            written.ErrorRatioExpectation(error_ratio=of)
            | written.ErrorRatioAboveExpectation(error_ratio=of)
        ):
            return "error_ratio", of
        case written.CompletedRatioExpectation(completed_ratio=of):
            return "completed_ratio", of
        case written.ThroughputExpectation(throughput=of):
            return "throughput", of


def _during(text: str, during: str) -> str:
    return text if during == "run" else f"{text} during {during}"


def _inside(mark: Mark, expression: str, error: ExpressionError) -> Mark:
    """The place inside the expression, where it stands on one line as it is; else its start."""
    lines = mark.source.lines
    line = lines[mark.line - 1] if mark.line <= len(lines) else ""
    start = line.find(expression, mark.column - 1)
    if start < 0:
        return mark
    return Mark(mark.source, mark.line, start + error.column)
