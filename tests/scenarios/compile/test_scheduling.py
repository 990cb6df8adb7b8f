import pytest

from models.base.distributions import Deterministic
from models.base.time import NS_PER_S
from models.scheduling.config import (
    ExecutorConfig,
    JobConfig,
    LockConfig,
    Misfire,
    Overlap,
    SchedulerConfig,
)
from tests.scenarios.edited import LAST_LINE, load_edited, messages

SCHEDULER = """\
scheduler:
  nodes: {s1: {zone: a}, s2: {zone: b}}
  lock: {zone: c, ttl: 15s, renew: 5s, retry: 1s, drift: 0.5%}
  executors: {x1: {zone: a, capacity: 2}, x2: {zone: b}}
"""
JOBS = 'jobs:\n  nightly: {schedule: "0 2 * * *", work: 5s}\n'
WITH_JOBS = (LAST_LINE, LAST_LINE + SCHEDULER + JOBS)


def test_scheduler_lock_and_executors_are_as_written(tmp_path):
    assert load_edited(tmp_path, WITH_JOBS).blueprint.scheduler == SchedulerConfig(
        nodes=(("s1", "a"), ("s2", "b")),
        lock=LockConfig("c", 15 * NS_PER_S, 5 * NS_PER_S, NS_PER_S, 0.005),
        executors=(ExecutorConfig("x1", "a", 2), ExecutorConfig("x2", "b", 1)),
    )


def test_a_job_has_the_defaults_of_its_config(tmp_path):
    (job,) = load_edited(tmp_path, WITH_JOBS).blueprint.jobs
    assert job == JobConfig("nightly", "0 2 * * *", Deterministic(5 * NS_PER_S))


def test_all_that_is_written_reaches_the_job(tmp_path):
    written = (
        "work: 5s, timezone: Europe/Berlin, task: bill, payload: {a: b}, timeout: 1m, retries: 2,"
        " backoff: 3s, misfire: skip, overlap: replace, starting_deadline: 9s"
    )
    (job,) = load_edited(tmp_path, WITH_JOBS, ("work: 5s", written)).blueprint.jobs
    assert job == JobConfig(
        name="nightly",
        schedule="0 2 * * *",
        work=Deterministic(5 * NS_PER_S),
        timezone="Europe/Berlin",
        task="bill",
        payload={"a": "b"},
        timeout_ns=60 * NS_PER_S,
        retries=2,
        retry_backoff_ns=3 * NS_PER_S,
        misfire=Misfire.SKIP,
        overlap=Overlap.REPLACE,
        starting_deadline_ns=9 * NS_PER_S,
    )


@pytest.mark.parametrize(("renew", "is_fine"), [("14s850ms", True), ("14s851ms", False)])
def test_a_lock_is_renewed_before_it_ends(tmp_path, renew, is_fine):
    shown = messages(tmp_path, WITH_JOBS, ("renew: 5s", f"renew: {renew}"))
    assert (shown == []) is is_fine


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("s2: {zone: b}", "s2: {zone: d}", "unknown zone 'd'"),
        ("lock: {zone: c", "lock: {zone: d", "unknown zone 'd'"),
        ("x2: {zone: b}", "x2: {zone: d}", "unknown zone 'd'"),
        ("x2: {zone: b}", "s2: {zone: b}", "'s2' is also the name of a node"),
        ('"0 2 * * *"', '"60 2 * * *"', "schedule '60 2 * * *'"),
        ("work: 5s", "work: 5s, timezone: Mars", "'Mars' is not an IANA time zone"),
        ("nodes: {s1: {zone: a}, s2: {zone: b}}", "nodes: {}", "needs at least 1 entry"),
    ],
)
def test_mistakes_are_found_in_every_part(tmp_path, old, new, message):
    shown = messages(tmp_path, WITH_JOBS, (old, new))
    assert len(shown) == 1
    assert message in shown[0]


def test_jobs_need_somebody_to_schedule_them(tmp_path):
    shown = messages(tmp_path, (LAST_LINE, LAST_LINE + JOBS))
    assert shown == ["scenario.yaml:72:1: jobs: jobs need a 'scheduler' section to run them"]
