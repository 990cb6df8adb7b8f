from pathlib import Path

import pytest

from scenarios.source.marks import Mark, Source
from scenarios.source.problems import (
    Problem,
    Problems,
    ScenarioError,
    closest,
    printable,
    quoted,
    suggestion,
)


def source(*lines, name="f.yaml", rank=0, is_argument=False):
    return Source(name, "scenario", Path(), lines, rank, is_argument)


def test_a_problem_shows_its_line_and_a_caret_under_the_column():
    problem = Problem(Mark(source("a:", "  bad: 1"), 2, 3), ("a", "bad"), "unknown field")
    assert problem.render() == (
        "f.yaml:2:3: error: a.bad: unknown field\n     2 |   bad: 1\n       |   ^"
    )


def test_the_caret_stands_under_its_character_behind_wide_ones():
    problem = Problem(Mark(source("店: x"), 1, 4), (), "bad")
    assert problem.render().split("\n")[2] == "       |     ^"


def test_a_tab_before_the_caret_takes_one_column():
    problem = Problem(Mark(source("\ta: 1"), 1, 2), (), "bad")
    assert problem.render().split("\n")[1:] == ["     1 |  a: 1", "       |  ^"]


def test_a_long_line_is_cut_around_the_caret():
    problem = Problem(Mark(source("x" * 500 + "!" + "y" * 500), 1, 501), (), "bad")
    line, caret = problem.render().split("\n")[1:]
    assert len(line) < 120
    assert line[caret.index("^")] == "!"


def test_a_line_of_exactly_a_hundred_characters_is_not_cut():
    problem = Problem(Mark(source("x" * 100), 1, 1), (), "bad")
    assert problem.render().split("\n")[1] == "     1 | " + "x" * 100


def test_an_argument_has_no_line_to_show():
    mark = Mark(source("a=1", name="--set a=1", is_argument=True), 1, 1)
    assert Problem(mark, ("a",), "bad").render() == "--set a=1: error: a: bad"


def test_a_terminal_cannot_be_steered_by_what_a_file_holds():
    problem = Problem(Mark(source("\x1b[2J"), 1, 1), ("\x1b",), "bad")
    assert "\x1b" not in problem.render()


def test_problems_come_by_source_then_from_top_to_bottom():
    problems = Problems()
    second = source(name="b.yaml", rank=1)
    first = source(name="a.yaml", rank=0)
    problems.add(Mark(second, 1, 1), (), "third")
    problems.add(Mark(first, 2, 1), (), "second")
    problems.add(Mark(first, 1, 9), (), "first")
    assert [problem.message for problem in problems] == ["first", "second", "third"]


def test_the_same_problem_is_kept_once():
    problems = Problems()
    problems.add(Mark(source(), 1, 1), (), "bad")
    problems.add(Mark(source(), 1, 1), (), "bad")
    assert len(problems) == 1


def test_nothing_is_raised_without_problems_and_everything_with_them():
    problems = Problems()
    problems.raise_if_any()
    problems.add(Mark(source(), 1, 1), (), "one")
    problems.add(Mark(source(), 2, 1), (), "two")
    with pytest.raises(ScenarioError) as caught:
        problems.raise_if_any()
    assert len(caught.value.problems) == 2


def test_a_close_name_is_suggested_and_a_far_one_is_not():
    assert suggestion("timout", ["timeout", "retry"]) == ", did you mean 'timeout'?"
    assert suggestion("elephant", ["timeout", "retry"]) == ""


def test_letter_case_is_no_distance():
    assert closest("LEASE", ["lease", "release"]) == "lease"


def test_a_very_long_name_is_compared_in_bounded_time():
    assert closest("x" * 1_000_000, ["timeout"]) is None


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a", "'a'"),
        (3, "3"),
        (True, "true"),
        (None, "nothing"),
        ([1], "a list"),
        ({"a": 1}, "a section"),
        ("x" * 61, "'" + "x" * 57 + "...'"),
        ("x" * 60, "'" + "x" * 60 + "'"),
    ],
)
def test_values_in_messages_are_short_and_in_plain_words(value, shown):
    assert quoted(value) == shown


def test_what_does_not_print_is_escaped():
    assert printable("a\nb\x1bé") == "a\\nb\\x1bé"
