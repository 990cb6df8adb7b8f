import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.source.marks import Source
from scenarios.source.problems import Problems
from scenarios.source.tree import flatten
from scenarios.source.yaml_reader import DEPTH_MAX, PROMETHEUS, read_yaml


def read(text):
    problems = Problems()
    source = Source("f.yaml", "scenario", Path(), tuple(text.split("\n")))
    root = read_yaml(text, source, problems)
    located = None if root is None else flatten(root, problems)
    return located, [problem.headline().removeprefix("f.yaml:") for problem in problems]


def test_values_keep_line_and_column_of_key_and_value():
    located, problems = read("a:\n  b: [1, 'x']\n")
    assert problems == []
    assert located.data == {"a": {"b": [1, "x"]}}
    key = located.key_mark(("a", "b"))
    value = located.value_mark(("a", "b", 1))
    assert (key.line, key.column) == (2, 3)
    assert (value.line, value.column) == (2, 10)


def test_columns_count_characters_not_bytes():
    located, _ = read("é: {ü: 1}")
    mark = located.value_mark(("é", "ü"))
    assert (mark.line, mark.column) == (1, 8)


def test_a_place_that_was_not_written_is_the_nearest_one_around_it():
    located, _ = read("a:\n  b: 1\n")
    assert located.value_mark(("a", "c", "d")) == located.value_mark(("a",))


def test_quoted_scalars_are_text_and_plain_ones_are_resolved():
    located, _ = read("a: '1'\nb: \"true\"\nc: 1\nd: |\n  1\n")
    assert located.data == {"a": "1", "b": "true", "c": 1, "d": "1\n"}


def test_keys_are_text_as_written():
    located, _ = read("1: a\ntrue: b\nnull: c\n0x10: d\n")
    assert list(located.data) == ["1", "true", "null", "0x10"]


def test_of_two_equal_keys_the_first_counts_and_the_second_is_reported():
    located, problems = read("a: 1\nb: 2\na: 3\n")
    assert located.data == {"a": 1, "b": 2}
    assert problems == ["3:1: error: a: duplicate key, first given in line 1"]


def test_equal_keys_are_found_at_every_depth_and_all_at_once():
    _, problems = read("a: {x: 1, x: 2}\nb: [{y: 1, y: 2}]\n")
    assert problems == [
        "1:11: error: a.x: duplicate key, first given in line 1",
        "2:12: error: b[0].y: duplicate key, first given in line 2",
    ]


def test_keys_that_differ_only_in_quotes_are_equal():
    _, problems = read("a: 1\n'a': 2\n")
    assert problems == ["2:1: error: a: duplicate key, first given in line 1"]


def test_an_alias_repeats_its_anchor_and_points_there():
    located, problems = read("a: &x {k: 1}\nb: *x\n")
    assert problems == []
    assert located.data == {"a": {"k": 1}, "b": {"k": 1}}
    assert located.value_mark(("b", "k")).line == 1


def test_an_anchor_may_be_given_again():
    located, _ = read("a: &x 1\nb: &x 2\nc: *x\n")
    assert located.data == {"a": 1, "b": 2, "c": 2}


def test_a_quoted_merge_key_is_an_ordinary_key():
    located, problems = read("'<<': 1\n")
    assert problems == []
    assert located.data == {"<<": 1}


def test_tags_of_the_core_that_change_nothing_are_read():
    located, problems = read("a: !!str 1\nb: !!map {x: !!seq [1]}\n")
    assert problems == []
    assert located.data == {"a": "1", "b": {"x": [1]}}


def test_all_foreign_tags_are_reported_at_once():
    _, problems = read("a: !!int '1'\nb: !<tag:example.org,2026:x> [1]\nc: !x {}\n")
    assert problems == [
        "1:4: error: a: tag '!!int' is refused; write plain values",
        "2:4: error: b: tag 'tag:example.org,2026:x' is refused; write plain values",
        "3:4: error: c: tag '!x' is refused; write plain values",
    ]


def nested(depth):
    return "[" * depth + "]" * depth


def test_the_deepest_allowed_list_is_read_and_one_more_level_is_not():
    assert read(nested(DEPTH_MAX + 1))[1] == []
    assert read(nested(DEPTH_MAX + 2))[1] == [
        f"1:{DEPTH_MAX + 2}: error: nested deeper than {DEPTH_MAX} levels, which is the limit"
    ]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.text(alphabet=":-[]{}&*!|>'\"#%@ \n\tab01,?", max_size=60))
def test_no_text_makes_the_reader_fail_otherwise_than_with_problems(text):
    located, problems = read(text)
    assert located is not None or problems


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**9), 10**9)
        | st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3)
        ),
        max_leaves=10,
    )
)
def test_json_is_read_as_json_reads_it(value):
    located, problems = read(json.dumps(value, ensure_ascii=False))
    assert problems == []
    assert located.data == value


def read_foreign(text):
    problems = Problems()
    source = Source("f.yaml", "rules", Path(), tuple(text.split("\n")))
    root = read_yaml(text, source, problems, PROMETHEUS)
    located = None if root is None else flatten(root, problems)
    return located, [problem.headline().removeprefix("f.yaml:") for problem in problems]


def test_plain_scalars_of_a_prometheus_file_stay_as_written():
    located, problems = read_foreign("{a: 1.10, b: true, c: 0x10, d: ~, e: , f: '~'}")
    assert problems == []
    assert located.data == {"a": "1.10", "b": "true", "c": "0x10", "d": None, "e": None, "f": "~"}


def test_a_prometheus_file_may_merge_sections_of_which_the_nearest_counts():
    located, problems = read_foreign(
        "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc: {<<: *a, x: 5}\nd: {<<: [*b, *a]}\n"
    )
    assert problems == []
    assert located.data["c"] == {"x": "5", "y": "2"}
    assert located.data["d"] == {"y": "3", "z": "4", "x": "1"}
    assert located.value_mark(("c", "y")).line == 1


def test_only_sections_are_merged():
    assert read_foreign("a: {<<: 1, x: 5}\n")[1] == [
        '1:5: error: a["<<"]: only sections can be merged'
    ]


def test_a_prometheus_file_may_be_empty():
    located, problems = read_foreign("# later\n")
    assert (located.data, problems) == (None, [])
