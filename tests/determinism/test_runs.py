"""Equal seeds leave equal bytes wherever they run; what is added leaves the rest unchanged.

Each case runs a whole scenario: lognormal work and links, retries, a breaker, discovery, alert
rules, drifting clocks and a fault.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from models.base.time import NS_PER_MS
from models.records.digest import run_digest
from models.records.record import RunRecord
from models.records.table import Numbers
from models.service.spec import EndpointSpec, InstanceSpec, ServiceSpec
from models.service.traffic import MixEntry, RateProfile, SourceSpec
from models.traffic.config import EdgeConfig
from scenarios.load import LoadedScenario, load
from scenarios.runs.execute import RunOptions, execute
from sim.blueprint import Blueprint
from sim.recording.observer import observe
from sim.world import Outcome, World, build
from tests.determinism.environments import ROOT, Environment, environments, run_python

SCENARIO = ROOT / "tests" / "scenarios" / "files" / "two-tier.yaml"
LIBRARY = tuple(
    ROOT / "scenarios" / "library" / name
    for name in (
        "jobs/nightly-invoice.yaml",
        "online-boutique/zone-outage.yaml",
        "metastability/gc-death-spiral-bounded.yaml",
        "metastability/pool-exhaustion-freed.yaml",
        "metastability/stale-queue-lifo.yaml",
    )
)
SHORTER = (
    "time.warm_up=5s",
    "time.measure=30s",
    "time.heal=5s",
    "time.settle=5s",
    "faults[0].at=5s",
    "faults[0].for=15s",
    "expect=[]",
)
IN_A_PROCESS = """
import sys
from scenarios.load import load
from scenarios.runs.execute import RunOptions, execute

path, shuffle, *overrides = sys.argv[1:]
record = execute(load(path, overrides), RunOptions(shuffle_ties=shuffle == "shuffle"))
print(len(record.attempts), record.digest)
"""
TOGETHER = Environment(
    "everything-at-once",
    {name: value for entry in environments()[1:] for name, value in entry.variables.items()},
)


@cache
def scenario() -> LoadedScenario:
    return load(SCENARIO, SHORTER)


@cache
def here(*, shuffle: bool) -> RunRecord:
    """The run in this very process."""
    return execute(scenario(), RunOptions(shuffle_ties=shuffle))


def elsewhere(environment: Environment, cwd: Path, order: str) -> str:
    return run_python(
        IN_A_PROCESS, environment, cwd=cwd, arguments=(str(SCENARIO), order, *SHORTER)
    ).strip()


def summary(record: RunRecord) -> str:
    return f"{len(record.attempts)} {record.digest}"


def test_the_scenario_exercises_what_could_differ() -> None:
    record = here(shuffle=False)
    kinds = set(record.events.text("kind"))
    assert {"fault_started", "fault_ended", "lease_expired", "view_dropped"} <= kinds
    assert {"pending", "firing", "resolved"} <= set(record.alerts.text("state"))
    assert len(record.attempts) > 10_000


@pytest.mark.parametrize("environment", environments(), ids=lambda entry: entry.name)
def test_a_run_leaves_the_same_digest_in_every_environment(
    environment: Environment, tmp_path: Path
) -> None:
    assert elsewhere(environment, tmp_path, "plain") == summary(here(shuffle=False))


@pytest.mark.parametrize("environment", [environments()[1], TOGETHER], ids=lambda entry: entry.name)
def test_a_run_with_shuffled_ties_leaves_the_same_digest_too(
    environment: Environment, tmp_path: Path
) -> None:
    assert elsewhere(environment, tmp_path, "shuffle") == summary(here(shuffle=True))


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_a_library_scenario_leaves_the_same_digest_with_everything_different_at_once(
    path: Path, tmp_path: Path
) -> None:
    plain = run_python(IN_A_PROCESS, environments()[0], cwd=ROOT, arguments=(str(path), "plain"))
    other = run_python(IN_A_PROCESS, TOGETHER, cwd=tmp_path, arguments=(str(path), "plain"))
    assert plain == other
    assert int(plain.split()[0]) > 0


def test_running_twice_in_one_process_leaves_the_same_digest() -> None:
    assert execute(scenario()).digest == here(shuffle=False).digest


def test_shuffled_ties_are_another_run() -> None:
    assert here(shuffle=True).digest != here(shuffle=False).digest


def test_another_seed_is_another_run() -> None:
    one, other = here(shuffle=False), execute(scenario(), RunOptions(seed=8))
    assert one.manifest.seed != other.manifest.seed
    assert one.requests["arrival_ns"][:10].tolist() != other.requests["arrival_ns"][:10].tolist()
    assert one.digest != other.digest


def digest_of(outcome: Outcome) -> str:
    return run_digest(outcome.manifest, outcome.tables)


@pytest.mark.parametrize("shuffle", [False, True])
def test_another_observer_changes_nothing(shuffle: bool) -> None:
    looks = []
    plain = build(scenario().blueprint, 3, shuffle_ties=shuffle)
    observed = build(scenario().blueprint, 3, shuffle_ties=shuffle)
    observe(observed.kernel, 7 * NS_PER_MS, lambda: looks.append(observed.kernel.now))
    assert digest_of(plain.run()) == digest_of(observed.run())
    assert len(looks) > 1000


def test_a_new_object_between_runs_changes_nothing() -> None:
    """Nothing is ordered by where objects lie in memory."""
    ballast = [object() for _ in range(100_000)]
    assert execute(scenario()).digest == here(shuffle=False).digest
    assert len(ballast) == 100_000


def with_more(blueprint: Blueprint) -> Blueprint:
    """The same plan and, in front of it in every list, another service with users of its own."""
    first = blueprint.services[0]
    extra = ServiceSpec(
        name="annex",
        instances=(InstanceSpec("annex-0", blueprint.zones[0], first.instances[0].machine),),
        slots=50,
        queue_limit=50,
        endpoints=(EndpointSpec("GET /", first.endpoints[0].work),),
    )
    visitors = SourceSpec(
        "visitors", "annex", (MixEntry("GET /", 1.0),), RateProfile((0,), (50.0,))
    )
    return replace(
        blueprint,
        services=(extra, *blueprint.services),
        sources=(visitors, *blueprint.sources),
        edges=(EdgeConfig("visitors", "annex"), *blueprint.edges),
    )


def run_with_demands(blueprint: Blueprint) -> tuple[World, Outcome, list[list[int]]]:
    """A run, and the demands of every request of `shoppers` in order of arrival."""
    world = build(blueprint, 7)
    demands: list[list[int]] = []
    (source,) = (entry for entry in world.sources if entry.name == "shoppers")
    arrive = source.channels[source._service_index].call

    class Listening:
        """The source's channel; it notes what each request brings along."""

        def call(self, node: object, request: object, parent: object) -> None:
            demands.append(list(request.demands))  # type: ignore[attr-defined]
            arrive(node, request, parent)  # type: ignore[arg-type]

    source.channels = {**source.channels, source._service_index: Listening()}  # type: ignore[dict-item]
    return world, world.run(), demands


def column_of(outcome: Outcome, source: str, column: str) -> list[int]:
    table = outcome.tables[0]
    rows: Numbers = table["source"] == outcome.manifest.sources.index(source)
    order = np.argsort(table["id"][rows])
    values: list[int] = table[column][rows][order].tolist()
    return values


def test_another_service_and_source_leave_arrivals_and_demands_unchanged() -> None:
    plan = scenario().blueprint
    _, plain, demands = run_with_demands(plan)
    _, more, demands_with_more = run_with_demands(with_more(plan))
    assert "visitors" in more.manifest.sources
    assert column_of(plain, "shoppers", "arrival_ns") == column_of(more, "shoppers", "arrival_ns")
    assert demands == demands_with_more
    assert len(demands) > 1000


def test_another_service_and_source_leave_every_request_as_it_went() -> None:
    """Links, balancers, retries and clocks draw by name too: whole requests take as long."""
    plan = scenario().blueprint
    plain, more = build(plan, 7).run(), build(with_more(plan), 7).run()
    for column in ("arrival_ns", "duration_ns", "outcome", "tries"):
        assert column_of(plain, "shoppers", column) == column_of(more, "shoppers", column)


def latency_of_each(balancer: str) -> tuple[Sequence[int], Sequence[int]]:
    override = f'edges["frontend -> catalog"].balancer={balancer}'
    record = execute(load(SCENARIO, (*SHORTER, override)))
    order = np.argsort(record.requests["id"])
    return record.requests["arrival_ns"][order].tolist(), record.requests["duration_ns"].tolist()


def test_two_policies_face_the_same_arrivals() -> None:
    one, other = latency_of_each("round_robin"), latency_of_each("least_request")
    assert one[0] == other[0]
    assert one[1] != other[1]
