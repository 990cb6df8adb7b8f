"""The registry against a naive model that keeps plain facts and recomputes everything."""

from dataclasses import dataclass, replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from models.discovery.config import DiscoveryConfig
from models.discovery.member import TRANSITIONS, Member, Registration, Status
from models.discovery.messages import ChangeKind, Changes, Compacted, Listing, Verdict
from models.discovery.registry import Registry

LEASE = 50
INSTANCES = st.sampled_from(["a", "b", "c"])
SERVICES = st.sampled_from(["web", "cart"])
INCARNATIONS = st.integers(1, 4)
STATUSES = st.sampled_from(list(Status))


@dataclass
class Fact:
    registration: Registration
    status: Status
    last_beat: int


class RegistryMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.registry = Registry(
            DiscoveryConfig(zone="z", lease_ns=LEASE, sweep_ns=20, history_limit=6)
        )
        self.now = 0
        self.facts: dict[str, Fact] = {}
        self.seen: dict[str, int] = {}
        self.banned: dict[str, int] = {}
        self.replica: dict[str, Member] = {}
        self.replica_revision = 0

    @initialize()
    def register_one(self) -> None:
        self.register("a", "web", 1, Status.UP, 1)

    @rule(by=st.integers(0, 60))
    def time_passes(self, by: int) -> None:
        self.now += by

    @rule(
        instance=INSTANCES,
        service=SERVICES,
        incarnation=INCARNATIONS,
        status=STATUSES,
        weight=st.integers(1, 2),
    )
    def register(
        self, instance: str, service: str, incarnation: int, status: Status, weight: int
    ) -> None:
        announced = Registration(
            instance, service, "z", incarnation=incarnation, weight=weight, status=status
        )
        verdict = self.registry.register(announced, now=self.now).verdict
        fact = self.facts.get(instance)
        if incarnation < self.seen.get(instance, 0):
            assert verdict is Verdict.STALE_INCARNATION
        elif fact is None and incarnation <= self.banned.get(instance, 0):
            assert verdict is Verdict.UNKNOWN
        else:
            assert verdict is Verdict.ACCEPTED
            self.seen[instance] = incarnation
            self.facts[instance] = Fact(announced, self._status(fact, announced), self.now)

    @staticmethod
    def _status(fact: Fact | None, announced: Registration) -> Status:
        if fact is None or announced.service != fact.registration.service:
            return announced.status
        if announced.incarnation != fact.registration.incarnation:
            return announced.status
        if announced.status is fact.registration.status:
            return fact.status
        legal = announced.status in TRANSITIONS[fact.status]
        return announced.status if legal else fact.status

    def _expected(self, instance: str, incarnation: int) -> Verdict:
        if incarnation < self.seen.get(instance, 0):
            return Verdict.STALE_INCARNATION
        fact = self.facts.get(instance)
        known = fact is not None and fact.registration.incarnation == incarnation
        return Verdict.ACCEPTED if known else Verdict.UNKNOWN

    @rule(instance=INSTANCES, incarnation=INCARNATIONS)
    def heartbeat(self, instance: str, incarnation: int) -> None:
        expected = self._expected(instance, incarnation)
        reply = self.registry.heartbeat(instance, incarnation, now=self.now)
        assert reply.verdict is expected
        if expected is Verdict.ACCEPTED:
            self.facts[instance].last_beat = self.now

    @rule(instance=INSTANCES, incarnation=INCARNATIONS)
    def deregister(self, instance: str, incarnation: int) -> None:
        expected = self._expected(instance, incarnation)
        assert self.registry.deregister(instance, incarnation).verdict is expected
        if expected is not Verdict.STALE_INCARNATION:
            self.facts.pop(instance, None)
            self.seen[instance] = self.banned[instance] = incarnation

    @rule(instance=INSTANCES, incarnation=INCARNATIONS, status=STATUSES)
    def set_status(self, instance: str, incarnation: int, status: Status) -> None:
        expected = self._expected(instance, incarnation)
        if expected is Verdict.ACCEPTED:
            fact = self.facts[instance]
            if status in TRANSITIONS[fact.status] or status is fact.status:
                fact.status = status
            else:
                expected = Verdict.ILLEGAL_STATUS
        assert self.registry.set_status(instance, status, incarnation).verdict is expected

    @rule()
    def sweep(self) -> None:
        dead = {n for n, fact in self.facts.items() if self.now > fact.last_beat + LEASE}
        assert {c.member.instance for c in self.registry.sweep(now=self.now)} == dead
        for name in dead:
            del self.facts[name]

    @rule()
    def watcher_catches_up(self) -> None:
        answer = self.registry.changes_since(self.replica_revision)
        if isinstance(answer, Compacted):
            listing = self.registry.listing()
            self.replica = {m.instance: m for m in listing.members}
            self.replica_revision = listing.revision
        else:
            self._replay(answer)

    def _replay(self, answer: Changes) -> None:
        for change in answer.changes:
            assert change.revision == self.replica_revision + 1
            self.replica_revision = change.revision
            if change.kind is ChangeKind.REMOVED:
                del self.replica[change.member.instance]
            else:
                is_new = change.member.instance not in self.replica
                assert is_new == (change.kind is ChangeKind.ADDED)
                self.replica[change.member.instance] = change.member

    @invariant()
    def members_are_the_facts(self) -> None:
        held = {m.instance: (m.registration, m.status) for m in self.registry.listing().members}
        assert held == {n: (f.registration, f.status) for n, f in self.facts.items()}

    @invariant()
    def look_ups_agree_with_the_facts(self) -> None:
        services = sorted({fact.registration.service for fact in self.facts.values()})
        assert list(self.registry.services()) == services
        for service in ("web", "cart"):
            healthy = [
                name
                for name, fact in sorted(self.facts.items())
                if fact.registration.service == service
                and fact.status is Status.UP
                and self.now <= fact.last_beat + LEASE
            ]
            found = self.registry.healthy(service, now=self.now)
            assert [m.instance for m in found] == healthy

    @invariant()
    def a_watcher_that_caught_up_equals_the_list(self) -> None:
        if self.replica_revision == self.registry.revision:
            members = tuple(self.replica[name] for name in sorted(self.replica))
            assert Listing(None, self.replica_revision, members) == self.registry.listing()


TestRegistryMachine = RegistryMachine.TestCase
TestRegistryMachine.settings = settings(
    derandomize=True, deadline=None, max_examples=60, stateful_step_count=40
)


def test_the_machine_s_history_is_short_enough_to_be_compacted() -> None:
    machine = RegistryMachine()
    machine.register_one()
    for _ in range(7):
        held = machine.registry.instances("web")[0].registration
        machine.registry.register(replace(held, weight=3 - held.weight), now=0)
    assert isinstance(machine.registry.changes_since(0), Compacted)
