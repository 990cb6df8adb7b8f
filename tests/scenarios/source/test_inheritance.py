from pathlib import Path

import pytest

from scenarios.source.files import DiskFinder, Files
from scenarios.source.inheritance import CHAIN_MAX, merge, resolve_extends
from scenarios.source.marks import Source
from scenarios.source.problems import Problems
from scenarios.source.tree import flatten
from scenarios.source.yaml_reader import read_yaml


def tree(text, name="f.yaml", directory=Path()):
    source = Source(name, "scenario", directory, tuple(text.split("\n")))
    return read_yaml(text, source, Problems())


def merged(base, variant):
    return flatten(merge(tree(base), tree(variant)), Problems()).data


def test_sections_are_merged_key_by_key():
    assert merged("a: {x: 1, y: 2}\nb: 3", "a: {y: 5, z: 6}") == {
        "a": {"x": 1, "y": 5, "z": 6},
        "b": 3,
    }


def test_lists_and_single_values_are_replaced():
    assert merged("a: [1, 2]\nb: {x: 1}", "a: [3]\nb: 4") == {"a": [3], "b": 4}


def test_nothing_takes_a_section_away():
    assert merged("breaker: {open: 5s}", "breaker: null") == {"breaker": None}


def test_another_law_replaces_the_old_one_with_all_its_parameters():
    assert merged(
        "work: {dist: lognormal, p50: 1ms, p99: 9ms}", "work: {dist: exponential, mean: 1ms}"
    ) == {"work": {"dist": "exponential", "mean": "1ms"}}


def test_the_same_law_keeps_the_parameters_not_given():
    assert merged(
        "work: {dist: lognormal, p50: 1ms, p99: 9ms}", "work: {dist: lognormal, p99: 5ms}"
    ) == {"work": {"dist": "lognormal", "p50": "1ms", "p99": "5ms"}}


def test_another_kind_of_arrivals_replaces_the_old_one():
    assert merged("arrivals: {rate: 1/s}", "arrivals: {profile: x.csv, per: 1m}") == {
        "arrivals": {"profile": "x.csv", "per": "1m"}
    }


def test_values_are_located_in_the_file_that_wrote_them():
    base = tree("a: {x: 1, y: 2}", name="base.yaml")
    located = flatten(merge(base, tree("a: {y: 3}")), Problems())
    assert located.value_mark(("a", "x")).source.name == "base.yaml"
    assert located.value_mark(("a", "y")).source.name == "f.yaml"


def resolve(directory, name):
    problems = Problems()
    path = directory / name
    root = tree(path.read_text(), name=str(path), directory=directory)
    whole = resolve_extends(root, Files(DiskFinder(), problems), problems)
    data = None if whole is None else flatten(whole, problems).data
    return data, [problem.message for problem in problems]


def test_a_chain_is_resolved_from_its_far_end(tmp_path):
    (tmp_path / "c.yaml").write_text("x: 1\ny: 1\nz: 1\n")
    (tmp_path / "b.yaml").write_text("extends: c.yaml\ny: 2\nz: 2\n")
    (tmp_path / "a.yaml").write_text("extends: b.yaml\nz: 3\n")
    data, problems = resolve(tmp_path, "a.yaml")
    assert problems == []
    assert data == {"x": 1, "y": 2, "z": 3, "extends": "b.yaml"}


def test_a_base_names_files_relative_to_itself(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "base.yaml").write_text("extends: root.yaml\ny: 2\n")
    (tmp_path / "sub" / "root.yaml").write_text("x: 1\n")
    (tmp_path / "a.yaml").write_text("extends: sub/base.yaml\n")
    assert resolve(tmp_path, "a.yaml")[0]["x"] == 1


def test_a_circle_is_named_and_ends(tmp_path):
    (tmp_path / "a.yaml").write_text("extends: b.yaml\n")
    (tmp_path / "b.yaml").write_text("extends: ./a.yaml\n")
    assert resolve(tmp_path, "a.yaml") == (None, ["'./a.yaml' extends itself in a circle"])


@pytest.mark.parametrize(("bases", "is_fine"), [(CHAIN_MAX, True), (CHAIN_MAX + 1, False)])
def test_a_chain_is_bounded(tmp_path, bases, is_fine):
    for number in range(bases):
        (tmp_path / f"{number}.yaml").write_text(f"extends: {number + 1}.yaml\n")
    (tmp_path / f"{bases}.yaml").write_text("x: 1\n")
    data, problems = resolve(tmp_path, "0.yaml")
    assert (data is not None) is is_fine
    assert problems == ([] if is_fine else ["more than 8 files extend one another"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"- 1\n- 2: [", "not valid YAML"),
        (b"\xff", "the file is not UTF-8"),
        (b"", "the file is empty"),
    ],
)
def test_a_base_that_cannot_be_read_is_reported_in_the_base(tmp_path, content, message):
    (tmp_path / "base.yaml").write_bytes(content)
    (tmp_path / "a.yaml").write_text("extends: base.yaml\n")
    data, problems = resolve(tmp_path, "a.yaml")
    assert data is None
    assert problems[0].startswith(message)
