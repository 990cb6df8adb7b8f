"""Experiments: names of probes resolved, and what is expected of the whole."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from models.base.time import NS_PER_S, format_duration
from models.base.units import format_rate, format_ratio
from models.faults.experiment.probe import ExperimentConfig, Goal, Measure, Probe, Stop
from models.faults.plan import Fault
from models.faults.surge import LoadSurge
from scenarios.compile.findings import Findings
from scenarios.document.experiment import (
    ErrorRatioProbe,
    ExperimentDoc,
    InstancesUpProbe,
    LatencyProbe,
    ProbeDoc,
    ThroughputProbe,
)
from scenarios.document.scenario import ScenarioDoc
from scenarios.expectations.spec import ExperimentHolds, ExperimentPart
from scenarios.source.marks import KeyPath
from sim.blueprint import Blueprint

_QUANTILES = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99}
_PLACE: KeyPath = ("experiment",)
_SAMPLES_MAX = 100_000
_Bound = TypeVar("_Bound", int, float)


def compile_experiment(
    document: ScenarioDoc, faults: Sequence[Fault], findings: Findings
) -> ExperimentConfig | None:
    """The experiment around the fault plan; None where the scenario is none."""
    doc = document.experiment
    if doc is None:
        return None
    if not document.faults:
        findings.at_key(_PLACE, "an experiment needs a method: something under 'faults'")
    for index, fault in enumerate(faults):
        if isinstance(fault.kind, LoadSurge):
            message = "a load surge is drawn before the run, so no experiment could abort it"
            findings.at_key(("faults", index), message)
    length_ns = document.time.measure + document.time.heal + document.time.settle
    if length_ns // doc.every > _SAMPLES_MAX:
        least_s = length_ns / NS_PER_S / _SAMPLES_MAX
        message = f"more than {_SAMPLES_MAX:,} samples; write at least {least_s:g}s"
        findings.at_value((*_PLACE, "every"), message)
    return _config(doc, _Resolver(document, findings))


def _config(doc: ExperimentDoc, resolver: "_Resolver") -> ExperimentConfig:
    return ExperimentConfig(
        steady_state=tuple(
            resolver.probe(one, (*_PLACE, "steady_state", index), without=("for", "in"))
            for index, one in enumerate(doc.steady_state)
        ),
        stops=tuple(
            Stop(resolver.probe(one, (*_PLACE, "abort", index), without=("in",)), one.for_ or 0)
            for index, one in enumerate(doc.abort)
        ),
        goals=tuple(
            Goal(resolver.probe(one, (*_PLACE, "success", index), without=("for",)), one.in_ or 1.0)
            for index, one in enumerate(doc.success)
        ),
        every_ns=doc.every,
        window_ns=doc.window,
    )


class _Resolver:
    """Turns probes as written into probes, and finds names that do not exist."""

    def __init__(self, document: ScenarioDoc, findings: Findings) -> None:
        self._document = document
        self._findings = findings

    def probe(self, doc: ProbeDoc, path: KeyPath, *, without: Sequence[str]) -> Probe:
        """The probe; keys in ``without`` mean nothing at its place and are refused."""
        for key in without:
            if self._findings.located.has((*path, key)):
                self._findings.at_key((*path, key), f"'{key}' means nothing here")
        match doc:
            case ErrorRatioProbe(error_ratio=of):
                self._check(of, (*path, "error_ratio"), "load source", self._document.traffic)
                text = _text(f"error ratio of {of}", doc.below, doc.above, format_ratio)
                return Probe(text, Measure.ERROR_RATIO, of, 0.0, doc.below, doc.above)
            case LatencyProbe(latency=statistic, of=of):
                self._check(of, (*path, "of"), "load source", self._document.traffic)
                text = _text(f"{statistic} of {of}", doc.below, doc.above, format_duration)
                quantile = _QUANTILES[statistic]
                return Probe(text, Measure.LATENCY, of, quantile, doc.below, doc.above)
            case ThroughputProbe(throughput=of):
                self._check(of, (*path, "throughput"), "load source", self._document.traffic)
                text = _text(f"throughput of {of}", doc.below, doc.above, format_rate)
                return Probe(text, Measure.THROUGHPUT, of, 0.0, doc.below, doc.above)
            case InstancesUpProbe(instances_up=of):
                self._check(of, (*path, "instances_up"), "service", self._document.services)
                text = _text(f"instances up of {of}", doc.below, doc.above, str)
                return Probe(text, Measure.INSTANCES_UP, of, 0.0, doc.below, doc.above)

    def _check(self, name: str, path: KeyPath, what: str, known: Iterable[str]) -> None:
        if name not in known:
            self._findings.unknown(path, what, name, known)


def _text(
    what: str, below: _Bound | None, above: _Bound | None, said: Callable[[_Bound], str]
) -> str:
    """``error ratio of shoppers < 1%``, or both bounds: ``2 < instances up of shop < 5``."""
    text = what if below is None else f"{what} < {said(below)}"
    if above is None:
        return text
    return f"{what} > {said(above)}" if below is None else f"{said(above)} < {text}"


def experiment_expectations(
    document: ScenarioDoc, blueprint: Blueprint
) -> tuple[ExperimentHolds, ...]:
    """What is hoped of the experiment, in the order in which it happens."""
    doc, config = document.experiment, blueprint.experiment
    if doc is None or config is None:
        return ()
    before = ExperimentHolds("experiment: steady state before", ExperimentPart.STEADY_BEFORE)
    word = "aborted" if doc.aborts else "not aborted"
    abort = ExperimentHolds(
        f"experiment: {word}", ExperimentPart.ABORT, wanted=1.0 if doc.aborts else 0.0
    )
    goals = (
        ExperimentHolds(
            f"experiment: {goal.probe.text}", ExperimentPart.GOAL, goal.probe.text, goal.share
        )
        for goal in config.goals
    )
    after = ExperimentHolds("experiment: steady state at the end", ExperimentPart.STEADY_AFTER)
    return (before, abort, *goals, after)
