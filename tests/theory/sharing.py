"""Families of one station with another order: shared processors, importance, impatience."""

from dataclasses import dataclass, replace

import numpy as np

from models.base.distributions import Deterministic, Distribution, Exponential
from models.service.queueing import Discipline, QueueSpec
from models.service.spec import EndpointSpec
from models.service.traffic import MixEntry
from tests.theory.cases import Case
from tests.theory.queues import law_of_cv
from tests.theory.registry import scores
from tests.theory.score import Score, of_means, of_shares, together
from tests.theory.station import SERVICE_NS, WORK, Path, Station, paths

PROBE_SHARE = 0.1
"""Of the jobs, those of one known size are so many."""
MANY = 100_000
ORDINARY, SPECIAL = 0, 1


@dataclass(frozen=True)
class OrderedStation(Station):
    """Two kinds of jobs, ordinary and special, in the order of ``queue``.

    Special jobs matter more where importance counts. ``load`` is what the station would need of
    one server.
    """

    queue: QueueSpec = QueueSpec()
    special_share: float = 0.0
    special_work: Distribution = WORK
    load: float = 0.5

    @property
    def endpoints(self) -> tuple[EndpointSpec, ...]:
        return (EndpointSpec("do", self.work), EndpointSpec("special", self.special_work))

    @property
    def mix(self) -> tuple[MixEntry, ...]:
        ordinary = MixEntry("do", 1.0 - self.special_share, priority=ORDINARY)
        special = MixEntry("special", self.special_share, priority=SPECIAL)
        return (ordinary, special) if self.special_share else (ordinary,)

    @property
    def order(self) -> QueueSpec:
        return self.queue

    @property
    def relaxation_jobs(self) -> float:
        return self.lam * (1 + self.variability) / 2 / (1 - self.load**0.5) ** 2


def of_kind(path: Path, values: np.ndarray, kind: int) -> np.ndarray:
    """The jobs that count and are of that kind."""
    return path.kept(values)[path.kept(path.kind) == kind]


def shared(load: float, work: Distribution, variability: float) -> OrderedStation:
    return OrderedStation(
        load,
        slots=MANY,
        work=work,
        variability=variability,
        queue=QueueSpec(Discipline.PROCESSOR_SHARING),
        load=load,
    )


LAWS = ((WORK, 1.0), (law_of_cv(0), 0.0), (law_of_cv(2), 4.0))


@scores(r"mm1-ps-.*")
def shared_sojourn(case: Case, seed: int, scale: float) -> Score:
    runs = paths(shared(case["lam"], WORK, 1.0), seed, scale)
    return of_means(case.value, [run.served(run.sojourn) for run in runs], runs[0].batches)


@scores(r"ps-cond-.*")
def sojourn_of_a_known_size(case: Case, seed: int, scale: float) -> Score:
    """Probes of one size among jobs of any law: exponential, constant, lognormal."""
    found = []
    for work, variability in LAWS:
        load, size = case["lam"], case["x"]
        station = replace(
            shared(load, work, variability),
            lam=load / (1 - PROBE_SHARE + PROBE_SHARE * size),
            special_share=PROBE_SHARE,
            special_work=Deterministic(round(size * SERVICE_NS)),
        )
        runs = paths(station, seed, scale / 3 if scale <= 1 else scale)
        probes = [of_kind(run, run.sojourn, SPECIAL) for run in runs]
        found.append(of_means(case.value, probes, runs[0].batches, "probes"))
    return together(found)


def ranked(case: Case, *, preempts: bool) -> OrderedStation:
    lam = case["lam1"] + case["lam2"]
    return OrderedStation(
        lam,
        queue=QueueSpec(Discipline.PRIORITY, preempts=preempts),
        special_share=case["lam1"] / lam,
        load=lam,
    )


@scores(r"prio-np-.*")
def wait_by_importance(case: Case, seed: int, scale: float) -> Score:
    runs = paths(ranked(case, preempts=False), seed, scale)
    kind = SPECIAL if "-hi-" in case.id else ORDINARY
    waits = [of_kind(run, run.wait, kind) for run in runs]
    return of_means(case.value, waits, runs[0].batches)


@scores(r"prio-pr-.*")
def sojourn_with_preemption(case: Case, seed: int, scale: float) -> Score:
    runs = paths(ranked(case, preempts=True), seed, scale)
    kind = SPECIAL if "-hi-" in case.id else ORDINARY
    sojourns = [of_kind(run, run.sojourn, kind) for run in runs]
    return of_means(case.value, sojourns, runs[0].batches)


@dataclass(frozen=True)
class ImpatientStation(Station):
    """Callers leave the queue at ``theta`` per mean service time."""

    theta: float = 1.0

    @property
    def order(self) -> QueueSpec:
        return QueueSpec(patience=Exponential(round(SERVICE_NS / self.theta)))


def impatient(case: Case) -> ImpatientStation:
    return ImpatientStation(case["lam"], slots=case["c"], theta=case["theta"])


@scores(r"erlA-\d.*")
def abandonment(case: Case, seed: int, scale: float) -> Score:
    runs = paths(impatient(case), seed, scale)
    return of_shares(case.value, [run.kept(run.has_left) for run in runs], runs[0].batches)


@scores(r"erlA-W-.*")
def wait_of_all(case: Case, seed: int, scale: float) -> Score:
    """Of those who were served and those who left."""
    runs = paths(impatient(case), seed, scale)
    return of_means(case.value, [run.kept(run.wait) for run in runs], runs[0].batches)
