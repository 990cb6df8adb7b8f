"""Orders of waiting, each against the plainest list that does the same."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from models.base.time import NS_PER_MS
from models.traffic.shedding.adaptive_lifo import AdaptiveLifo, AdaptiveLifoConfig
from sim.nodes.queueing.classes import MostImportantFirst, TenantsInTurn
from sim.nodes.queueing.lines import AdaptiveLine, NewestFirst

WEIGHTS = {0: 1, 1: 3, 2: 2}


@dataclass
class Ticket:
    """What waits: a number and a class."""

    number: int
    level: int = 0


@dataclass
class Clock:
    now: int = 0


def level_of(ticket: Any) -> int:
    level: int = ticket.level
    return level


@dataclass
class NaiveTurns:
    """Weighted round robin by looking at everybody: who has the turn, and how often still."""

    tickets: list[Ticket] = field(default_factory=list)
    round: list[int] = field(default_factory=list)
    turns_left: int = 0

    def append(self, ticket: Ticket) -> None:
        self.tickets.append(ticket)
        if ticket.level not in self.round:
            self.round.append(ticket.level)
            if len(self.round) == 1:
                self.turns_left = WEIGHTS[ticket.level]

    def take(self) -> Ticket:
        ticket = next(one for one in self.tickets if one.level == self.round[0])
        self.turns_left -= 1
        self.remove(ticket)
        if self.turns_left == 0 and self.round:
            if self.round[0] == ticket.level:
                self.round.append(self.round.pop(0))
            self.turns_left = WEIGHTS[self.round[0]]
        return ticket

    def remove(self, ticket: Ticket) -> None:
        self.tickets.remove(ticket)
        if all(one.level != ticket.level for one in self.tickets):
            had_turn = self.round[0] == ticket.level
            self.round.remove(ticket.level)
            if had_turn and self.round:
                self.turns_left = WEIGHTS[self.round[0]]


class Lines(RuleBasedStateMachine):
    """All orders at once; whoever leaves one early leaves all of them."""

    def __init__(self) -> None:
        super().__init__()
        self.made = 0
        self.stacked: list[Ticket] = []
        self.ranked: list[Ticket] = []
        self.turns = NaiveTurns()
        self.stack: Any = NewestFirst()
        self.ranks: Any = MostImportantFirst(level_of)
        self.tenants: Any = TenantsInTurn(level_of, WEIGHTS)

    @rule(level=st.integers(0, 2))
    def joins(self, level: int) -> None:
        ticket = Ticket(self.made, level)
        self.made += 1
        for line in (self.stacked, self.ranked, self.turns, self.stack, self.ranks, self.tenants):
            line.append(ticket)

    @precondition(lambda self: self.stacked)
    @rule()
    def newest_is_served(self) -> None:
        assert self.stack.popleft() is self.stacked.pop()

    @precondition(lambda self: self.ranked)
    @rule()
    def most_important_is_served(self) -> None:
        expected = max(self.ranked, key=lambda one: (one.level, -one.number))
        self.ranked.remove(expected)
        assert self.ranks.popleft() is expected

    @precondition(lambda self: self.turns.tickets)
    @rule()
    def tenant_in_turn_is_served(self) -> None:
        assert self.tenants.popleft() is self.turns.take()

    @rule(data=st.data())
    def leaves(self, data: st.DataObject) -> None:
        for naive, line in (
            (self.stacked, self.stack),
            (self.ranked, self.ranks),
            (self.turns.tickets, self.tenants),
        ):
            if naive:
                ticket = data.draw(st.sampled_from(naive))
                line.remove(ticket)
                (self.turns if naive is self.turns.tickets else naive).remove(ticket)

    @rule(level=st.integers(0, 3))
    def full_queue_looks_for_a_place(self, level: int) -> None:
        victims = [one for one in self.ranked if one.level < level]
        least = min((one.level for one in victims), default=0)
        expected = max(
            (one for one in victims if one.level == least),
            key=lambda one: one.number,
            default=None,
        )
        assert self.ranks.less_important_than(Ticket(-1, level)) is expected

    @rule()
    def process_dies(self) -> None:
        self.stacked, self.ranked, self.turns = [], [], NaiveTurns()
        for line in (self.stack, self.ranks, self.tenants):
            line.clear()

    @invariant()
    def same_tickets_wait(self) -> None:
        for naive, line in (
            (self.stacked, self.stack),
            (self.ranked, self.ranks),
            (self.turns.tickets, self.tenants),
        ):
            assert len(line) == len(naive)
            assert sorted(one.number for one in line) == sorted(one.number for one in naive)


Lines.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, derandomize=True
)
TestLines = Lines.TestCase


def test_tenants_get_turns_by_their_weights_and_none_starves() -> None:
    line: Any = TenantsInTurn(level_of, {1: 3})
    for number in range(8):
        line.append(Ticket(number, level=1))
    line.append(Ticket(8, level=2))
    line.append(Ticket(9, level=2))
    served = [line.popleft().level for _ in range(10)]
    assert served == [1, 1, 1, 2, 1, 1, 1, 2, 1, 1]


def test_one_who_was_served_before_comes_back_before_its_equals() -> None:
    line: Any = MostImportantFirst(level_of)
    for number in range(2):
        line.append(Ticket(number, level=1))
    line.appendleft(Ticket(2, level=1))
    assert [line.popleft().number for _ in range(3)] == [2, 0, 1]


def adaptive(length_from: int, standing_ms: int) -> tuple[Any, Clock]:
    clock = Clock()
    config = AdaptiveLifoConfig(length_from, standing_ms * NS_PER_MS, length_back=1)
    return AdaptiveLine(AdaptiveLifo(config), lambda: clock.now), clock


def test_adaptive_lifo_turns_at_its_length_and_back_at_the_lower_mark() -> None:
    line, _ = adaptive(3, 0)
    for number in range(2):
        line.append(Ticket(number))
    assert line.popleft().number == 0
    for number in range(2, 4):
        line.append(Ticket(number))
    assert [line.popleft().number for _ in range(2)] == [3, 2]
    line.append(Ticket(4))
    assert line.popleft().number == 1


def test_adaptive_lifo_turns_once_the_queue_has_stood_longer_than_allowed() -> None:
    for waited_ms, first in ((10, 0), (11, 2)):
        line, clock = adaptive(0, 10)
        for number in range(3):
            line.append(Ticket(number))
        clock.now = waited_ms * NS_PER_MS
        assert line.popleft().number == first


def test_a_queue_that_its_callers_leave_no_longer_stands() -> None:
    line, clock = adaptive(0, 10)
    tickets = [Ticket(number) for number in range(3)]
    for ticket in tickets:
        line.append(ticket)
    line.remove(tickets[0])
    line.remove(tickets[1])
    clock.now = 20 * NS_PER_MS
    line.append(Ticket(3))
    assert line.popleft().number == 2


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(["join", "serve", "clear"]), max_size=60), st.integers(1, 6))
def test_adaptive_lifo_keeps_everybody(steps: list[str], length_from: int) -> None:
    clock = Clock()
    line: Any = AdaptiveLine(AdaptiveLifo(AdaptiveLifoConfig(length_from, 0)), lambda: clock.now)
    waiting: set[int] = set()
    for number, step in enumerate(steps):
        clock.now += 1
        if step == "join":
            line.append(Ticket(number))
            waiting.add(number)
        elif step == "clear":
            line.clear()
            waiting.clear()
        elif waiting:
            waiting.remove(line.popleft().number)
    assert {ticket.number for ticket in line} == waiting
