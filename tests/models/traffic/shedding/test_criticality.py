"""Shedding by criticality, by utilisation, and the tokens that soften it. Semantics 8.7."""

import pytest

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.limiter.base import Rate
from models.traffic.limiter.token_bucket import TokenBucket
from models.traffic.shedding.priority import Criticality, PriorityConfig, PriorityShedder
from models.traffic.shedding.token_fallback import TokenFallback
from models.traffic.shedding.utilisation import UtilisationConfig, UtilisationShedder

S = 1_000_000_000
SHEDDABLE, SHEDDABLE_PLUS, CRITICAL, CRITICAL_PLUS = Criticality


def test_the_least_important_is_refused_first() -> None:
    shedder = PriorityShedder(PriorityConfig(10))
    refused_from = [
        next(taken for taken in range(12) if not shedder.admits(level, taken))
        for level in Criticality
    ]
    assert refused_from == [4, 6, 8, 10]


def test_a_full_queue_gives_up_its_least_important_request() -> None:
    shedder = PriorityShedder(PriorityConfig(10))
    assert shedder.victim(CRITICAL, (0, 3, 7, 0)) is SHEDDABLE_PLUS
    assert shedder.victim(CRITICAL_PLUS, (0, 0, 1, 9)) is CRITICAL
    assert shedder.victim(CRITICAL, (0, 0, 9, 1)) is None
    assert shedder.victim(SHEDDABLE, (9, 0, 0, 0)) is None


@pytest.mark.parametrize(
    "config",
    [
        PriorityConfig(-1),
        PriorityConfig(9, {CRITICAL: 1.0}),
        PriorityConfig(9, dict.fromkeys(Criticality, 1.1)),
        PriorityConfig(9, {SHEDDABLE: 0.5, SHEDDABLE_PLUS: 0.4, CRITICAL: 1.0, CRITICAL_PLUS: 1.0}),
    ],
)
def test_shares_that_make_no_sense_are_refused(config: PriorityConfig) -> None:
    with pytest.raises(ConfigError, match="priorities"):
        PriorityShedder(config)


def utilised(active: int, slots: int = 10, seconds: int = 100) -> UtilisationShedder:
    """A shedder that has seen the same load for long enough to be sure of it."""
    shedder = UtilisationShedder(UtilisationConfig(slots), Stream(1, "shed"))
    shedder.changed(active, 0)
    assert shedder.load(seconds * S) == pytest.approx(active / slots)
    return shedder


@pytest.mark.parametrize(
    ("active", "shares"),
    [
        (6, (0.0, 0.0, 0.0, 0.0)),
        (7, (0.5, 0.0, 0.0, 0.0)),
        (8, (1.0, 0.5, 0.0, 0.0)),
        (9, (1.0, 1.0, 1 / 3, 0.0)),
        (11, (1.0, 1.0, 1.0, 1.0)),
    ],
)
def test_each_class_is_refused_between_its_levels(active: int, shares: tuple[float, ...]) -> None:
    shedder = utilised(active)
    found = [shedder.refusal_share(level, 100 * S) for level in Criticality]
    assert found == pytest.approx(shares)


def test_the_refused_share_is_really_refused() -> None:
    shedder = utilised(7)
    let_in = sum(shedder.admits(SHEDDABLE, 100 * S) for _ in range(10_000))
    assert let_in == pytest.approx(5_000, abs=200)


def test_no_draw_is_taken_where_chance_does_not_decide() -> None:
    stream, untouched = Stream(1, "shed"), Stream(1, "shed")
    shedder = UtilisationShedder(UtilisationConfig(10), stream)
    assert shedder.admits(SHEDDABLE, 0)
    shedder.changed(20, 0)
    assert not shedder.admits(CRITICAL_PLUS, 100 * S)
    assert stream.word() == untouched.word()


def test_a_burst_is_too_short_to_be_refused() -> None:
    shedder = UtilisationShedder(UtilisationConfig(10), Stream(1, "shed"))
    shedder.changed(20, 0)
    assert shedder.admits(SHEDDABLE, S // 10)
    assert not shedder.admits(SHEDDABLE, 2 * S)


LEVELS = UtilisationConfig(1).levels


@pytest.mark.parametrize(
    "config",
    [
        UtilisationConfig(0),
        UtilisationConfig(1, levels={CRITICAL: (0.1, 0.2)}),
        UtilisationConfig(1, levels={**LEVELS, SHEDDABLE: (0.5, 0.5)}),
        UtilisationConfig(1, levels={**LEVELS, SHEDDABLE: (-0.1, 0.5)}),
    ],
)
def test_levels_that_make_no_sense_are_refused(config: UtilisationConfig) -> None:
    with pytest.raises(ConfigError, match="utilisation"):
        UtilisationShedder(config, Stream(1, "shed"))


def test_a_shed_class_keeps_a_trickle_of_tokens() -> None:
    fallback = TokenFallback({CRITICAL: TokenBucket(Rate(1), 2)})
    assert [fallback.admits(CRITICAL, True, 0) for _ in range(3)] == [True, True, False]
    assert not fallback.admits(CRITICAL, True, S - 1)
    assert fallback.admits(CRITICAL, True, S)


def test_what_is_not_shed_takes_no_token() -> None:
    fallback = TokenFallback({CRITICAL: TokenBucket(Rate(1), 1)})
    assert all(fallback.admits(CRITICAL, False, 0) for _ in range(9))
    assert fallback.admits(CRITICAL, True, 0)


def test_a_class_without_tokens_stays_shed() -> None:
    assert not TokenFallback({CRITICAL: TokenBucket(Rate(1), 1)}).admits(SHEDDABLE, True, 0)


def test_a_class_may_have_no_share_and_a_capacity_may_be_nothing() -> None:
    closed = PriorityShedder(PriorityConfig(0))
    assert not closed.admits(CRITICAL_PLUS, 0)
    shares = {SHEDDABLE: 0.0, SHEDDABLE_PLUS: 0.0, CRITICAL: 1.0, CRITICAL_PLUS: 1.0}
    shedder = PriorityShedder(PriorityConfig(1, shares))
    assert [shedder.admits(level, 0) for level in Criticality] == [False, False, True, True]


def test_one_slot_and_refusals_from_the_start_are_allowed() -> None:
    levels = {**LEVELS, SHEDDABLE: (0.0, 0.5)}
    shedder = UtilisationShedder(UtilisationConfig(1, levels=levels), Stream(1, "shed"))
    assert shedder.admits(SHEDDABLE, 0)
