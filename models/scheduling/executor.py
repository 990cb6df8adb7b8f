"""The executor's side: take on what fits, run each try once, refuse what has been overtaken."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from models.base.errors import ConfigError, SimulationError
from models.scheduling.tasks import Handler, HandlerResult, RunKey, Task


class Admission(StrEnum):
    """What an executor says to an order.

    ``OVERTAKEN``: it has seen a later try or a higher token of the same run.
    """

    STARTED = "started"
    DUPLICATE = "duplicate"
    BUSY = "busy"
    UNKNOWN_KIND = "unknown_kind"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class Work:
    """A try that is running here."""

    task: Task
    attempt: int


class Executor:
    """Runs up to ``capacity`` tasks at once with the handlers it has.

    An order delivered twice is run once and gets the same answer, and an order or a stop that
    arrives after a later one of the same run is refused: tries are fenced by (token, attempt).
    Memory of past runs is bounded by ``history_limit``, oldest forgotten first.
    """

    def __init__(
        self,
        name: str,
        capacity: int,
        handlers: Mapping[str, Handler],
        *,
        history_limit: int = 10_000,
    ) -> None:
        """Start idle.

        Raises:
            ConfigError: capacity below 1.
        """
        if capacity < 1:
            raise ConfigError(f"executor '{name}' needs a capacity of at least 1")
        self.name = name
        self._capacity = capacity
        self._handlers = handlers
        self._history_limit = history_limit
        self._running: dict[RunKey, Work] = {}
        self._seen: dict[RunKey, tuple[tuple[int, int], Admission]] = {}

    @property
    def running(self) -> tuple[Work, ...]:
        """What runs here now, oldest first."""
        return tuple(self._running.values())

    def accept(self, task: Task, attempt: int) -> Admission:
        """Take on a try if it is new, known and fits; only ``STARTED`` starts anything."""
        order = (task.token, attempt)
        seen, answer = self._seen.get(task.key, ((0, 0), Admission.BUSY))
        if order < seen:
            return Admission.OVERTAKEN
        if order == seen:
            return Admission.DUPLICATE if answer is Admission.STARTED else answer
        answer = self._admission(task)
        self._remember(task.key, order, answer)
        if answer is Admission.STARTED:
            self._running[task.key] = Work(task, attempt)
        return answer

    def complete(self, key: RunKey, attempt: int) -> HandlerResult | None:
        """The time of a try is up: run its handler and free its place.

        None if that try no longer runs here.

        Raises:
            SimulationError: the handler of a running task is gone.
        """
        work = self._running.get(key)
        if work is None or work.attempt != attempt:
            return None
        del self._running[key]
        handler = self._handlers.get(work.task.kind)
        if handler is None:
            raise SimulationError(f"executor '{self.name}' lost its '{work.task.kind}' handler")
        return handler.run(work.task.payload, attempt=attempt)

    def stop(self, key: RunKey, token: int, attempt: int) -> bool:
        """Drop a try, and refuse its order should that arrive later; False if it did not run."""
        work = self._running.get(key)
        seen, _ = self._seen.get(key, ((0, 0), Admission.BUSY))
        if (token, attempt) >= seen:
            self._remember(key, (token, attempt), Admission.OVERTAKEN)
        if work is None or (work.task.token, work.attempt) > (token, attempt):
            return False
        del self._running[key]
        return True

    def crash(self) -> None:
        """Forget everything, as a process that dies does."""
        self._running.clear()
        self._seen.clear()

    def _admission(self, task: Task) -> Admission:
        if task.kind not in self._handlers:
            return Admission.UNKNOWN_KIND
        if task.key not in self._running and len(self._running) >= self._capacity:
            return Admission.BUSY
        return Admission.STARTED

    def _remember(self, key: RunKey, order: tuple[int, int], answer: Admission) -> None:
        self._seen.pop(key, None)
        self._seen[key] = (order, answer)
        while len(self._seen) > self._history_limit:
            del self._seen[next(iter(self._seen))]
