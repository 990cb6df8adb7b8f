from models.base.distributions import Deterministic
from models.base.time import NS_PER_MINUTE, NS_PER_S
from models.scheduling.config import JobConfig, LockConfig
from models.scheduling.lease import AcquireLock, LeaseGained, LeaseLost, ReleaseLock
from models.scheduling.node import LEADER_LOCK, SchedulerNode
from models.scheduling.runs import RunHistory
from models.scheduling.scheduler import OpenRuns, Role, StartAnswer, StartResult, StartRun

LOCK = LockConfig("a")
JOB = JobConfig("job", "* * * * *", Deterministic(0))


def leading() -> SchedulerNode:
    node = SchedulerNode("n1#1", LOCK, (JOB,), start=0, created_wall=0)
    assert node.tick(now=0, wall=0) == (AcquireLock(LEADER_LOCK, "n1#1", LOCK.ttl_ns, 0),)
    gained = node.lock_granted(3, sent_ns=0, now=1)
    assert gained == (LeaseGained(LEADER_LOCK, "n1#1", 3),)
    assert node.next_deadline() == 1
    assert node.tick(now=1, wall=1) == (OpenRuns(3),)
    node.runs_opened(3, RunHistory(3, 0, ()), now=2)
    return node


def test_node_leads_its_scheduler_under_the_token_of_its_lock() -> None:
    node = leading()
    assert node.scheduler.role is Role.LEADING
    assert node.scheduler.token == 3


def test_node_that_does_not_lead_wakes_for_its_lock_alone() -> None:
    node = SchedulerNode("n1#1", LOCK, (JOB,), start=5, created_wall=0)
    assert node.next_deadline() == 5
    assert node.lock_refused(now=6) == ()


def test_node_that_was_paused_gives_up_before_it_starts_anything() -> None:
    node = leading()
    now = NS_PER_MINUTE
    first, second = node.tick(now=now, wall=now)
    assert first == LeaseLost(LEADER_LOCK, "n1#1", 3)
    assert isinstance(second, AcquireLock)
    assert node.scheduler.role is Role.FOLLOWING


def test_node_within_its_lease_starts_what_is_due() -> None:
    node = leading()
    actions = node.tick(now=10 * NS_PER_S, wall=NS_PER_MINUTE)
    assert StartRun("job", NS_PER_MINUTE, 3) in actions


def test_node_fenced_by_the_run_store_gives_up_its_lease() -> None:
    node = leading()
    assert node.runs_opened(3, None, now=3) == (LeaseLost(LEADER_LOCK, "n1#1", 3),)
    assert node.scheduler.role is Role.FOLLOWING
    assert not node.holder.leads(now=3)


def test_node_whose_start_is_fenced_gives_up_its_lease() -> None:
    node = leading()
    node.tick(now=10 * NS_PER_S, wall=NS_PER_MINUTE)
    fenced = StartAnswer("job", NS_PER_MINUTE, 3, StartResult.FENCED, is_active=False, revision=0)
    assert node.start_answered(fenced, now=4) == (LeaseLost(LEADER_LOCK, "n1#1", 3),)
    assert node.scheduler.role is Role.FOLLOWING


def test_fenced_answer_to_an_earlier_term_changes_nothing() -> None:
    node = leading()
    fenced = StartAnswer("job", NS_PER_MINUTE, 2, StartResult.FENCED, is_active=False, revision=0)
    assert node.start_answered(fenced, now=4) == ()
    assert node.scheduler.role is Role.LEADING


def test_run_that_ends_frees_its_job() -> None:
    node = leading()
    node.tick(now=10 * NS_PER_S, wall=NS_PER_MINUTE)
    node.run_ended("job", NS_PER_MINUTE, revision=2)
    assert node.scheduler.active("job") == ()


def test_resigning_releases_the_lock_and_ends_the_schedule() -> None:
    node = leading()
    assert node.resign(now=3) == (
        LeaseLost(LEADER_LOCK, "n1#1", 3),
        ReleaseLock(LEADER_LOCK, "n1#1", 3),
    )
    assert node.scheduler.role is Role.FOLLOWING
    assert node.next_deadline() is None
