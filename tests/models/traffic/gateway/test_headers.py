"""Header fields and conditions on them. RFC 9110, section 5."""

import pytest

from models.traffic.gateway.headers import NO_HEADERS, HeaderMatch, Headers, all_met

TWICE = Headers((("Accept", "a"), ("x-other", "1"), ("ACCEPT", "b")))


def test_names_are_compared_without_regard_to_case() -> None:
    assert TWICE.value("X-Other") == "1"


def test_a_field_sent_twice_counts_as_one_joined_by_commas() -> None:
    assert TWICE.value("accept") == "a, b"


def test_a_missing_field_has_no_value() -> None:
    assert NO_HEADERS.value("accept") is None


def test_setting_replaces_all_of_the_name_and_adding_none() -> None:
    assert TWICE.setting("accept", "c").value("accept") == "c"
    assert TWICE.adding("accept", "c").value("accept") == "a, b, c"
    assert TWICE.without("aCCept").fields == (("x-other", "1"),)


def test_size_is_that_of_names_and_values() -> None:
    assert Headers((("ab", "cde"), ("f", ""))).size_bytes == 6


@pytest.mark.parametrize(
    ("condition", "is_met"),
    [
        (HeaderMatch("X-OTHER", "1"), True),
        (HeaderMatch("x-other", "1 "), False),
        (HeaderMatch("accept", "a"), False),
        (HeaderMatch("accept", "a, b"), True),
        (HeaderMatch("accept"), True),
        (HeaderMatch("absent"), False),
    ],
)
def test_a_condition_wants_the_header_and_exactly_its_value(
    condition: HeaderMatch, is_met: bool
) -> None:
    assert condition.is_met_by(TWICE) is is_met


def test_all_conditions_must_hold_and_none_always_do() -> None:
    assert all_met((), NO_HEADERS)
    assert not all_met((HeaderMatch("accept"), HeaderMatch("absent")), TWICE)
