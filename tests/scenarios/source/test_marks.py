from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.source.marks import format_path
from scenarios.source.overrides import parse_path

KEYS = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "Z")), min_size=1)


def test_plain_keys_are_joined_by_dots_and_indices_stand_in_brackets():
    assert format_path(("faults", 0, "at")) == "faults[0].at"


def test_keys_with_other_characters_are_quoted():
    assert format_path(("edges", "a -> b", "timeout")) == 'edges["a -> b"].timeout'


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.lists(KEYS | st.integers(0, 999), min_size=1, max_size=4).filter(lambda p: type(p[0]) is str)
)
def test_a_path_that_is_shown_can_be_given_back(path):
    assert parse_path(format_path(tuple(path))) == tuple(path)
