"""The lock server's node: one answer per request, releases, lapses while dark."""

from models.base.time import NS_PER_S
from models.records.events import EventKind
from models.scheduling.lease import AcquireLock, ReleaseLock, RenewLock
from models.scheduling.lock import Granted, Refused
from sim.processes.jobs_messages import LockAnswered, Message
from sim.processes.jobs_node import Letter
from tests.sim.processes.jobs_town import Town

S = NS_PER_S
TTL = 15 * S


class Counter:
    """The lock server with nobody else about."""

    def __init__(self) -> None:
        self.town = Town(schedulers=(("s1", "a"), ("s2", "b")), executors=())
        for name in ("s1", "s2"):
            self.town.node(name).die()
        self.node = next(node for node in self.town.jobs._all if node.address == "lock/server")

    def ask(self, body: Message) -> list[LockAnswered]:
        """Answers that the message gives rise to, as they leave."""
        before = len(self.town.network.sent)
        self.node.deliver(Letter("scheduler/s1", 1, 0, body))
        answers = [letter.body for _, letter in self.town.network.sent[before:]]
        return [answer for answer in answers if isinstance(answer, LockAnswered)]


def test_request_that_arrives_twice_is_granted_once() -> None:
    counter = Counter()
    request = AcquireLock("lock", "s1#1", TTL, 7)
    first, second = counter.ask(request), counter.ask(request)
    assert first == second == [LockAnswered(Granted(1, TTL), 0, 7)]


def test_renewal_is_answered_with_what_it_asked_for() -> None:
    counter = Counter()
    counter.ask(AcquireLock("lock", "s1#1", TTL, 7))
    counter.town.run(S)
    (answer,) = counter.ask(RenewLock("lock", "s1#1", 1, 8))
    assert answer == LockAnswered(Granted(1, TTL + S), 1, 8)


def test_released_lock_is_free_and_the_release_unanswered() -> None:
    counter = Counter()
    counter.ask(AcquireLock("lock", "s1#1", TTL, 7))
    (refusal,) = counter.ask(AcquireLock("lock", "s2#1", TTL, 8))
    assert refusal == LockAnswered(Refused("s1#1", TTL + 1), 0, 8)
    assert counter.ask(ReleaseLock("lock", "s1#1", 1)) == []
    (grant,) = counter.ask(AcquireLock("lock", "s2#1", TTL, 9))
    assert isinstance(grant.answer, Granted)


def test_dark_lock_server_answers_nothing_and_keeps_its_leases() -> None:
    counter = Counter()
    counter.ask(AcquireLock("lock", "s1#1", TTL, 7))
    counter.node.power_lost()
    assert counter.ask(AcquireLock("lock", "s2#1", TTL, 8)) == []
    counter.node.power_restored()
    (answer,) = counter.ask(AcquireLock("lock", "s2#1", TTL, 9))
    assert isinstance(answer.answer, Refused)


def test_token_of_a_dead_leader_is_lost_when_its_lease_lapses() -> None:
    town = Town(schedulers=(("s1", "a"),))
    town.crash("s1", 20 * S)
    town.run(60 * S)
    (lost_ns,) = [time for time, *_ in town.kinds(EventKind.LOCK_LOST)]
    assert 20 * S < lost_ns <= 20 * S + TTL
