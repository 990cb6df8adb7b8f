"""From a loaded scenario to a record: build, run, bill, judge, compare."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from platform import python_version

from models.base.errors import InvariantViolation, SimulationError
from models.base.outcome import RequestOutcome
from models.base.percentile import nearest_rank
from models.base.time import NS_PER_MS, TimeNs
from models.planning.cost import bill
from models.records.digest import run_digest
from models.records.record import Alternative, Provenance, RunRecord, Verdict
from models.records.schema import COSTS
from models.records.table import table_from_rows
from models.telemetry.series import SeriesStore
from scenarios.expectations.judge import judge
from scenarios.load import LoadedScenario
from scenarios.runs.limits import Progress, Watch
from sim.world import Extensions, World, build

Live = Callable[[SeriesStore, TimeNs, TimeNs], None]
"""Shown monitoring's store, its civil time and virtual time, now and then."""

_PACKAGES = ("foreshock", "simpy", "numpy")


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run a scenario, apart from what is in its file.

    ``seed`` replaces the scenario's own. ``shuffle_ties`` permutes events of one instant.
    ``plugins`` names the modules that ``extensions`` came from, for the line that replays.
    ``live`` looks on at what monitoring has measured.
    """

    seed: int | None = None
    shuffle_ties: bool = False
    progress: Progress | None = None
    extensions: Extensions = Extensions()
    plugins: tuple[str, ...] = ()
    live: Live | None = None


def execute(loaded: LoadedScenario, options: RunOptions | None = None) -> RunRecord:
    """Run a scenario and all its alternatives, and judge every expectation.

    Raises:
        InvariantViolation: the run broke a law that must hold.
        SimulationError: a process crashed; the message holds seed and virtual time.
            Both carry the command that makes it happen again as a note.
    """
    options = options or RunOptions()
    try:
        record = _execute_one(loaded, options)
        alternatives = tuple(
            _alternative(name, variant, options) for name, variant in loaded.alternatives()
        )
    except (InvariantViolation, SimulationError) as error:
        error.add_note(f"again: {replay_line(loaded, options)}")
        raise
    stopped = [one.name for one in alternatives if one.verdict is Verdict.STOPPED]
    if stopped and not record.stop_reason:
        reason = f"a budget stopped the alternative '{stopped[0]}'"
        record = replace(record, verdict=Verdict.STOPPED, stop_reason=reason)
    return replace(record, alternatives=alternatives)


def _execute_one(loaded: LoadedScenario, options: RunOptions) -> RunRecord:
    seed = loaded.seed if options.seed is None else options.seed
    world = build(
        loaded.blueprint,
        seed,
        shuffle_ties=options.shuffle_ties,
        extensions=options.extensions,
    )
    watch = Watch(world.kernel, loaded.blueprint.limits, options.progress)
    outcome = world.run(after_batch=_looked_at(world, watch, options.live))
    stop_reason = ""
    if outcome.stopped_early:
        stop_reason = watch.stop_reason or "events kept coming while virtual time stood still"
    manifest = replace(outcome.manifest, spec_digest=loaded.spec_digest)
    requests, attempts, samples, events, alerts, logs, jobs = outcome.tables
    record = RunRecord(
        manifest=manifest,
        requests=requests,
        attempts=attempts,
        samples=samples,
        events=events,
        alerts=alerts,
        logs=logs,
        jobs=jobs,
        costs=table_from_rows(COSTS, []),
        counts=outcome.counts,
        expectations=(),
        verdict=Verdict.STOPPED,
        stop_reason=stop_reason,
        digest="",
        replay=replay_line(loaded, options),
        provenance=Provenance(
            versions=package_versions(),
            events=outcome.events,
            wall_seconds=watch.wall_seconds,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        ),
        scenario_text=loaded.text,
        overrides=loaded.overrides,
        dashboards=loaded.dashboards,
        objective=loaded.objective,
    )
    record = replace(record, costs=bill(record, loaded.blueprint.prices))
    record = replace(record, digest=run_digest(manifest, record.tables()))
    return _judged(record, loaded)


def _looked_at(world: World, watch: Watch, live: Live | None) -> Callable[[], bool]:
    """What is asked after every batch; somebody who looks on is shown the store first."""
    monitoring = world.monitoring
    if live is None or monitoring is None:
        return watch.may_go_on

    def show_and_go_on() -> bool:
        live(monitoring.store, monitoring.now, world.kernel.now)
        return watch.may_go_on()

    return show_and_go_on


def _judged(record: RunRecord, loaded: LoadedScenario) -> RunRecord:
    results = judge(loaded.expectations, record, loaded.blueprint)
    verdict = Verdict.PASSED if all(result.holds for result in results) else Verdict.FAILED
    if record.stop_reason:
        verdict = Verdict.STOPPED
    return replace(record, expectations=results, verdict=verdict)


def _alternative(name: str, loaded: LoadedScenario, options: RunOptions) -> Alternative:
    record = _execute_one(loaded, options)
    is_completed = record.requests["outcome"] == RequestOutcome.COMPLETED
    completed = record.requests["duration_ns"][is_completed]
    p99 = nearest_rank(completed, 0.99)
    return Alternative(
        name=name,
        overrides=loaded.overrides,
        digest=record.digest,
        verdict=record.verdict,
        counts=record.counts,
        p99_ms=float("nan") if p99 is None else p99 / NS_PER_MS,
        costs=record.costs,
    )


def replay_line(loaded: LoadedScenario, options: RunOptions) -> str:
    """The command that makes this run again."""
    seed = loaded.seed if options.seed is None else options.seed
    words = ["foreshock", "run", str(loaded.path), "--seed", str(seed)]
    for override in loaded.overrides:
        words += ["--set", override]
    if options.shuffle_ties:
        words.append("--shuffle-ties")
    for plugin in options.plugins:
        words += ["--plugin", plugin]
    return shlex.join(words)


@cache
def package_versions() -> tuple[tuple[str, str], ...]:
    """Versions that computed the run; outside the digest."""
    found = [("python", python_version())]
    for package in _PACKAGES:
        try:
            found.append((package, version(package)))
        except PackageNotFoundError:
            found.append((package, "not installed"))
    return tuple(found)
