"""From Python: load, change a value, run, look, keep, open again."""

from pathlib import Path

import numpy as np
import pytest

from models.base.errors import SpecError
from reports.figures.catalogue import UnknownFigureError
from scenarios.session import Run, Scenario
from tests.scenarios.shell import SMALL


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.load(SMALL)


@pytest.fixture(scope="module")
def run(scenario: Scenario) -> Run:
    return scenario.run()


def test_a_run_has_a_frame_of_everything(run: Run) -> None:
    assert len(run.requests) == run.record.counts.offered > 500
    assert len(run.attempts) >= len(run.requests) - run.record.counts.rejected
    assert set(run.events.kind) >= {"fault_started", "fault_ended", "view_dropped"}
    assert set(run.samples.metric) >= {"world_queue_length"}
    for frame in (run.alerts, run.logs, run.jobs, run.costs):
        assert len(frame) == 0


def test_frames_agree_with_the_counts(run: Run) -> None:
    counts = run.requests.groupby("outcome").size()
    assert counts["completed"] == run.record.counts.completed


def test_the_same_seed_gives_the_same_run(scenario: Scenario, run: Run) -> None:
    assert scenario.run().digest == run.digest
    assert scenario.run(seed=5).digest == run.digest
    assert scenario.run(seed=6).digest != run.digest
    assert scenario.run(shuffle_ties=True).digest != run.digest


def test_changing_a_value_leaves_the_original_alone(scenario: Scenario, run: Run) -> None:
    calm = scenario.with_values({"traffic.users.arrivals.rate": "5/s"})
    assert len(calm.run().requests) < len(run.requests) / 5
    assert scenario.loaded.overrides == ()


def test_changes_add_up_and_the_last_one_wins(scenario: Scenario) -> None:
    changed = scenario.with_values({"seed": 1}).with_values({"seed": 2, "time.settle": "1s"})
    assert changed.loaded.seed == 2
    assert changed.loaded.blueprint.phases.settle_ns == 1_000_000_000


@pytest.mark.parametrize(
    ("path", "value", "written"),
    [
        ("seed", 9, "seed=9"),
        ("seed", np.int64(9), "seed=9"),
        ("question", "Does it hold?", "question=Does it hold?"),
        ("question", "yes: no # maybe", 'question="yes: no # maybe"'),
        ("question", "true", 'question="true"'),
        ("question", "[", 'question="["'),
        ("question", "", 'question=""'),
        ("question", "2026-03-02", 'question="2026-03-02"'),
        ("faults", [], "faults=[]"),
        ("discovery", None, "discovery=null"),
        ("traffic.users.arrivals", {"rate": "5/s"}, 'traffic.users.arrivals={"rate": "5/s"}'),
    ],
)
def test_values_are_written_so_that_the_line_that_replays_reads_them_back(
    path: str, value: object, written: str, scenario: Scenario
) -> None:
    base = scenario.with_values({"expect": [], "faults": []})
    changed = base.with_values({path: value})
    assert changed.loaded.overrides[-1] == written
    if path == "question":
        assert changed.loaded.blueprint.question == value


def test_a_path_object_names_a_file(scenario: Scenario, tmp_path: Path) -> None:
    profile = tmp_path / "load.csv"
    rows = [f"2026-01-01 00:00:{second:02d},10" for second in range(0, 60, 10)]
    profile.write_text("\n".join(["timestamp,value", *rows]))
    arrivals = {"profile": str(profile), "per": "1s"}
    changed = scenario.with_values({"traffic.users.arrivals": arrivals})
    again = changed.with_values({"traffic.users.arrivals.profile": profile})
    assert again.run().digest == changed.run().digest


def test_what_cannot_stand_in_a_file_is_refused(scenario: Scenario) -> None:
    with pytest.raises(TypeError, match="a set cannot stand in a scenario"):
        scenario.with_values({"seed": {1}})


def test_a_wrong_value_is_located(scenario: Scenario) -> None:
    with pytest.raises(SpecError, match=r"--set seed=-1: error: seed"):
        scenario.with_values({"seed": -1})


def test_figures_draw_themselves(run: Run) -> None:
    assert run.figure("load-latency").png().startswith(b"\x89PNG")
    with pytest.raises(UnknownFigureError, match="load-latency"):
        run.figure("mood")


def test_a_run_tells_verdict_digest_and_replay_line(run: Run) -> None:
    text = str(run)
    assert text.startswith("small: PASSED. All 2 expectations hold.")
    assert run.digest in text
    assert text.endswith(run.record.replay)
    assert run.verdict_table() in text
    assert run._repr_html_().startswith("<pre>small: PASSED")


def test_a_notebook_shows_no_markup_of_the_users(scenario: Scenario) -> None:
    sneaky = scenario.with_values({"question": "<script>alert(1)</script>"}).run()
    assert "<script>" not in sneaky._repr_html_()


def test_a_kept_run_is_opened_again_with_the_same_frames(run: Run, tmp_path: Path) -> None:
    again = Run.open(run.save(tmp_path / "kept"))
    assert again.digest == run.digest
    assert again.passed is run.passed is True
    assert again.attempts.equals(run.attempts)
    assert again.events.equals(run.events)


def test_a_kept_run_can_be_kept_elsewhere_with_its_inputs(
    scenario: Scenario, tmp_path: Path
) -> None:
    profile = tmp_path / "load.csv"
    rows = [f"2026-01-01 00:00:{second:02d},10" for second in range(0, 60, 10)]
    profile.write_text("\n".join(["timestamp,value", *rows]))
    arrivals = {"profile": str(profile), "per": "1s"}
    run = scenario.with_values({"traffic.users.arrivals": arrivals}).run()
    first = Run.open(run.save(tmp_path / "first"))
    first.save(tmp_path / "second")
    kept = {path.relative_to(tmp_path / "first") for path in (tmp_path / "first").rglob("*")}
    assert kept == {
        path.relative_to(tmp_path / "second") for path in (tmp_path / "second").rglob("*")
    }
    assert Path("files/set/load.csv") in kept


def test_a_directory_of_the_users_is_never_overwritten(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SpecError, match="not a run"):
        run.save(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_the_report_is_one_file(run: Run, tmp_path: Path) -> None:
    path = run.report(tmp_path / "out.html")
    assert run.digest in path.read_text(encoding="utf-8")


def test_a_violated_expectation_is_no_pass(scenario: Scenario) -> None:
    assert not scenario.with_values({"expect[1].within": "1ms"}).run().passed
