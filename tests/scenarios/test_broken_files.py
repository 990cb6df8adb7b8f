"""Broken scenarios: each is refused with every error located, and nothing but those errors.

The content of a valid file is changed in more than a hundred ways (files/broken.yaml); below are
the ways in which a file may be no YAML, or YAML that no scenario needs.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from models.base.errors import SpecError
from scenarios.load import load
from scenarios.source.problems import ScenarioError

FILES = Path(__file__).parent / "files"
VALID = (FILES / "two-tier.yaml").read_text(encoding="utf-8")
BROKEN = yaml.safe_load((FILES / "broken.yaml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Trick:
    name: str
    content: bytes
    error: str


def changed(old: str, new: str) -> bytes:
    assert old in VALID
    return VALID.replace(old, new, 1).encode()


LAUGHS = b"a: &a [x,x,x,x,x,x,x,x,x,x]\n" + b"\n".join(
    f"{name}: &{name} [{','.join(['*' + below] * 10)}]".encode()
    for below, name in zip("abcdef", "bcdefg", strict=True)
)
TRICKS = (
    Trick("empty file", b"", "1:1: error: the file is empty"),
    Trick("only comments", b"# later\n", "1:1: error: the file is empty"),
    Trick("only a word", b"hello\n", "1:1: error: expected a section (key: value), got 'hello'"),
    Trick("a list", b"- a\n", "1:1: error: expected a section (key: value), got a list"),
    Trick(
        "NUL", b"version: 1\nseed: \x00\n", "2:7: error: control character U+0000 is not allowed"
    ),
    Trick("escape", b"a: \x1b[31m\n", "1:4: error: control character U+001B is not allowed"),
    Trick("Latin-1", b"a: 1\nb: caf\xe9\n", "2:7: error: the file is not UTF-8: byte 0xe9"),
    Trick("UTF-16", "a: 1".encode("utf-16"), "1:1: error: the file is not UTF-8 (it looks like"),
    Trick("10 MB", b"#" * (10 << 20), "1:1: error: the file is larger than 1 MiB"),
    Trick("billion laughs", LAUGHS, "1:24: error: more than 50,000 values, counting aliases"),
    Trick("too many values", b"[" + b"1," * 60_000 + b"]", "error: more than 50,000 values"),
    Trick("alias of itself", b"a: &a [*a]\n", "1:8: error: alias *a stands inside its own anchor"),
    Trick("alias of nothing", b"a: *b\n", "1:4: error: alias *b has no anchor &b before it"),
    Trick("deep list", b"a: " + b"[" * 100_000, "1:52: error: nested deeper than 48 levels"),
    Trick(
        "deep sections",
        "\n".join(" " * depth + "a:" for depth in range(600)).encode(),
        "50:50: error: nested deeper than 48 levels",
    ),
    Trick(
        "merge key",
        changed("    slots: 16", "    <<: {slots: 3}\n    slots: 16"),
        '20:5: error: services.frontend["<<"]: merge keys (<<) are not part of YAML 1.2',
    ),
    Trick(
        "python object",
        changed("seed: 7", "seed: !!python/object/apply:os.system [ls]"),
        "6:7: error: seed: tag '!!python/object/apply:os.system' is refused; write plain values",
    ),
    Trick("own tag", changed("seed: 7", "seed: !big 7"), "6:7: error: seed: tag '!big' is refused"),
    Trick(
        "binary", changed("seed: 7", "seed: !!binary YQ=="), "6:7: error: seed: tag '!!binary' is"
    ),
    Trick("two documents", VALID.encode() + b"---\na: 1\n", "error: a second document starts here"),
    Trick(
        "duplicate key",
        changed("seed: 7", "seed: 7\nseed: 8"),
        "7:1: error: seed: duplicate key, first given in line 6",
    ),
    Trick(
        "tab",
        changed("    slots: 16", "\tslots: 16"),
        "20:1: error: not valid YAML: indent with spaces, YAML does not allow tabs",
    ),
    Trick(
        "bracket left open",
        changed("{limit: 200}", "{limit: 200"),
        "22:14: error: not valid YAML: did not find expected ',' or '}'",
    ),
    Trick(
        "colon in text",
        changed("question: Does the", "question: Does: the"),
        "4:15: error: not valid YAML: mapping values are not allowed in this context"
        " (put text that holds ': ' in quotes)",
    ),
    Trick("a list as key", b"[a, b]: 1\n", "1:1: error: a key must be plain text"),
    Trick("on is a key", changed("seed: 7", "on: 7"), "6:1: error: on: unknown field"),
    Trick(
        "1:30 is text",
        changed("timeout: 250ms", "timeout: 1:30"),
        "'1:30' is not a duration; write for example",
    ),
    Trick("no is text", changed("slots: 16", "slots: no"), "expected a whole number, got 'no'"),
    Trick(
        "number of 5000 digits",
        changed("seed: 7", "seed: " + "9" * 5000),
        "6:7: error: seed: expected a whole number, got '999999",
    ),
    Trick(
        "colours in a key",
        changed("seed: 7", '"\\e[31mred": 7'),
        '6:1: error: ["\\x1b[31mred"]: unknown field',
    ),
)


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: str(case["name"]))
def test_every_error_of_a_broken_file_is_shown_where_it_stands(case, tmp_path):
    text = VALID
    for old, new in case["edits"]:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load(path)
    shown = [problem.headline() for problem in caught.value.problems]
    expected = [error.split(": ", 1) for error in case["errors"]]
    assert shown == [f"{path}:{where}: error: {what}" for where, what in expected]


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.name)
def test_a_file_that_plays_tricks_is_refused_with_one_located_error(trick, tmp_path):
    path = tmp_path / "trick.yaml"
    path.write_bytes(trick.content)
    with pytest.raises(SpecError) as caught:
        load(path)
    assert trick.error in str(caught.value)
    assert str(caught.value).count("error: ") == 1


def test_the_table_holds_the_forty_cases_that_were_promised():
    assert len(BROKEN) + len(TRICKS) >= 40
    assert len({case["name"] for case in BROKEN}) == len(BROKEN)


SIX_ERRORS = """\
version: 1
scenario: six
seed: -1
time: {measure: 10}
topology: {zones: [a, b]}
services:
  shop:
    instances: {count: 2, spread: {zone: c}}
    slots: 4
    quue: {limit: 9}
    endpoints: {GET /: {work: 5ms}}
traffic:
  users: {to: shop, arrivals: {rate: 10}}
expect:
  - {latency: p98, of: shop, below: 1s}
"""
SIX_ERRORS_SHOWN = """\
six.yaml:3:7: error: seed: must be at least 0, got -1
     3 | seed: -1
       |       ^
six.yaml:4:17: error: time.measure: 10 has no unit; write 10ms or 10s
     4 | time: {measure: 10}
       |                 ^
six.yaml:8:42: error: services.shop.instances.spread.zone: unknown zone 'c' (there are a, b)
     8 |     instances: {count: 2, spread: {zone: c}}
       |                                          ^
six.yaml:10:5: error: services.shop.quue: unknown field, did you mean 'queue'?
    10 |     quue: {limit: 9}
       |     ^
six.yaml:13:38: error: traffic.users.arrivals.rate: 10 has no unit; write 10/s
    13 |   users: {to: shop, arrivals: {rate: 10}}
       |                                      ^
six.yaml:15:15: error: expect[0].latency: expected 'p50', 'p90', 'p95', 'p99', 'max' or 'mean', \
got 'p98', did you mean 'p99'?
    15 |   - {latency: p98, of: shop, below: 1s}
       |               ^"""


def test_six_errors_are_rendered_from_top_to_bottom_with_their_lines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("six.yaml").write_text(SIX_ERRORS, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load("six.yaml")
    assert str(caught.value) == SIX_ERRORS_SHOWN


def test_no_more_than_a_hundred_errors_are_printed(tmp_path):
    path = tmp_path / "many.yaml"
    path.write_text("version: 1\n" + "".join(f"bad{n}: 1\n" for n in range(200)))
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert len(caught.value.problems) == 204
    assert str(caught.value).count("error: ") == 100
    assert str(caught.value).endswith("... and 104 more errors")
