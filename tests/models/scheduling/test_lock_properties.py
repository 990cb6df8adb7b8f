"""At most one holder at any true instant, whatever clocks and messages do.

Goal: no schedule of pauses, losses, delays, repeats and clock errors lets two candidates believe
in the lock at once, and tokens only go up. Method: three candidates and a granter, each with a
clock of its own rate and offset; the rules deliver, drop and repeat messages as they please.
"""

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from models.base.time import NS_PER_MS
from models.scheduling.config import LockConfig
from models.scheduling.lease import (
    AcquireLock,
    LeaseAction,
    LeaseGained,
    LeaseHolder,
    ReleaseLock,
    RenewLock,
)
from models.scheduling.lock import Granted, LockServer

CONFIG = LockConfig(
    zone="a",
    ttl_ns=100 * NS_PER_MS,
    renew_ns=40 * NS_PER_MS,
    retry_ns=10 * NS_PER_MS,
    drift_ratio=0.05,
)
PPM = 50_000
OWNERS = ("a", "b", "c")


@dataclass(frozen=True)
class Clock:
    offset_ns: int
    drift_ppm: int

    def read(self, true_ns: int) -> int:
        return self.offset_ns + true_ns + true_ns * self.drift_ppm // 1_000_000


@dataclass(frozen=True)
class Request:
    action: AcquireLock | RenewLock | ReleaseLock


@dataclass(frozen=True)
class Answer:
    owner: str
    sent_ns: int
    token: int
    granted: bool


class SkewedClocks(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.true_ns = 0
        self.server = LockServer()
        self.server_clock = Clock(123, PPM)
        self.clocks = {"a": Clock(0, -PPM), "b": Clock(10**12, PPM), "c": Clock(-(10**9), 0)}
        self.holders = {
            owner: LeaseHolder("lock", owner, CONFIG, start=self.now(owner)) for owner in OWNERS
        }
        self.wire: list[Request | Answer] = []
        self.tokens: list[int] = []
        self.gained: list[int] = []

    def now(self, owner: str) -> int:
        return self.clocks[owner].read(self.true_ns)

    def carry(self, actions: tuple[LeaseAction, ...]) -> None:
        for action in actions:
            if isinstance(action, AcquireLock | RenewLock | ReleaseLock):
                self.wire.append(Request(action))
            elif isinstance(action, LeaseGained):
                self.gained.append(action.token)

    @rule(step_ms=st.integers(1, 60))
    def time_passes(self, step_ms: int) -> None:
        self.true_ns += step_ms * NS_PER_MS

    @rule(owner=st.sampled_from(OWNERS))
    def candidate_wakes(self, owner: str) -> None:
        self.carry(self.holders[owner].tick(now=self.now(owner)))

    @rule(owner=st.sampled_from(OWNERS))
    def time_passes_to_the_brink(self, owner: str) -> None:
        """The last instant at which this candidate can still believe: one nanosecond short."""
        low, high = self.true_ns, self.true_ns + 2 * CONFIG.ttl_ns
        if not self.holders[owner].leads(now=self.now(owner)):
            return
        while high - low > 1:
            middle = (low + high) // 2
            if self.holders[owner].leads(now=self.clocks[owner].read(middle)):
                low = middle
            else:
                high = middle
        self.true_ns = low

    @rule(owner=st.sampled_from(OWNERS))
    def candidate_resigns_and_stands(self, owner: str) -> None:
        self.carry(self.holders[owner].resign())
        self.holders[owner].stand(now=self.now(owner))

    @rule(index=st.integers(0, 30), keep=st.booleans())
    def message_arrives(self, index: int, keep: bool) -> None:
        if not self.wire:
            return
        place = -1 - index % len(self.wire)
        message = self.wire[place]
        if not keep:
            del self.wire[place]
        if isinstance(message, Request):
            self.serve(message)
            return
        holder, now = self.holders[message.owner], self.now(message.owner)
        if message.granted:
            self.carry(holder.granted(message.token, sent_ns=message.sent_ns, now=now))
        else:
            self.carry(holder.refused(message.token))

    def serve(self, request: Request) -> None:
        action, now = request.action, self.server_clock.read(self.true_ns)
        match action:
            case AcquireLock():
                answer = self.server.acquire(
                    action.name,
                    action.owner,
                    ttl_ns=action.ttl_ns,
                    now=now,
                    request=action.sent_ns,
                )
                token = answer.token if isinstance(answer, Granted) else 0
            case RenewLock():
                answer = self.server.renew(action.name, action.owner, action.token, now=now)
                token = action.token
            case ReleaseLock():
                self.release(action, now)
                return
        granted = isinstance(answer, Granted)
        self.wire.append(Answer(action.owner, action.sent_ns, token, granted))
        if granted:
            self.tokens.append(token)

    def release(self, action: ReleaseLock, now: int) -> None:
        held = self.server.holder("lock", now=now)
        owns = held is not None and (held.owner, held.token) == (action.owner, action.token)
        assert self.server.release("lock", action.owner, action.token, now=now) is owns
        if not owns:
            assert self.server.holder("lock", now=now) == held

    @invariant()
    def at_most_one_candidate_leads_and_the_granter_agrees(self) -> None:
        leaders = [owner for owner in OWNERS if self.holders[owner].leads(now=self.now(owner))]
        assert len(leaders) <= 1
        for owner in leaders:
            held = self.server.holder("lock", now=self.server_clock.read(self.true_ns))
            assert held is not None
            assert held.owner == owner
            token = self.holders[owner].token(now=self.now(owner))
            assert token is not None
            assert held.token >= token

    @invariant()
    def tokens_never_go_back(self) -> None:
        assert self.gained == sorted(set(self.gained))


TestSkewedClocks = SkewedClocks.TestCase
TestSkewedClocks.settings = settings(
    derandomize=True, deadline=None, max_examples=60, stateful_step_count=60
)


def test_one_of_several_candidates_comes_to_lead() -> None:
    world = SkewedClocks()
    for _ in range(20):
        for owner in OWNERS:
            world.candidate_wakes(owner)
        while world.wire:
            world.message_arrives(len(world.wire) - 1, keep=False)
        world.time_passes(10)
    assert world.gained == [1]
