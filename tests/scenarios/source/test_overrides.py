from pathlib import Path

import pytest

from scenarios.source.marks import Source
from scenarios.source.overrides import PathSyntaxError, apply_changes, parse_path, read_override
from scenarios.source.problems import Problems
from scenarios.source.tree import flatten
from scenarios.source.yaml_reader import read_yaml

BASE = """\
seed: 1
time: {measure: 1m}
edges: {"a -> b": {timeout: 1s}}
faults: [{at: 1s}, {at: 2s}]
nothing:
services: {shop: {slots: 1}}
"""


def changed(*arguments):
    problems = Problems()
    source = Source("f.yaml", "scenario", Path(), tuple(BASE.split("\n")))
    root = read_yaml(BASE, source, problems)
    changes = [
        change
        for number, argument in enumerate(arguments)
        if (change := read_override(argument, number, Path(), problems))
    ]
    located = flatten(apply_changes(root, changes, problems), problems)
    return located, [problem.headline() for problem in problems]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("seed", ("seed",)),
        ("a.b.c", ("a", "b", "c")),
        ("faults[0].at", ("faults", 0, "at")),
        ('edges["a -> b"].timeout', ("edges", "a -> b", "timeout")),
        ("edges[a -> b].timeout", ("edges", "a -> b", "timeout")),
        ('edges."a -> b".timeout', ("edges", "a -> b", "timeout")),
        ("edges.a -> b.timeout", ("edges", "a -> b", "timeout")),
        ('a."x.y"', ("a", "x.y")),
        ('a["x\\"y"]', ("a", 'x"y')),
        ("a[0][1]", ("a", 0, 1)),
        ("a[GET /x.y]", ("a", "GET /x.y")),
    ],
)
def test_paths_are_read(text, path):
    assert parse_path(text) == path


@pytest.mark.parametrize("text", ["", ".a", "a.", "a..b", "a[", "a[]", 'a"b"', "=", "a]"])
def test_what_is_no_path_is_refused(text):
    with pytest.raises(PathSyntaxError):
        parse_path(text)


def test_values_are_yaml():
    located, problems = changed("seed=7", "time.measure=5m", "faults=[]", "nothing={a: [1, no]}")
    assert problems == []
    assert located.data["seed"] == 7
    assert located.data["time"] == {"measure": "5m"}
    assert located.data["faults"] == []
    assert located.data["nothing"] == {"a": [1, "no"]}


def test_the_first_equals_sign_behind_the_path_divides():
    located, _ = changed('edges["a -> b"].timeout="x=y"')
    assert located.data["edges"]["a -> b"]["timeout"] == "x=y"


def test_an_equals_sign_inside_a_quoted_key_does_not_divide():
    located, problems = changed('edges["a = b"].timeout=2s')
    assert problems == []
    assert located.data["edges"]["a = b"] == {"timeout": "2s"}


def test_an_empty_value_is_nothing():
    located, _ = changed("seed=")
    assert located.data["seed"] is None


def test_missing_sections_on_the_way_are_made():
    located, problems = changed("limits.events=5", "nothing.deep.er=1")
    assert problems == []
    assert located.data["limits"] == {"events": 5}
    assert located.data["nothing"] == {"deep": {"er": 1}}


def test_a_list_entry_is_replaced_in_its_place():
    located, _ = changed("faults[1].at=9s")
    assert located.data["faults"] == [{"at": "1s"}, {"at": "9s"}]


def test_later_values_win():
    located, _ = changed("seed=2", "seed=3")
    assert located.data["seed"] == 3


def test_the_last_entry_exists_and_the_one_behind_it_does_not():
    assert changed("faults[1].at=9s")[1] == []
    assert changed("faults[2].at=9s")[1] == [
        "--set faults[2].at=9s: error: faults[2].at: 'faults' has 2 entries, so there is no [2]"
    ]


def test_a_value_is_located_at_its_argument():
    located, _ = changed("time.measure=5m")
    mark = located.value_mark(("time", "measure"))
    assert mark.source.name == "--set time.measure=5m"
    assert mark.source.is_argument


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("seed", "expected path=value, for example time.measure=5m"),
        ("=1", "'=1' does not begin with a path such as time.measure"),
        ("", "'' does not begin with a path such as time.measure"),
        ("seed.x=1", "seed.x: 'seed' is a single value, not a section"),
        ("faults.x=1", "faults.x: 'faults' is a list, use an index, not a section"),
        ("time[0]=1", "time[0]: 'time' is not a list"),
        ("seed={", "not valid YAML: did not find expected node content"),
        ("extends=x.yaml", "extends: the file that is extended cannot be changed"),
        ("services.shp.slots=1", "services.shp.slots: there is no 'shp', did you mean 'shop'?"),
    ],
)
def test_arguments_that_lead_nowhere_are_reported_under_their_own_text(argument, message):
    problems = changed(argument)[1]
    assert len(problems) == 1
    assert problems[0].startswith(f"--set {argument}: error: {message}")


def test_a_wrong_argument_leaves_the_others_in_force():
    located, problems = changed("seed.x=1", "seed=5")
    assert len(problems) == 1
    assert located.data["seed"] == 5
