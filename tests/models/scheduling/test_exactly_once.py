"""At most one run of each tick, and every tick decided, whatever leaders and messages do.

Goal: two or more schedulers with clocks seconds apart, leaders that change, pause and crash,
messages lost, repeated and reordered, and still no (job, scheduled instant) is placed twice and
a job that forbids overlap never has two runs active (safety); once the faults stop, every tick
up to now is decided and each tick of a fire_all job has run (liveness). Method: real nodes,
lock server, run store and pool, joined by a wire that the rules disturb.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from models.base.distributions import Deterministic
from models.base.time import NS_PER_MINUTE, NS_PER_S
from models.scheduling.config import ExecutorConfig, JobConfig, LockConfig, Misfire, Overlap
from models.scheduling.dispatch import DispatchAction, RunDispatcher, RunEnded
from models.scheduling.lease import AcquireLock, ReleaseLock, RenewLock
from models.scheduling.lock import Granted, LockServer
from models.scheduling.node import NodeAction, SchedulerNode
from models.scheduling.pool import ExecutorPool, RunOrder
from models.scheduling.runs import RunStore
from models.scheduling.scheduler import CancelRun, OpenRuns, Skipped, StartRun
from models.scheduling.tasks import RunKey, SleepHandler

LOCK = LockConfig("a", drift_ratio=0.0)
JOBS = (
    JobConfig("all", "* * * * *", Deterministic(0), misfire=Misfire.FIRE_ALL),
    JobConfig("once", "* * * * *", Deterministic(0), overlap=Overlap.FORBID),
    JobConfig("replace", "*/2 * * * *", Deterministic(0), overlap=Overlap.REPLACE),
    JobConfig("free", "* * * * *", Deterministic(0), overlap=Overlap.ALLOW),
)
OFFSETS = {"n1": 0, "n2": 3 * NS_PER_S, "n3": -4 * NS_PER_S}
NODES = st.sampled_from(sorted(OFFSETS))


class SchedulersAndStore(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.lives: Counter[str] = Counter()
        self.server = LockServer()
        self.store = RunStore()
        self.pool = ExecutorPool(
            [ExecutorConfig("x", "a", 4), ExecutorConfig("y", "b", 4)],
            {"sleep": SleepHandler()},
            queue_limit=1,
        )
        self.dispatcher = RunDispatcher(JOBS, self.store, self.pool)
        self.wire: list[Callable[[], None]] = []
        self.placed: Counter[RunKey] = Counter()
        self.running: dict[RunKey, tuple[str, int]] = {}
        self.nodes = {name: self.new_node(name) for name in OFFSETS}

    def new_node(self, name: str) -> SchedulerNode:
        self.lives[name] += 1
        owner = f"{name}#{self.lives[name]}"
        return SchedulerNode(owner, LOCK, JOBS, start=self.now, created_wall=0)

    def post(self, name: str, actions: tuple[NodeAction, ...]) -> None:
        self.wire += [partial(self.serve, name, self.lives[name], action) for action in actions]

    def reply(self, name: str, life: int, verb: Callable[[SchedulerNode], object]) -> None:
        self.wire.append(partial(self.deliver, name, life, verb))

    def deliver(self, name: str, life: int, verb: Callable[[SchedulerNode], object]) -> None:
        if life == self.lives[name]:
            actions = verb(self.nodes[name])
            if isinstance(actions, tuple):
                self.post(name, actions)

    def serve(self, name: str, life: int, action: NodeAction) -> None:
        match action:
            case AcquireLock(lock, owner, ttl_ns, sent_ns):
                answer = self.server.acquire(
                    lock, owner, ttl_ns=ttl_ns, now=self.now, request=sent_ns
                )
                self.answer_lock(name, life, answer, 0, sent_ns)
            case RenewLock(lock, owner, token, sent_ns):
                answer = self.server.renew(lock, owner, token, now=self.now)
                self.answer_lock(name, life, answer, token, sent_ns)
            case ReleaseLock(lock, owner, token):
                self.server.release(lock, owner, token, now=self.now)
            case OpenRuns(token):
                history = self.dispatcher.open(action)
                self.reply(name, life, lambda n: n.runs_opened(token, history, now=self.now))
            case StartRun():
                started, actions = self.dispatcher.start(action, now=self.now)
                self.reply(name, life, lambda n: n.start_answered(started, now=self.now))
                self.settle(actions)
            case CancelRun():
                self.settle(self.dispatcher.cancel(action, now=self.now))
            case Skipped():
                self.dispatcher.skip(action)

    def answer_lock(self, name: str, life: int, answer: object, token: int, sent_ns: int) -> None:
        if isinstance(answer, Granted):
            granted = answer.token
            self.reply(name, life, lambda n: n.lock_granted(granted, sent_ns=sent_ns, now=self.now))
        else:
            self.reply(name, life, lambda n: n.lock_refused(token, now=self.now))

    def settle(self, actions: tuple[DispatchAction, ...]) -> None:
        for action in actions:
            match action:
                case RunOrder(executor, task, attempt):
                    self.placed[task.key] += 1
                    self.running[task.key] = (executor, attempt)
                case RunEnded(job, tick, _, revision):
                    self.running.pop(RunKey(job, tick), None)
                    for name in OFFSETS:
                        self.reply(
                            name,
                            self.lives[name],
                            partial(
                                SchedulerNode.run_ended,
                                job=job,
                                scheduled_ns=tick,
                                revision=revision,
                            ),
                        )

    @rule(seconds=st.integers(1, 20))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds * NS_PER_S

    @rule(seconds=st.integers(20, 200))
    def long_pause(self, seconds: int) -> None:
        self.now += seconds * NS_PER_S

    @rule(name=NODES)
    def node_wakes(self, name: str) -> None:
        node = self.nodes[name]
        self.post(name, node.tick(now=self.now, wall=self.now + OFFSETS[name]))

    @rule(name=NODES)
    def node_crashes(self, name: str) -> None:
        self.nodes[name] = self.new_node(name)

    @rule(count=st.integers(1, 12))
    def messages_arrive_in_order(self, count: int) -> None:
        for _ in range(min(count, len(self.wire))):
            self.wire.pop(0)()

    @rule(index=st.integers(0, 30), keep=st.booleans())
    def message_arrives_out_of_turn(self, index: int, keep: bool) -> None:
        if self.wire:
            place = index % len(self.wire)
            message = self.wire[place] if keep else self.wire.pop(place)
            message()

    @rule(index=st.integers(0, 30))
    def message_is_lost(self, index: int) -> None:
        if self.wire:
            self.wire.pop(index % len(self.wire))

    @rule()
    def run_succeeds(self) -> None:
        if self.running:
            key, (executor, attempt) = next(iter(self.running.items()))
            self.settle(
                self.dispatcher.settle(
                    self.pool.finished(executor, key, attempt, is_success=True, now=self.now)
                )
            )

    @invariant()
    def no_tick_is_placed_twice(self) -> None:
        # theory.json cron-dedup: runs per tick = 1, regardless of skew
        assert all(count == 1 for count in self.placed.values())

    @invariant()
    def forbidden_overlap_never_happens(self) -> None:
        for job in ("all", "once"):
            assert sum(key.job == job for key in self.running) <= 1

    def teardown(self) -> None:
        """The faults stop: whoever comes to lead decides every tick there was."""
        for _ in range(120):
            self.now += NS_PER_S
            for name in OFFSETS:
                self.node_wakes(name)
            while self.wire:
                self.wire.pop(0)()
            for _ in range(len(self.running)):
                self.run_succeeds()
        history = self.store.open(10**9)
        assert history is not None
        horizon = self.now - 30 * NS_PER_S
        due = {
            tick
            for tick in range(NS_PER_MINUTE, horizon, NS_PER_MINUTE)
            if tick > horizon - 20 * NS_PER_MINUTE
        }
        decided = {runs.job: set(runs.decided) for runs in history.jobs}
        assert not due - decided["all"]
        assert not {tick for tick in due if self.placed[RunKey("all", tick)] != 1}
        for job in ("once", "free"):
            assert max(decided[job]) >= max(due)
        self.no_tick_is_placed_twice()


TestSchedulersAndStore = SchedulersAndStore.TestCase
TestSchedulersAndStore.settings = settings(
    derandomize=True, deadline=None, max_examples=40, stateful_step_count=40
)


def test_leader_that_dies_mid_run_leaves_each_tick_with_one_run() -> None:
    world = SchedulersAndStore()
    for second in range(10 * 60):
        world.now = second * NS_PER_S
        if second == 185:
            leader = next(
                name for name, node in world.nodes.items() if node.holder.leads(now=world.now)
            )
            world.node_crashes(leader)
        for name in OFFSETS:
            world.node_wakes(name)
        world.messages_arrive_in_order(len(world.wire))
        world.messages_arrive_in_order(len(world.wire))
        world.run_succeeds()
    world.no_tick_is_placed_twice()
    for job in ("all", "once", "free"):
        ticks = sorted(key.scheduled_ns for key in world.placed if key.job == job)
        assert ticks[:9] == [minute * NS_PER_MINUTE for minute in range(1, 10)]
