"""Loading as a whole: overrides, variants, alternatives, and loading again from a kept run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.base.errors import SpecError
from models.base.time import NS_PER_MINUTE, NS_PER_MS
from scenarios.load import LoadedScenario, load, load_kept
from scenarios.source.problems import ScenarioError
from tests.scenarios.edited import (
    ARRIVALS,
    LAST_LINE,
    TWO_TIER,
    load_edited,
    messages,
    write_edited,
)

ROOT = Path(__file__).parents[2]
ALTERNATIVES = """\
alternatives:
  bigger: {set: {services.frontend.instances.count: 6, "edges[frontend -> catalog].timeout": 300ms}}
  slower: {set: {traffic.shoppers.arrivals: {rate: 1/s}}}
"""


def keep(loaded: LoadedScenario, directory: Path) -> Path:
    directory.mkdir()
    (directory / "scenario.yaml").write_text(loaded.text, encoding="utf-8")
    for name, content in loaded.files.items():
        path = directory / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return directory


def test_a_scenario_carries_its_text_seed_and_path():
    loaded = load(TWO_TIER)
    assert loaded.path == TWO_TIER
    assert loaded.text == TWO_TIER.read_text(encoding="utf-8")
    assert loaded.seed == 7
    assert loaded.overrides == ()
    assert loaded.files == {}


def test_a_missing_file_is_an_error_of_the_system():
    with pytest.raises(FileNotFoundError):
        load("nowhere.yaml")


def test_overrides_are_recorded_in_order_and_take_effect():
    overrides = ["seed=1", "services.frontend.slots=3", "seed=2"]
    loaded = load(TWO_TIER, overrides)
    assert loaded.overrides == tuple(overrides)
    assert loaded.seed == 2
    assert loaded.blueprint.services[0].slots == 3


def test_errors_of_the_file_and_of_overrides_are_shown_together_the_file_s_first(tmp_path):
    path = write_edited(tmp_path, ("    slots: 16", "    slots: 0"))
    with pytest.raises(ScenarioError) as caught:
        load(path, ["time.measure=5", "bogus", "faults[0].at=10m"])
    lines = [problem.headline() for problem in caught.value.problems]
    assert [line.split("error: ")[1].split(":")[0] for line in lines] == [
        "services.frontend.slots",
        "time.measure",
        "expected path=value, for example time.measure=5m",
    ]
    assert lines[1].startswith("--set time.measure=5: error: ")


def test_an_override_is_checked_against_the_rest_like_the_file():
    with pytest.raises(ScenarioError) as caught:
        load(TWO_TIER, ["faults[0].at=10m"])
    assert str(caught.value) == (
        "--set faults[0].at=10m: error: faults[0].at:"
        " strikes 10m into measure, which is over after 2m"
    )


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path):
    path = tmp_path / "windows.yaml"
    text = TWO_TIER.read_text(encoding="utf-8").replace("\n", "\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load(path).spec_digest == load(TWO_TIER).spec_digest


def test_a_variant_states_only_its_difference(tmp_path):
    write_edited(tmp_path).rename(tmp_path / "base.yaml")
    variant = tmp_path / "variant.yaml"
    variant.write_text(
        "version: 1\nextends: base.yaml\nscenario: mended\n"
        "edges: {frontend -> catalog: {timeout: 1s}}\nfaults: []\nexpect: []\n"
    )
    loaded = load(variant)
    assert loaded.blueprint.name == "mended"
    edge = loaded.blueprint.edges[1]
    assert (edge.timeout_ns, edge.retry.retries) == (1000 * NS_PER_MS, 2)
    assert loaded.blueprint.faults == ()
    assert set(loaded.files) == {"scenario/base.yaml", "index.json"}


def test_errors_in_a_base_are_located_in_the_base(tmp_path):
    write_edited(tmp_path, ("    slots: 16", "    slots: 0")).rename(tmp_path / "base.yaml")
    (tmp_path / "v.yaml").write_text("version: 1\nextends: base.yaml\nseed: -1\n")
    with pytest.raises(ScenarioError) as caught:
        load(tmp_path / "v.yaml")
    places = [(Path(p.mark.source.name).name, p.mark.line) for p in caught.value.problems]
    assert places == [("v.yaml", 3), ("base.yaml", 20)]


def test_a_base_that_cannot_be_found_is_the_only_error(tmp_path):
    (tmp_path / "v.yaml").write_text("version: 1\nextends: gone.yaml\nseed: -1\n")
    with pytest.raises(ScenarioError) as caught:
        load(tmp_path / "v.yaml")
    assert [p.message for p in caught.value.problems] == [
        "cannot read 'gone.yaml': No such file or directory"
    ]


def test_alternatives_are_whole_scenarios_with_their_own_values(tmp_path):
    loaded = load_edited(tmp_path, (LAST_LINE, LAST_LINE + ALTERNATIVES))
    (name, bigger), (_, slower) = loaded.alternatives()
    assert name == "bigger"
    assert len(bigger.blueprint.services[0].instances) == 6
    assert bigger.blueprint.edges[1].timeout_ns == 300 * NS_PER_MS
    assert slower.blueprint.sources[0].profile.rates_per_s == (1.0,)
    assert len(loaded.blueprint.services[0].instances) == 3
    assert len({loaded.spec_digest, bigger.spec_digest, slower.spec_digest}) == 3


def test_an_alternative_s_overrides_make_it_from_the_same_file(tmp_path):
    path = write_edited(tmp_path, (LAST_LINE, LAST_LINE + ALTERNATIVES))
    for _, variant in load(path, ["seed=3"]).alternatives():
        assert variant.overrides[0] == "seed=3"
        again = load(path, variant.overrides)
        assert again.spec_digest == variant.spec_digest
        assert again.seed == variant.seed


def test_errors_of_an_alternative_are_located_where_it_is_written(tmp_path):
    edit = ALTERNATIVES.replace("count: 6", "count: 0").replace("{rate: 1/s}", "{rate: 1}")
    shown = messages(tmp_path, (LAST_LINE, LAST_LINE + edit))
    assert [line.split(": ")[0] for line in shown] == ["scenario.yaml:73:53", "scenario.yaml:74:52"]


def test_an_error_of_the_file_is_not_repeated_for_each_alternative(tmp_path):
    shown = messages(
        tmp_path, (LAST_LINE, LAST_LINE + ALTERNATIVES), ("timeout: 4s}", "timeout: 6s}")
    )
    assert len(shown) == 1


def test_a_kept_run_loads_the_same_scenario_without_the_originals(tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    (home / "rules.yml").write_text("groups: [{name: g, rules: [{alert: A, expr: up == 0}]}]\n")
    (home / "load.csv").write_text("timestamp,value\n2026-03-02,60\n")
    (home / "set.csv").write_text("timestamp,value\n2026-03-02,90\n")
    path = write_edited(
        home,
        ("  rules:\n", "  rules:\n    - rule*.yml\n"),
        (ARRIVALS, "{profile: load.csv, per: 1h}"),
        (LAST_LINE, LAST_LINE + ALTERNATIVES),
    )
    path.rename(home / "base.yaml")
    (home / "v.yaml").write_text("version: 1\nextends: base.yaml\nseed: 5\n")
    monkeypatch.chdir(home)
    loaded = load("v.yaml", ["traffic.shoppers.arrivals.profile=set.csv"])
    run = keep(loaded, tmp_path / "run")
    for original in home.iterdir():
        original.unlink()
    monkeypatch.chdir(tmp_path)
    again = load_kept(run, loaded.overrides)
    assert again.blueprint == loaded.blueprint
    assert again.expectations == loaded.expectations
    assert again.spec_digest == loaded.spec_digest
    assert [name for name, _ in again.alternatives()] == ["bigger", "slower"]


def test_a_kept_run_without_its_files_says_what_is_missing(tmp_path):
    (tmp_path / "load.csv").write_text("timestamp,value\n2026-03-02,60\n")
    loaded = load_edited(tmp_path, (ARRIVALS, "{profile: load.csv, per: 1h}"))
    run = keep(loaded, tmp_path / "run")
    (run / "files" / "scenario" / "load.csv").unlink()
    with pytest.raises(SpecError, match=r"cannot read 'load\.csv'"):
        load_kept(run)


def test_names_that_yaml_1_1_would_change_stay_names(tmp_path):
    loaded = load_edited(
        tmp_path,
        ("[a, b, c]", "[on, no, y]"),
        ("discovery: {zone: a", "discovery: {zone: on"),
        ("alerting:\n  zone: a", "alerting:\n  zone: no"),
    )
    assert loaded.blueprint.zones == ("on", "no", "y")


def test_time_may_be_given_as_one_section_in_set():
    loaded = load(TWO_TIER, ["time={measure: 5m, settle: 1m}", "expect=[]"])
    assert loaded.blueprint.phases.measure_ns == 5 * NS_PER_MINUTE
    assert loaded.blueprint.phases.warm_up_ns == 0


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios" / "library").rglob("*.yaml")), ids=str)
def test_every_scenario_of_the_library_loads(path):
    assert load(path).expectations


IMPORTS = """
import sys
from scenarios.load import load
load(sys.argv[1])
names = {"pandas", "matplotlib", "scipy", "simpy", "jinja2", "click", "rich"}
print(sorted(names & set(sys.modules)))
"""
BLUEPRINT_IMPORTS = "import sys, sim.blueprint; print('numpy' in sys.modules)"


def run_python(code: str, *arguments: str, hash_seed: str = "0") -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_loading_imports_nothing_heavy():
    assert run_python(IMPORTS, str(TWO_TIER)) == "[]"


def test_describing_a_world_does_not_need_numpy():
    assert run_python(BLUEPRINT_IMPORTS) == "False"


def test_the_digest_does_not_depend_on_the_hash_seed():
    code = "import sys; from scenarios.load import load; print(load(sys.argv[1]).spec_digest)"
    digests = {run_python(code, str(TWO_TIER), hash_seed=seed) for seed in ("1", "2")}
    assert digests == {load(TWO_TIER).spec_digest}
