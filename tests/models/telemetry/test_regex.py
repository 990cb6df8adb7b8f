"""Patterns mean what RE2 says they mean, or are refused by name (semantics 1.4)."""

import pytest

from models.base.errors import ValueSyntaxError
from models.telemetry.regex import PATTERN_LENGTH_MAX, compile_anchored


def matches(pattern, text):
    return compile_anchored(pattern).fullmatch(text) is not None


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("api", "api", True),
        ("api", "api-server", False),
        ("api", "my-api", False),
        ("a|ab", "ab", True),
        ("4..", "404", True),
        (".*", "", True),
        (".+", "", False),
        ("a.b", "a\nb", True),
        ("^(fuse.*|tmpfs)$", "fuse.sshfs", True),
        ("^(fuse.*|tmpfs)$", "xtmpfs", False),
        ("(?:5..)", "503", True),
        ("(?i)GET", "get", True),
        ("(?i:g)et", "Get", True),
        ("(?i:g)et", "GET", False),
        ("(?P<x>a)b", "ab", True),
        ("(?<x>a)b", "ab", True),
        ("a{2,3}", "aaa", True),
        ("a{2,3}", "aaaa", False),
        ("a{,3}", "a{,3}", True),
        ("a{,3}", "aa", False),
        ("{$", "{", True),
        ("a??b", "b", True),
        (r"\d+", "42", True),
        (r"\d+", "٤٢", False),
        (r"\w", "é", False),
        (r"\.", ".", True),
        (r"\.", "x", False),
        (r"\x41\x{1F600}", "A😀", True),
        (r"\Aab\z", "ab", True),
        ("[[:alpha:]]+", "abC", True),
        ("[[:alpha:]]+", "a1", False),
        ("[[:punct:]]", "]", True),
        ("[a&&b]+", "&b", True),
        ("[]a]+", "]a", True),
        ("[^]a]", "]", False),
        ("[a^]+", "^a", True),
        ("[a[]", "[", True),
        (r"[\d-]+", "1-2", True),
        ("[a||b~~]+", "|~", True),
    ],
)
def test_a_supported_pattern_matches_as_in_re2(pattern, text, expected):
    assert matches(pattern, text) is expected


def test_the_end_anchor_does_not_overlook_a_trailing_newline():
    assert compile_anchored("a$").fullmatch("a\n") is None
    assert compile_anchored("a$").match("a\n") is None


@pytest.mark.parametrize(
    ("pattern", "fragment"),
    [
        (r"(a)\1", r"back-reference or octal escape '\1' at character 4"),
        ("(?P<x>a)(?P=x)", "back-reference '(?P=' at character 9"),
        ("a(?=b)", "look-ahead '(?=' at character 2"),
        ("a(?!b)", "look-ahead '(?!'"),
        ("(?<=a)b", "look-behind '(?<='"),
        ("(?<!a)b", "look-behind '(?<!'"),
        ("(?>a)", "atomic group"),
        ("(?(1)a|b)", "conditional group"),
        ("(?#note)", "comment group"),
        ("(?m)^a$", "flag 'm'"),
        ("(?U)a+", "flag 'U'"),
        ("(?x) a", "flag 'x'"),
        ("a(?i)b", "write '(?i:...)'"),
        ("(?i)é", "outside ASCII"),
        (r"\pL", r"escape '\p'"),
        (r"\Qa\E", r"escape '\Q'"),
        (r"\Z", r"escape '\Z'"),
        (r"[\b]", r"escape '\b'"),
        ("a++", "a repetition of nothing or of a repetition at character 3"),
        ("a*?+", "a repetition"),
        ("*a", "a repetition of nothing"),
        ("a|*", "a repetition of nothing"),
        ("(*)", "a repetition of nothing"),
        ("a{1001}", "a repetition of more than 1000"),
        ("[a--b]", "'--' in a character class"),
        ("[[:nope:]]", "character class '[:nope:]'"),
        ("[[:^alpha:]]", "character class '[:^alpha:]'"),
        ("[a", "an unclosed character class"),
        ("(a", "not valid"),
        ("a)", "not valid"),
        ("[z-a]", "not valid"),
        ("(?x", "group '(?x'"),
        ("a\\", "escape"),
    ],
)
def test_an_unsupported_pattern_is_refused_by_name(pattern, fragment):
    with pytest.raises(ValueSyntaxError) as refusal:
        compile_anchored(pattern)
    assert fragment in str(refusal.value)


def test_a_repetition_of_exactly_a_thousand_is_accepted():
    assert matches("a{1000}", "a" * 1000)


def test_the_length_of_a_pattern_is_bounded():
    assert matches("a" * PATTERN_LENGTH_MAX, "a" * PATTERN_LENGTH_MAX)
    with pytest.raises(ValueSyntaxError, match="longer than"):
        compile_anchored("a" * (PATTERN_LENGTH_MAX + 1))
