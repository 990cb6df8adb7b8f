"""Budgets that end a run; memory is what is held now, not what was held once."""

from pathlib import Path

import pytest

from models.records.record import Verdict
from scenarios.load import load
from scenarios.runs import limits as module
from scenarios.runs.execute import execute
from scenarios.runs.limits import Watch, resident_bytes
from sim.blueprint import Limits
from sim.kernel.environment import Kernel

BLOCK_BYTES = 256 << 20
NEEDS_PROC = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="the system tells only the peak"
)

TWO_TIER = Path(__file__).parents[1] / "files" / "two-tier.yaml"


def watch(*, memory_bytes: int) -> Watch:
    return Watch(Kernel(seed=1), Limits(memory_bytes=memory_bytes), None)


@NEEDS_PROC
def test_memory_given_back_does_not_count_against_the_next_run() -> None:
    block = bytearray(b"x") * BLOCK_BYTES
    held = resident_bytes()
    del block

    assert held >= BLOCK_BYTES
    assert resident_bytes() <= held - BLOCK_BYTES // 2
    assert watch(memory_bytes=held).may_go_on()


def test_a_run_stops_when_it_holds_as_much_as_the_budget() -> None:
    stopped = watch(memory_bytes=1)

    assert not stopped.may_go_on()
    assert stopped.stop_reason == "budget of 1 bytes of memory spent"


def test_a_budget_is_spent_when_it_is_reached_and_not_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "resident_bytes", lambda: 1000)

    assert watch(memory_bytes=1001).may_go_on()
    assert not watch(memory_bytes=1000).may_go_on()


def test_without_a_figure_of_now_the_peak_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "_PAGES_IN_USE", tmp_path / "absent")

    assert resident_bytes() > 1 << 20


def test_a_small_budget_of_events_is_asked_in_small_steps() -> None:
    loaded = load(TWO_TIER, ("limits.events=100",))
    record = execute(loaded)
    assert (record.verdict, record.provenance.events) == (Verdict.STOPPED, 100)


def test_a_stopped_alternative_stops_the_verdict() -> None:
    more = '{more: {set: {traffic.shoppers.arrivals.rate: 2000/s, "limits.events": 50000}}}'
    record = execute(load(TWO_TIER, (f"alternatives={more}",)))
    assert record.verdict is Verdict.STOPPED
    assert record.stop_reason == "a budget stopped the alternative 'more'"
