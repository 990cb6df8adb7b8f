"""Matchers and how they are written (semantics 4.2)."""

import pytest

from models.alerting.routing.matcher import Matcher, MatchKind, all_match
from models.alerting.routing.matcher_text import read_matchers
from models.base.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("{}", []),
        ("foo=bar", [("foo", "=", "bar")]),
        (' foo = "bar" ', [("foo", "=", "bar")]),
        ('{foo!="bar",baz=~"a|b",}', [("foo", "!=", "bar"), ("baz", "=~", "a|b")]),
        ("foo!~^(a|b)$", [("foo", "!~", "^(a|b)$")]),
        ('foo="a,b"', [("foo", "=", "a,b")]),
        ('foo="say \\"hi\\"\\n"', [("foo", "=", 'say "hi"\n')]),
        ('"名 前"="値"', [("名 前", "=", "値")]),
        ('foo="\\u00e9"', [("foo", "=", "é")]),
        ('foo=~"a\\.b"', [("foo", "=~", "a\\.b")]),
        ("foo=~[a-z]{2}", [("foo", "=~", "[a-z]{2}")]),
        ("foo=", [("foo", "=", "")]),
        ('foo=""', [("foo", "=", "")]),
    ],
)
def test_reads(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert [(m.name, m.kind.value, m.value) for m in read_matchers(text)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "foo",
        "{foo=bar",
        "=bar",
        'foo="bar',
        'foo=b"ar',
        "foo=~(",
        '""=a',
        'foo=bar"',
        'foo="',
        "foo=bar\\",
    ],
)
def test_refuses(text: str) -> None:
    with pytest.raises(ConfigError):
        read_matchers(text)


@pytest.mark.parametrize(
    ("kind", "value", "accepted", "refused"),
    [
        ("=", "a", "a", "ab"),
        ("!=", "a", "ab", "a"),
        ("=~", "a|b", "b", "ab"),
        ("!~", "a|b", "ab", "b"),
    ],
)
def test_compares_the_whole_value(kind: str, value: str, accepted: str, refused: str) -> None:
    matcher = Matcher("x", MatchKind(kind), value)
    assert matcher.accepts(accepted)
    assert not matcher.accepts(refused)


def test_a_missing_label_counts_as_empty() -> None:
    assert all_match(read_matchers('a="",b!=x,c=~".*"'), ())
    assert not all_match(read_matchers('a=~".+"'), ())


def test_every_matcher_must_match() -> None:
    assert not all_match(read_matchers("a=1,b=2"), (("a", "1"), ("b", "3")))


def test_the_classic_grammar_knows_a_line_break() -> None:
    r"""An escape that Go does not know (``\.``) makes the text classic; ``\n`` is one it knows."""
    (matcher,) = read_matchers(r'foo=~"a\.b\nc"')
    assert matcher.value == "a\\.b\nc"


@pytest.mark.parametrize("text", ['foo="', r'foo="\.'])
def test_a_quote_that_stands_alone_is_not_closed(text: str) -> None:
    with pytest.raises(ConfigError):
        read_matchers(text)
