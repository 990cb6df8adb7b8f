"""``tracestate``: the vectors of semantics 14.2 and the W3C test suite."""

import pytest

from models.base.errors import ConfigError
from models.telemetry.tracing.context.tracestate import (
    format_tracestate,
    parse_tracestate,
    state_value,
    with_member,
    without_member,
)

ALL_KEY = "abcdefghijklmnopqrstuvwxyz0123456789_-*/"
ALL_VALUE = "".join(chr(c) for c in range(0x20, 0x7F) if chr(c) not in ",=")


def members(first, last):
    return ",".join(f"bar{n:02}={n:02}" for n in range(first, last + 1))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (["foo=1,bar=2"], "foo=1,bar=2"),
        (["foo=1,bar=2", "rojo=1,congo=2", "baz=3"], "foo=1,bar=2,rojo=1,congo=2,baz=3"),
        (["foo=1 \t , \t bar=2, \t baz=3"], "foo=1,bar=2,baz=3"),
        (["foo=1\t \t,\t \tbar=2,\t \tbaz=3"], "foo=1,bar=2,baz=3"),
        (["\t foo=1 \t"], "foo=1"),
        (["foo=1", ""], "foo=1"),
        (["", "foo=1"], "foo=1"),
        (["foo=1,,bar=2"], "foo=1,bar=2"),
        ([""], ""),
        ([], ""),
    ],
)
def test_members_of_all_headers_are_joined_in_order(headers, expected):
    assert format_tracestate(parse_tracestate(headers)) == expected


@pytest.mark.parametrize(
    "headers", [["foo=1,foo=1"], ["foo=1,foo=2"], ["foo=1", "foo=1"], ["foo=1", "foo=2"]]
)
def test_duplicate_keys_are_kept_as_received(headers):
    assert format_tracestate(parse_tracestate(headers)) == ",".join(headers)


def test_duplicate_keys_answer_with_the_first():
    assert state_value(parse_tracestate(["foo=1,foo=2"]), "foo") == "1"


@pytest.mark.parametrize("key", [ALL_KEY, f"{ALL_KEY}@a-z0-9_-*/"])
def test_every_allowed_character_is_allowed(key):
    assert parse_tracestate([f"{key}={ALL_VALUE}"]) == ((key, ALL_VALUE),)


@pytest.mark.parametrize(
    "text",
    [
        "foo =1", "FOO=1", "foo.bar=1", "1foo=1", "foo@=1,bar=2", "@foo=1,bar=2",
        "foo@@bar=1,bar=2", "foo@bar@baz=1,bar=2", "foo=bar=baz", "foo=,bar=3", "foo", "=1",
        "foo=a\x7f", "foo=é", "bar=2,foo=a\tb",
    ],
)  # fmt: skip
def test_one_malformed_member_spoils_the_whole_header(text):
    assert parse_tracestate([text]) == ()
    assert parse_tracestate(["ok=1", text]) == ()


def test_32_members_are_kept_and_33_are_not():
    kept = parse_tracestate([members(1, 20), members(21, 32)])
    assert (len(kept), kept[0]) == (32, ("bar01", "01"))
    assert parse_tracestate([members(1, 20), members(21, 33)]) == ()


@pytest.mark.parametrize(
    ("key", "is_kept"),
    [
        ("z" * 256, True),
        ("z" * 257, False),
        ("t" * 241 + "@" + "v" * 14, True),
        ("t" * 242 + "@v", False),
        ("t@" + "v" * 15, False),
        ("1t@v", True),
        ("t@1v", False),
    ],
)
def test_keys_have_a_greatest_length(key, is_kept):
    assert bool(parse_tracestate(["foo=1", f"{key}=1"])) is is_kept


@pytest.mark.parametrize(("length", "is_kept"), [(256, True), (257, False)])
def test_values_have_a_greatest_length(length, is_kept):
    assert bool(parse_tracestate(["foo=" + "v" * length])) is is_kept


def test_far_more_than_512_characters_are_passed_on():
    text = ",".join(f"k{n}={'v' * 200}" for n in range(32))
    assert format_tracestate(parse_tracestate([text])) == text


def test_the_last_writer_stands_in_front_and_the_oldest_makes_room():
    state = parse_tracestate([members(1, 32)])
    moved = with_member(state, "bar05", "new")
    assert (moved[0], len(moved), moved[-1]) == (("bar05", "new"), 32, ("bar32", "32"))
    grown = with_member(state, "ot", "th:8")
    assert (grown[0], len(grown), grown[-1]) == (("ot", "th:8"), 32, ("bar31", "31"))


def test_a_member_can_be_taken_out():
    state = parse_tracestate(["a=1,b=2"])
    assert without_member(state, "a") == (("b", "2"),)
    assert state_value(without_member(state, "a"), "a") is None


@pytest.mark.parametrize(("key", "value"), [("A", "1"), ("a", "x,y"), ("a", "")])
def test_a_member_out_of_form_cannot_be_written(key, value):
    with pytest.raises(ConfigError, match="cannot stand"):
        with_member((), key, value)
