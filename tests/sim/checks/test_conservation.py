"""Each law is seen to catch the violation it is there for, and to let honest work pass."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.base.distributions import Deterministic
from models.base.errors import InvariantViolation
from models.base.outcome import Outcome, RequestOutcome
from models.faults.plan import Fault, ZoneOutage
from models.records.table import Table
from sim.checks.conservation import check_conservation, check_drained, check_slots
from sim.world import DRAIN_NS, World, build
from tests.sim.worlds import MS, S, blueprint, edge, service


@pytest.fixture(scope="module")
def tables() -> tuple[Table, Table]:
    plan = blueprint(
        [service("front", calls=[["back"]]), service("back")],
        [edge("users", "front"), edge("front", "back")],
        rate_per_s=50,
        seconds=2,
    )
    outcome = build(plan, 1).run()
    return outcome.tables[0], outcome.tables[1]


def changed(table: Table, column: str, row: int, value: int) -> Table:
    values = table[column].copy()
    values[row] = value
    return replace(table, numbers={**table.numbers, column: values})


def without_last(table: Table) -> Table:
    return replace(table, numbers={name: array[:-1] for name, array in table.numbers.items()})


def check(requests: Table, attempts: Table, offered: int | None = None) -> None:
    check_conservation(requests, attempts, offered or len(requests), len(attempts))


def test_an_honest_record_passes(tables: tuple[Table, Table]) -> None:
    check(*tables)
    assert len(tables[0]) > 50


def test_a_missing_request_is_noticed(tables: tuple[Table, Table]) -> None:
    with pytest.raises(InvariantViolation, match="requests began but"):
        check(without_last(tables[0]), tables[1], len(tables[0]))


def test_a_missing_attempt_is_noticed(tables: tuple[Table, Table]) -> None:
    with pytest.raises(InvariantViolation, match="attempts began but"):
        check_conservation(tables[0], without_last(tables[1]), len(tables[0]), len(tables[1]))


def test_a_request_recorded_twice_in_place_of_another_is_noticed(
    tables: tuple[Table, Table],
) -> None:
    first = int(tables[0]["id"][0])
    with pytest.raises(InvariantViolation, match="was never recorded"):
        check(changed(tables[0], "id", 1, first), tables[1])


def test_a_number_that_was_never_given_out_is_noticed(tables: tuple[Table, Table]) -> None:
    with pytest.raises(InvariantViolation, match="never began"):
        check(changed(tables[0], "id", 0, len(tables[0])), tables[1])


def test_an_attempt_for_nobody_is_noticed(tables: tuple[Table, Table]) -> None:
    with pytest.raises(InvariantViolation, match="never offered"):
        check(tables[0], changed(tables[1], "request", 0, len(tables[0])))


def test_an_attempt_older_than_its_parent_is_noticed(tables: tuple[Table, Table]) -> None:
    own = int(tables[1]["id"][0])
    with pytest.raises(InvariantViolation, match="older than"):
        check(tables[0], changed(tables[1], "parent", 0, own))


def test_an_attempt_that_serves_another_request_than_its_parent_is_noticed(
    tables: tuple[Table, Table],
) -> None:
    child = int(np.argmax(tables[1]["parent"] != 0xFFFF_FFFF))
    other = (int(tables[1]["request"][child]) + 1) % len(tables[0])
    with pytest.raises(InvariantViolation, match="another request"):
        check(tables[0], changed(tables[1], "request", child, other))


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [(0, "outcome", RequestOutcome.FAILED), (1, "outcome", Outcome.ERROR)],
)
def test_a_request_that_did_not_end_as_its_tries_is_noticed(
    tables: tuple[Table, Table], table: int, column: str, value: int
) -> None:
    requests, attempts = tables
    if table == 0:
        requests = changed(requests, column, 0, value)
    else:
        root = int(np.argmax(attempts["parent"] == 0xFFFF_FFFF))
        attempts = changed(attempts, column, root, value)
    with pytest.raises(InvariantViolation, match="successful tries"):
        check(requests, attempts)


def test_a_slot_held_by_nobody_is_noticed() -> None:
    world = idle_world()
    world.instances[0].free_slots -= 1
    with pytest.raises(InvariantViolation, match="holds 1 slots for 0 jobs"):
        check_slots(world.instances, 0)


def test_a_slot_that_lies_idle_while_someone_waits_is_noticed() -> None:
    world = idle_world()
    waiting: Any = object()
    world.instances[0]._queue.append(waiting)
    with pytest.raises(InvariantViolation, match="free slots while 1 wait"):
        check_slots(world.instances, 0)


def idle_world() -> World:
    return build(blueprint([service("shop")], [edge("users", "shop")], rate_per_s=0), 1)


def test_work_that_nothing_will_end_is_noticed() -> None:
    world = idle_world()
    forgotten: Any = object()
    world.instances[0].jobs[7] = forgotten
    with pytest.raises(InvariantViolation, match="nothing will end"):
        check_drained(world.instances, world.kernel.agenda, 0)


def test_work_longer_than_the_drain_breaks_no_law() -> None:
    plan = blueprint(
        [service("shop", work=Deterministic(2 * DRAIN_NS))], [edge("users", "shop")], seconds=2
    )
    assert build(plan, 1).run().counts.completed == 0


def test_work_that_waits_for_longer_work_breaks_no_law() -> None:
    plan = blueprint(
        [
            service("front", calls=[["back"]]),
            service("back", work=Deterministic(2 * DRAIN_NS)),
        ],
        [edge("users", "front"), edge("front", "back", timeout_ns=10 * DRAIN_NS)],
        seconds=2,
    )
    assert build(plan, 1).run().counts.offered > 0


def test_a_call_without_time_out_whose_answer_was_lost_breaks_no_law() -> None:
    plan = blueprint(
        [
            service("front", count=1, slots=500, calls=[["back"]]),
            service("back", count=2, slots=500, work=Deterministic(400 * MS)),
        ],
        [edge("users", "front", timeout_ns=0), edge("front", "back", timeout_ns=0)],
        seconds=4,
        faults=[Fault("outage", 2 * S, S, ZoneOutage("b"))],
    )
    counts = build(plan, 1).run().counts
    assert counts.in_flight > 20
