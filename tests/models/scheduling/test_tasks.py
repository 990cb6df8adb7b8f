from models.scheduling.tasks import FINAL_STATUSES, TASK_TRANSITIONS, SleepHandler


def test_nothing_leaves_a_final_status() -> None:
    assert not FINAL_STATUSES & {state for state, _ in TASK_TRANSITIONS}


def test_every_task_that_starts_can_end() -> None:
    ends = {target for target in TASK_TRANSITIONS.values() if target in FINAL_STATUSES}
    assert ends == FINAL_STATUSES


def test_sleeping_takes_any_payload_and_succeeds() -> None:
    handler = SleepHandler()
    assert handler.refusal({"any": "thing"}) is None
    assert handler.run({}, attempt=1).is_success
