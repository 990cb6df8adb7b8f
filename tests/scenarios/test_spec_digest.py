from dataclasses import dataclass, field
from enum import Enum

import pytest

from models.base.outcome import Outcome
from scenarios.load import load
from scenarios.spec_digest import canonical, spec_digest
from tests.scenarios.edited import TWO_TIER, load_edited


@dataclass(frozen=True)
class Left:
    value: object
    cached: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Right:
    value: object


class Colour(Enum):
    RED = "red"


def test_equal_values_have_one_digest_of_32_hexadecimal_digits():
    assert spec_digest(Left(1)) == spec_digest(Left(1))
    assert len(spec_digest(Left(1))) == 32
    assert int(spec_digest(Left(1)), 16) >= 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Left(1), Left(2)),
        (Left(1), Right(1)),
        (Left(1), Left(1.0)),
        (Left("1"), Left(1)),
        (Left(True), Left(1)),
        (Left(None), Left("")),
        (Left((1, 2)), Left((2, 1))),
        (Left(()), Left(((),))),
        (Left(b"a"), Left(b"b")),
        (Left(Colour.RED), Left("red")),
    ],
)
def test_values_that_mean_something_else_have_another_digest(one, other):
    assert spec_digest(one) != spec_digest(other)


def test_the_order_of_sets_and_mappings_does_not_count():
    members = [Outcome.ERROR, Outcome.TIMEOUT, Outcome.RESET]
    assert spec_digest(frozenset(members)) == spec_digest(frozenset(reversed(members)))
    assert spec_digest({"a": 1, "b": 2}) == spec_digest({"b": 2, "a": 1})


def test_what_does_not_compare_does_not_count():
    assert spec_digest(Left(1, cached=1)) == spec_digest(Left(1, cached=2))


def test_a_value_without_canonical_form_is_refused():
    with pytest.raises(TypeError, match="object has no canonical form"):
        canonical(object())


def test_the_digest_of_a_scenario_ignores_layout_and_comments(tmp_path):
    edited = load_edited(
        tmp_path,
        ("version: 1", "# another comment\nversion: 1"),
        ("{limit: 200}", "{limit: 200, discipline: fifo}"),
        ("timeout: 2s", "timeout: 2000ms"),
    )
    assert edited.spec_digest == load(TWO_TIER).spec_digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("slots: 16", "slots: 17"),
        ("below: 300ms", "below: 301ms"),
        ("balancer: round_robin", "balancer: least_request"),
        ("jitter: full", "jitter: none"),
        ("expr: up == 0", "expr: up == 1"),
        ("0.096 USD/h", "0.097 USD/h"),
    ],
)
def test_the_digest_of_a_scenario_sees_every_number(tmp_path, old, new):
    assert load_edited(tmp_path, (old, new)).spec_digest != load(TWO_TIER).spec_digest
