from collections.abc import Mapping

import pytest

from models.base.errors import ConfigError, SimulationError
from models.scheduling.executor import Admission, Executor
from models.scheduling.tasks import Handler, HandlerResult, RunKey, SleepHandler, Task


class Echo:
    def refusal(self, payload: Mapping[str, str]) -> str | None:
        return None if "to" in payload else "no 'to'"

    def run(self, payload: Mapping[str, str], *, attempt: int) -> HandlerResult:
        return HandlerResult(is_success=attempt > 1, message=payload.get("to", ""))


def task(number: int, *, token: int = 1, kind: str = "sleep") -> Task:
    return Task(RunKey("job", number), kind, token, 100, payload={"to": "me"})


def executor(capacity: int = 1, *, history_limit: int = 100) -> Executor:
    handlers: dict[str, Handler] = {"sleep": SleepHandler(), "echo": Echo()}
    return Executor("x", capacity, handlers, history_limit=history_limit)


def test_takes_on_as_much_as_its_capacity() -> None:
    worker = executor(2)
    answers = [worker.accept(task(number), 1) for number in range(3)]
    assert answers == [Admission.STARTED, Admission.STARTED, Admission.BUSY]


def test_order_delivered_twice_runs_once() -> None:
    worker = executor(2)
    worker.accept(task(1), 1)
    assert worker.accept(task(1), 1) is Admission.DUPLICATE
    assert len(worker.running) == 1
    worker.complete(RunKey("job", 1), 1)
    assert worker.accept(task(1), 1) is Admission.DUPLICATE
    assert worker.running == ()


def test_order_refused_as_busy_stays_refused_when_repeated() -> None:
    worker = executor(1)
    worker.accept(task(1), 1)
    worker.accept(task(2), 1)
    worker.complete(RunKey("job", 1), 1)
    assert worker.accept(task(2), 1) is Admission.BUSY
    assert worker.accept(task(2), 2) is Admission.STARTED


def test_unknown_kind_is_refused() -> None:
    assert executor().accept(task(1, kind="nope"), 1) is Admission.UNKNOWN_KIND


@pytest.mark.parametrize(("token", "attempt"), [(2, 1), (1, 9)])
def test_earlier_try_or_lower_token_of_a_run_is_overtaken(token: int, attempt: int) -> None:
    worker = executor(2)
    worker.accept(task(1, token=2), 2)
    assert worker.accept(task(1, token=token), attempt) is Admission.OVERTAKEN


def test_later_try_takes_the_place_of_the_earlier_even_when_full() -> None:
    worker = executor(1)
    worker.accept(task(1), 1)
    assert worker.accept(task(1), 2) is Admission.STARTED
    assert [work.attempt for work in worker.running] == [2]
    assert worker.complete(RunKey("job", 1), 1) is None


def test_completion_runs_the_handler_with_payload_and_attempt() -> None:
    worker = executor()
    worker.accept(task(1, kind="echo"), 2)
    assert worker.complete(RunKey("job", 1), 2) == HandlerResult(is_success=True, message="me")
    assert worker.running == ()


def test_stop_frees_the_place_and_bars_the_order_that_comes_late() -> None:
    worker = executor()
    worker.accept(task(1), 1)
    assert worker.stop(RunKey("job", 1), 1, 1) is True
    assert worker.accept(task(2), 1) is Admission.STARTED
    assert worker.stop(RunKey("job", 3), 1, 1) is False
    assert worker.accept(task(3), 1) is Admission.OVERTAKEN


def test_stop_of_an_earlier_try_leaves_the_later_running() -> None:
    worker = executor()
    worker.accept(task(1), 2)
    assert worker.stop(RunKey("job", 1), 1, 1) is False
    assert len(worker.running) == 1


def test_crash_forgets_everything() -> None:
    worker = executor()
    worker.accept(task(1), 1)
    worker.crash()
    assert worker.complete(RunKey("job", 1), 1) is None
    assert worker.accept(task(1), 1) is Admission.STARTED


def test_memory_of_past_runs_is_bounded() -> None:
    worker = executor(1, history_limit=1)
    for number in (1, 2):
        worker.accept(task(number), 1)
        worker.complete(RunKey("job", number), 1)
    assert worker.accept(task(2), 1) is Admission.DUPLICATE
    assert worker.accept(task(1), 1) is Admission.STARTED


def test_handler_taken_away_from_under_a_run_is_our_bug() -> None:
    handlers: dict[str, Handler] = {"sleep": SleepHandler()}
    worker = Executor("x", 1, handlers)
    worker.accept(task(1), 1)
    handlers.clear()
    with pytest.raises(SimulationError):
        worker.complete(RunKey("job", 1), 1)


def test_executor_without_capacity_is_refused() -> None:
    with pytest.raises(ConfigError):
        executor(0)
