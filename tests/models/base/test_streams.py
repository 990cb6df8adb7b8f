"""Named streams: one sequence of words, whatever the verb and the chunk."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from scipy import stats

from models.base.errors import ConfigError
from models.base.streams import BELOW_MAX, Stream, unit_floats

FIRST_WORDS = {
    (7, "demand/frontend"): (0xAC0B8361AD5C9F38, 0x86D1D14733725CEE, 0x85EF7EBCD96727A3),
    (7, "demand/backend"): (0xC4A1DEF3756E5ABC, 0x669FC5A796EB1FBF, 0xDC615B7499272E33),
    (8, "demand/frontend"): (0x6F0036D72E6DF299, 0xB054A1FC0A0AAEB4, 0x6C81EF6F6EF4DACF),
    (-1, ""): (0x96FB274D516D76AF, 0x31FA3EC28384DC80, 0x35FF41C0CAB8013D),
}


def reference_below(words: list[int], n: int) -> int:
    """Whole-number arithmetic only, straight from the paper; takes its words from the front."""
    while True:
        choice, remainder = divmod((words.pop(0) >> 11) * n, 2**53)
        if remainder >= 2**53 % n:
            return choice


def stream_about_to_draw(*uniforms: float) -> Stream:
    stream = Stream(1, "prepared")
    stream._uniforms = list(reversed(uniforms))
    return stream


@pytest.mark.parametrize(("label", "words"), FIRST_WORDS.items())
def test_a_root_seed_and_a_name_fix_the_words(
    label: tuple[int, str], words: tuple[int, ...]
) -> None:
    stream = Stream(*label)
    assert tuple(stream.word() for _ in words) == words


def test_names_that_share_characters_with_the_seed_are_other_streams() -> None:
    assert Stream(1, "1/a").word() != Stream(11, "/a").word()


def test_two_streams_of_one_label_do_not_share_state() -> None:
    first, second = Stream(3, "x"), Stream(3, "x")
    first.words(1000)
    assert second.word() == Stream(3, "x").word()


def test_a_uniform_is_the_upper_53_bits_of_a_word() -> None:
    words = Stream(3, "x").words(500).tolist()
    stream = Stream(3, "x")
    assert [stream.uniform() for _ in words] == [float(Fraction(w >> 11, 2**53)) for w in words]


def test_the_largest_word_stays_under_one_and_the_smallest_is_zero() -> None:
    extremes = unit_floats(np.array([0, 2**11 - 1, 2**64 - 1], np.uint64))
    assert extremes.tolist() == [0.0, 0.0, 1.0 - 2.0**-53]


def test_uniforms_fit_the_uniform_law() -> None:
    # Kolmogorov-Smirnov at the 1 % level for a fixed seed.
    draws = Stream(11, "uniform").uniforms(20_000)
    assert stats.kstest(draws, "uniform").statistic < 1.63 / np.sqrt(20_000)


@given(n=st.one_of(st.integers(1, 50), st.integers(1, BELOW_MAX)), seed=st.integers(0, 2**32))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_below_agrees_with_whole_number_arithmetic(n: int, seed: int) -> None:
    words = Stream(seed, "below").words(400).tolist()
    stream = Stream(seed, "below")
    assert [stream.below(n) for _ in range(40)] == [reference_below(words, n) for _ in range(40)]


def test_below_rejects_the_word_that_would_make_one_integer_likelier() -> None:
    # 2**53 = 2 (mod 3): of the remainders of 3k, 0 and 1 are one too many.
    over = (2**53 + 1) // 3
    assert over * 3 % 2**53 == 1
    assert stream_about_to_draw(over * 2.0**-53, 0.9).below(3) == 2


def test_below_rejects_a_remainder_that_survives_in_floats() -> None:
    n, over = 1_000_008, 9_007_127_198
    assert n // 4 < over * n % 2**53 < 2**53 % n
    assert over * 2.0**-53 * n > 1.0
    assert stream_about_to_draw(over * 2.0**-53, 0.1).below(n) == n // 10


def test_below_accepts_the_first_remainder_that_is_not_one_too_many() -> None:
    first = (2**54 + 2) // 3
    assert first * 3 % 2**53 == 2
    assert stream_about_to_draw(first * 2.0**-53, 0.1).below(3) == 2


def test_below_does_not_let_rounding_lift_a_product_to_the_next_integer() -> None:
    # The exact product is 2**52 - 2**-53 or so, which rounds to a whole number.
    n = 2**52 + 1
    uniform = 1.0 - 2.0**-52
    exact = Fraction(uniform) * n
    assert int(uniform * n) != exact.numerator // exact.denominator
    assert stream_about_to_draw(uniform).below(n) == exact.numerator // exact.denominator


def test_below_one_is_zero() -> None:
    assert {Stream(1, "one").below(1) for _ in range(5)} == {0}


def test_below_takes_the_largest_bound() -> None:
    assert Stream(5, "wide").below(BELOW_MAX) == Stream(5, "wide").word() >> 11


@pytest.mark.parametrize("n", [0, -1, -2, BELOW_MAX + 1])
def test_a_bound_out_of_range_is_refused(n: int) -> None:
    for uniform in (0.0, 0.25, 0.5, 0.7):
        with pytest.raises(ConfigError, match="cannot draw below"):
            stream_about_to_draw(uniform).below(n)


def test_each_integer_below_ten_is_as_likely() -> None:
    # Chi-square at the 1 % level for a fixed seed.
    stream = Stream(11, "ten")
    counts = np.bincount([stream.below(10) for _ in range(20_000)], minlength=10)
    assert stats.chisquare(counts).pvalue > 0.01


class OneSequence(RuleBasedStateMachine):
    """Any mixture of verbs takes the words of one list from the front."""

    @initialize(seed=st.integers(-3, 2**70))
    def begin(self, seed: int) -> None:
        self.stream = Stream(seed, "mixture")
        self.words = [int(w) for w in Stream(seed, "mixture")._bits.random_raw(30_000)]

    @rule()
    def uniform(self) -> None:
        assert self.stream.uniform() == (self.words.pop(0) >> 11) * 2.0**-53

    @rule()
    def word(self) -> None:
        assert self.stream.word() == self.words.pop(0)

    @rule(n=st.integers(1, 2**53))
    def below(self, n: int) -> None:
        assert self.stream.below(n) == reference_below(self.words, n)

    @precondition(lambda self: len(self.words) > 5000)
    @rule(count=st.one_of(st.integers(0, 200), st.just(64)))
    def many_words(self, count: int) -> None:
        assert self.stream.words(count).tolist() == self.words[:count]
        del self.words[:count]

    @precondition(lambda self: len(self.words) > 5000)
    @rule(count=st.integers(0, 200))
    def many_uniforms(self, count: int) -> None:
        expected = [(word >> 11) * 2.0**-53 for word in self.words[:count]]
        assert self.stream.uniforms(count).tolist() == expected
        del self.words[:count]


OneSequence.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=40, stateful_step_count=40
)
TestOneSequence = OneSequence.TestCase
