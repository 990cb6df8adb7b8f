from pathlib import Path

import pytest

from scenarios.source.problems import Problems
from scenarios.source.text import SIZE_LIMIT_BYTES, read_source


def read(content):
    problems = Problems()
    outcome = read_source(
        content, name="f.yaml", label="scenario", directory=Path(), rank=0, problems=problems
    )
    return outcome, [problem.headline() for problem in problems]


def test_a_byte_order_mark_of_utf_8_is_dropped():
    outcome, problems = read(b"\xef\xbb\xbfa: 1")
    assert outcome is not None
    assert outcome[1] == "a: 1"
    assert problems == []


def test_exactly_one_mebibyte_is_read_and_one_byte_more_is_not():
    assert read(b"#" * SIZE_LIMIT_BYTES)[0] is not None
    outcome, problems = read(b"#" * (SIZE_LIMIT_BYTES + 1))
    assert outcome is None
    assert problems == ["f.yaml:1:1: error: the file is larger than 1 MiB, which is the limit"]


@pytest.mark.parametrize(
    ("content", "place"),
    [(b"\xe9", "1:1"), (b"a\nb\xc3", "2:2"), ("é: ".encode() + b"\xff", "1:4")],
)
def test_a_byte_that_is_not_utf_8_is_located_in_characters(content, place):
    outcome, problems = read(content)
    assert outcome is None
    assert problems[0].startswith(f"f.yaml:{place}: error: the file is not UTF-8: byte 0x")


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x0b", "\x1b", "\x7f", "\x9f", "\ufffe"])
def test_control_characters_are_refused_where_they_stand(character):
    outcome, problems = read(f"a: 1\nb: {character}".encode())
    assert outcome is None
    assert problems == [
        f"f.yaml:2:4: error: control character U+{ord(character):04X} is not allowed"
    ]


@pytest.mark.parametrize("text", ["a\tb", "a\r\nb", "\x85", "é", "😀"])
def test_what_yaml_allows_is_read(text):
    outcome, problems = read(text.encode())
    assert outcome is not None
    assert problems == []
