"""A replicated log: what is confirmed when, what a failover loses, and who may still write."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models.base.errors import ConfigError, SimulationError
from models.storage.replicated_log import ROLE_MOVES, LogCopy, Role, RoleEvent, Shipment
from models.storage.timeline import Timeline


def pair(acks_needed: int = 0) -> tuple[LogCopy, LogCopy]:
    return LogCopy(is_primary=True, acks_needed=acks_needed), LogCopy(is_primary=False)


def ship(primary: LogCopy, replica: LogCopy, name: str = "r") -> int:
    """Send what is missing and report back; returns what is confirmed by it."""
    position = replica.receive(primary.shipment(replica.position))
    assert position is not None
    return primary.reported(name, replica.term, position)


def writes(primary: LogCopy, count: int) -> list[int | None]:
    return [primary.write() for _ in range(count)]


def test_writes_are_numbered_and_only_the_primary_takes_them() -> None:
    primary, replica = pair()
    assert writes(primary, 2) == [1, 2]
    assert replica.write() is None


def test_asynchronous_writes_are_confirmed_at_once() -> None:
    primary, _ = pair()
    writes(primary, 3)
    assert primary.confirmed == 3


def test_semi_synchronous_writes_are_confirmed_when_enough_replicas_have_them() -> None:
    primary, _ = pair(acks_needed=2)
    writes(primary, 5)
    assert primary.reported("a", 1, 4) == 0
    assert primary.confirmed == 0
    assert primary.reported("b", 1, 3) == 3
    assert primary.reported("b", 1, 2) == 0
    assert primary.reported("c", 1, 9) == 1
    assert primary.reported("b", 1, 9) == 1
    assert primary.confirmed == 5


def test_a_replica_keeps_what_it_is_shipped_and_knows_how_far_behind_it_is() -> None:
    primary, replica = pair()
    writes(primary, 5)
    assert replica.lag(primary.position) == 5
    assert replica.receive(primary.shipment(0)) == 5
    assert (replica.lag(5), replica.lag(7), replica.confirmed) == (0, 2, 5)


def test_shipments_may_come_twice_and_in_any_order() -> None:
    primary, replica = pair()
    writes(primary, 2)
    first = primary.shipment(0)
    writes(primary, 2)
    second = primary.shipment(2)
    assert replica.receive(second) is None
    assert replica.position == 0
    assert replica.receive(first) == 2
    assert replica.receive(second) == 4
    assert replica.receive(first) == 4


def test_a_read_may_be_answered_where_all_that_was_seen_is() -> None:
    _, replica = pair()
    replica.position = 7
    assert replica.may_answer(7)
    assert not replica.may_answer(8)


def test_confirmed_writes_that_no_replica_had_are_lost_in_a_failover_and_counted() -> None:
    old, new = pair()
    writes(old, 10)
    ship(old, new)
    writes(old, 4)
    new.promote(2)
    writes(new, 2)
    assert old.receive(new.shipment(old.position)) is None
    assert (old.role, old.dropped, old.position) == (Role.REPLICA, 4, 10)
    assert old.receive(new.shipment(old.position)) == 12
    assert old.timeline == new.timeline


def test_semi_synchronous_replication_loses_nothing_that_was_confirmed() -> None:
    old, new = pair(acks_needed=1)
    writes(old, 10)
    ship(old, new)
    writes(old, 4)
    assert old.confirmed == 10
    new.promote(2)
    old.receive(new.shipment(old.position))
    assert old.dropped == 4
    assert new.position >= old.confirmed == 10


def test_a_primary_that_hears_of_a_later_term_takes_no_more_writes() -> None:
    old, new = pair()
    new.promote(2)
    assert old.reported("r", 2, 0) == 0
    assert old.role is Role.FENCED
    assert old.write() is None
    with pytest.raises(SimulationError, match="nothing to ship"):
        old.shipment(0)


def test_what_a_deposed_primary_still_ships_is_refused() -> None:
    old, new = pair()
    third = LogCopy(is_primary=False)
    writes(old, 3)
    late = old.shipment(0)
    new.promote(2)
    third.receive(new.shipment(0))
    assert third.receive(late) is None
    assert new.receive(late) is None
    assert third.position == 0


def test_reports_of_an_earlier_term_confirm_nothing() -> None:
    _, new = pair(acks_needed=1)
    new = LogCopy(is_primary=False, acks_needed=1)
    new.promote(2)
    new.write()
    assert new.reported("r", 1, 1) == 0
    assert new.reported("r", 2, 1) == 1


def test_what_a_new_primary_brings_counts_as_confirmed() -> None:
    _, new = pair()
    new.position = 5
    new.promote(3)
    assert (new.confirmed, new.term) == (5, 3)


def test_two_primaries_of_one_term_are_a_broken_promise() -> None:
    one, other = LogCopy(is_primary=True), LogCopy(is_primary=True)
    with pytest.raises(SimulationError, match="two primaries"):
        one.receive(other.shipment(0))


def test_a_replica_confirms_no_more_than_it_has() -> None:
    _, replica = pair()
    replica.receive(Shipment(Timeline(), 0, 3, 9))
    assert replica.confirmed == 3


def test_a_negative_number_of_acknowledgements_is_refused() -> None:
    with pytest.raises(ConfigError, match="acks_needed"):
        LogCopy(is_primary=True, acks_needed=-1)


def test_every_move_that_the_table_does_not_have_is_illegal_and_changes_nothing() -> None:
    for role in Role:
        for event in RoleEvent:
            if (role, event) in ROLE_MOVES:
                continue
            copy = LogCopy(is_primary=True)
            copy.role = role
            with pytest.raises(SimulationError, match="cannot happen"):
                copy._move(event)
            assert copy.role is role


NAMES = ("a", "b", "c")


class ClusterMachine(RuleBasedStateMachine):
    """Three nodes, messages that are late, lost, doubled and out of order; logs written out."""

    @initialize(acks=st.integers(0, 2))
    def start(self, acks: int) -> None:
        self.nodes = {name: LogCopy(is_primary=name == "a", acks_needed=acks) for name in NAMES}
        self.logs: dict[str, list[str]] = {name: [] for name in NAMES}
        self.dropped = dict.fromkeys(NAMES, 0)
        self.shipped: list[tuple[Shipment, list[str]]] = []
        self.reports: list[tuple[str, int, int]] = []
        self.acks = acks
        self.terms = {1: "a"}

    @rule(name=st.sampled_from(NAMES))
    def write(self, name: str) -> None:
        node = self.nodes[name]
        number = node.write()
        if node.role is Role.PRIMARY:
            self.logs[name].append(f"{name}{node.term}")
            assert number == len(self.logs[name])
        else:
            assert number is None

    @rule(name=st.sampled_from(NAMES), since=st.integers(0, 12))
    def ship(self, name: str, since: int) -> None:
        if self.nodes[name].role is Role.PRIMARY:
            self.shipped.append((self.nodes[name].shipment(since), list(self.logs[name])))

    @precondition(lambda self: self.shipped)
    @rule(data=st.data(), name=st.sampled_from(NAMES))
    def receive(self, data: st.DataObject, name: str) -> None:
        shipment, log = data.draw(st.sampled_from(self.shipped))
        node, mine = self.nodes[name], self.logs[name]
        if node.role is Role.PRIMARY and node.term == shipment.timeline.term:
            return
        is_over = shipment.timeline.term < node.term
        if not is_over and shipment.timeline.term > node.term:
            parting = node.timeline.parts_from(shipment.timeline)
            if parting is not None and parting < len(mine):
                self.dropped[name] += len(mine) - parting
                del mine[parting:]
        position = node.receive(shipment)
        if is_over or shipment.since > len(mine):
            assert position is None
        else:
            mine.extend(log[len(mine) : shipment.position])
            assert position == len(mine)
            self.reports.append((name, node.term, position))

    @precondition(lambda self: self.reports)
    @rule(data=st.data(), name=st.sampled_from(NAMES))
    def report(self, data: st.DataObject, name: str) -> None:
        replica, term, position = data.draw(st.sampled_from(self.reports))
        if replica != name:
            self.nodes[name].reported(replica, term, position)

    @rule(name=st.sampled_from(NAMES))
    def promote_the_most_advanced_of_the_latest_term(self, name: str) -> None:
        node = self.nodes[name]
        rank = (node.term, node.position)
        others = [one for key, one in self.nodes.items() if key != name]
        if node.role is Role.REPLICA and all(rank >= (one.term, one.position) for one in others):
            term = max(self.terms) + 1
            node.promote(term)
            self.terms[term] = name

    @invariant()
    def positions_are_those_of_the_logs(self) -> None:
        for name, node in self.nodes.items():
            assert node.position == len(self.logs[name])
            assert node.dropped == self.dropped[name]
            assert node.confirmed <= node.position

    @invariant()
    def a_term_has_one_primary(self) -> None:
        for name, node in self.nodes.items():
            if node.role is Role.PRIMARY:
                assert self.terms[node.term] == name

    @invariant()
    def copies_of_one_history_agree(self) -> None:
        for one in NAMES:
            for other in NAMES:
                if self.nodes[one].timeline == self.nodes[other].timeline:
                    shorter = min(len(self.logs[one]), len(self.logs[other]))
                    assert self.logs[one][:shorter] == self.logs[other][:shorter]


TestClusterMachine = ClusterMachine.TestCase
TestClusterMachine.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, derandomize=True
)
