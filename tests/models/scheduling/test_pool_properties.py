"""The pool against a naive model: lists, counts and a flat scan.

Goal: whatever is submitted, reported, lost and cancelled, no executor holds more than it can or
anything while dead, no task waits while an executor has room, every task ends once, and none is
tried more often than allowed.
"""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from models.scheduling.config import ExecutorConfig
from models.scheduling.executor import Admission
from models.scheduling.pool import (
    ExecutorPool,
    PoolAction,
    RunOrder,
    Submission,
    TaskEnded,
    TryEnded,
)
from models.scheduling.tasks import FINAL_STATUSES, RunKey, SleepHandler, Task, TaskStatus

CAPACITY = {"x0": 1, "x1": 2, "x2": 1}
NAMES = st.sampled_from(sorted(CAPACITY))


class PoolAgainstModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        configs = [ExecutorConfig(name, "a", capacity) for name, capacity in CAPACITY.items()]
        self.pool = ExecutorPool(configs, {"sleep": SleepHandler()}, queue_limit=5)
        self.now = 0
        self.dead: set[str] = set()
        self.tasks: dict[RunKey, Task] = {}
        self.placed: dict[RunKey, tuple[str, int]] = {}
        self.counted: Counter[RunKey] = Counter()
        self.ends: Counter[RunKey] = Counter()

    def apply(self, actions: tuple[PoolAction, ...]) -> None:
        for action in actions:
            match action:
                case TryEnded(result):
                    assert self.placed.pop(result.key) == (result.executor, result.attempt)
                    self.counted[result.key] += 1
                case TaskEnded(key):
                    self.ends[key] += 1
                case RunOrder(executor, task, attempt):
                    self.check_choice(executor)
                    self.placed[task.key] = (executor, attempt)

    def load(self, name: str) -> int:
        return sum(executor == name for executor, _ in self.placed.values())

    def check_choice(self, executor: str) -> None:
        assert executor not in self.dead
        assert self.load(executor) < CAPACITY[executor]
        share = self.load(executor) / CAPACITY[executor]
        for other in CAPACITY.keys() - self.dead:
            assert share <= self.load(other) / CAPACITY[other]

    @rule(number=st.integers(0, 12), retries=st.integers(0, 2))
    def submit(self, number: int, retries: int) -> None:
        task = Task(
            RunKey("job", number),
            "sleep",
            token=1,
            timeout_ns=50,
            retries=retries,
            backoff_ns=10,
        )
        submission, actions = self.pool.submit(task, now=self.now)
        assert (submission is Submission.DUPLICATE) == (task.key in self.tasks)
        if submission is Submission.ACCEPTED:
            self.tasks[task.key] = task
        self.apply(actions)

    @rule(index=st.integers(0, 3), is_success=st.booleans())
    def report(self, index: int, is_success: bool) -> None:
        if self.placed:
            key = list(self.placed)[index % len(self.placed)]
            executor, attempt = self.placed[key]
            self.apply(
                self.pool.finished(executor, key, attempt, is_success=is_success, now=self.now)
            )

    @rule(number=st.integers(0, 12), attempt=st.integers(1, 3), name=NAMES)
    def report_out_of_turn(self, number: int, attempt: int, name: str) -> None:
        key = RunKey("job", number)
        if self.placed.get(key) == (name, attempt):
            return
        before = self.pool.status(key)
        self.apply(self.pool.finished(name, key, attempt, is_success=True, now=self.now))
        assert self.pool.status(key) is before

    @rule(index=st.integers(0, 3))
    def executor_is_busy(self, index: int) -> None:
        if self.placed:
            key = list(self.placed)[index % len(self.placed)]
            executor, attempt = self.placed.pop(key)
            self.apply(self.pool.admitted(executor, key, attempt, Admission.BUSY, now=self.now))

    @rule(name=NAMES)
    def lose(self, name: str) -> None:
        self.dead.add(name)
        self.apply(self.pool.executor_lost(name, now=self.now))

    @rule(name=NAMES)
    def hear(self, name: str) -> None:
        self.dead.discard(name)
        self.apply(self.pool.heard(name, now=self.now))

    @rule(number=st.integers(0, 12))
    def cancel(self, number: int) -> None:
        self.apply(self.pool.cancel(RunKey("job", number), now=self.now))

    @rule(step=st.integers(1, 30))
    def time_passes(self, step: int) -> None:
        self.now += step
        self.apply(self.pool.tick(now=self.now))

    @invariant()
    def nothing_waits_while_there_is_room(self) -> None:
        room = any(self.load(name) < CAPACITY[name] for name in CAPACITY.keys() - self.dead)
        assert not (room and self.pool.queued)

    @invariant()
    def pool_and_model_agree_on_who_runs_what(self) -> None:
        for name in CAPACITY:
            expected = {key for key, (executor, _) in self.placed.items() if executor == name}
            assert set(self.pool.running_on(name)) == expected

    @invariant()
    def every_task_ends_once_within_its_tries(self) -> None:
        for key, task in self.tasks.items():
            status = self.pool.status(key)
            assert self.ends[key] == (status in FINAL_STATUSES)
            assert self.counted[key] <= task.retries + 1
            assert (status is TaskStatus.RUNNING) == (key in self.placed)

    @invariant()
    def next_deadline_is_in_the_future_after_a_tick(self) -> None:
        self.apply(self.pool.tick(now=self.now))
        deadline = self.pool.next_deadline()
        assert deadline is None or deadline > self.now


TestPoolAgainstModel = PoolAgainstModel.TestCase
TestPoolAgainstModel.settings = settings(
    derandomize=True, deadline=None, max_examples=60, stateful_step_count=40
)
