"""Histories of a log: who led from where, and where two of them part."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.storage.timeline import Timeline


def test_a_log_begins_with_the_first_term() -> None:
    assert Timeline().term == 1
    assert Timeline().term_at(1) == 1


def test_a_new_primary_writes_what_comes_after_its_position() -> None:
    history = Timeline().led_from(2, 10).led_from(5, 30)
    assert history.begins == ((1, 0), (2, 10), (5, 30))
    assert [history.term_at(position) for position in (10, 11, 30, 31)] == [1, 2, 2, 5]


def test_who_leads_from_before_others_began_wipes_them_out() -> None:
    assert Timeline().led_from(2, 10).led_from(3, 8).begins == ((1, 0), (3, 8))
    assert Timeline().led_from(2, 10).led_from(3, 10).begins == ((1, 0), (2, 10), (3, 10))


def test_equal_histories_never_part() -> None:
    history = Timeline().led_from(2, 10)
    assert history.parts_from(history) is None


def test_histories_part_where_one_of_them_changed_its_primary() -> None:
    old = Timeline()
    new = old.led_from(2, 10)
    assert old.parts_from(new) == new.parts_from(old) == 10
    assert new.led_from(3, 20).parts_from(new.led_from(4, 15)) == 15


def test_a_term_comes_after_all_others() -> None:
    with pytest.raises(ConfigError, match="does not come after"):
        Timeline().led_from(1, 5)


@pytest.mark.parametrize(
    "begins", [(), ((1, 1),), ((1, 0), (1, 5)), ((2, 0), (1, 5)), ((1, 0), (2, 5), (3, 4))]
)
def test_a_history_that_does_not_ascend_is_refused(begins: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(ConfigError, match="timeline"):
        Timeline(begins)


moves = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 12)), max_size=5)


def written(steps: list[tuple[int, int]]) -> tuple[Timeline, list[int]]:
    """A history, and the terms of its first 20 writes the slow way."""
    history, term, terms = Timeline(), 1, [1] * 20
    for more, position in steps:
        term += more
        history = history.led_from(term, position)
        terms = terms[:position] + [term] * (20 - position)
    return history, terms


@settings(max_examples=200, deadline=None, derandomize=True)
@given(moves, moves)
def test_histories_agree_with_logs_written_out(
    mine: list[tuple[int, int]], theirs: list[tuple[int, int]]
) -> None:
    (history, terms), (other, other_terms) = written(mine), written(theirs)
    assert [history.term_at(position) for position in range(1, 21)] == terms
    same = next((i for i in range(20) if terms[i] != other_terms[i]), None)
    assert history.parts_from(other) == same
