"""A scheduler's node: its phase, its lives and what each of them owns."""

from models.base.time import NS_PER_S
from models.records.events import EventKind
from models.scheduling.config import LockConfig
from tests.sim.processes.jobs_town import Town

S = NS_PER_S
LOCK = LockConfig("c")


def acquisitions(town: Town) -> list[int]:
    return [time for time, *_ in town.kinds(EventKind.LOCK_ACQUIRED)]


def test_candidates_start_at_random_phases_of_the_retry_period() -> None:
    towns = [Town(seed=seed) for seed in range(8)]
    for town in towns:
        town.run(LOCK.retry_ns + S)
    firsts = [acquisitions(town)[0] for town in towns]
    assert len(set(firsts)) == 8
    assert max(firsts) <= LOCK.retry_ns + 2_000_000
    assert {town.leader() for town in towns} == {"s1", "s2"}


def test_new_life_waits_for_the_lease_of_the_last_to_run_out() -> None:
    town = Town(schedulers=(("s1", "a"),))
    town.crash("s1", 20 * S, back_after=S)
    town.run(60 * S)
    (lost_ns,) = [time for time, *_ in town.kinds(EventKind.LOCK_LOST)]
    first_ns, second_ns = acquisitions(town)
    assert first_ns < 20 * S < lost_ns < second_ns <= lost_ns + LOCK.retry_ns + 2_000_000


def test_leader_cut_off_from_the_lock_steps_down_before_its_lease_is_given_away() -> None:
    town = Town()
    town.run(20 * S)
    leader = town.leader()
    zone = town.node(leader).zone
    town.cut_link(zone, "c", 21 * S, 60 * S)
    town.run(60 * S)
    moves = [(kind, who) for _, kind, who in town.kinds(*EventKind) if who in ("s1", "s2")]
    assert moves[1] == (EventKind.LOCK_LOST, leader)
    assert moves[2][0] is EventKind.LOCK_ACQUIRED
    assert moves[2][1] != leader


def test_dead_node_does_not_lead() -> None:
    town = Town(schedulers=(("s1", "a"),))
    town.run(20 * S)
    (agent,) = town.jobs.schedulers
    assert agent.leads
    agent.die()
    assert not agent.leads
