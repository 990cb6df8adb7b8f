"""Portable hashes of keys and members."""

from hypothesis import given, settings
from hypothesis import strategies as st

from models.traffic.balancer.hashing import key_of, mix, words_of


def test_keys_are_mixed_as_splitmix64_numbers_its_outputs() -> None:
    """Its first three outputs from seed 0, which steps by 0x9E3779B97F4A7C15."""
    step = 0x9E3779B97F4A7C15
    outputs = (0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F)
    assert tuple(mix(step * turn) for turn in range(3)) == outputs


def test_keys_in_a_row_are_spread_evenly() -> None:
    tenths = [0] * 10
    for key in range(10_000):
        tenths[mix(key) * 10 >> 64] += 1
    # Chi-square with 9 degrees of freedom, one in a thousand above 27.9.
    assert sum((seen - 1000) ** 2 / 1000 for seen in tenths) < 27.9


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers())
def test_only_the_lowest_64_bits_of_a_key_count(key: int) -> None:
    assert mix(key) == mix(key % 2**64)
    assert 0 <= mix(key) < 2**64


def test_a_text_gives_the_same_key_on_every_machine() -> None:
    assert key_of("tenant-7") == 1625018914862440214
    assert key_of("tenant-8") != key_of("tenant-7")


def test_a_shorter_row_of_words_begins_a_longer_one() -> None:
    assert words_of("7", 20)[:5] == words_of("7", 5)
    assert len(set(words_of("7", 20) + words_of("8", 20))) == 40


def test_words_are_the_same_on_every_machine() -> None:
    assert words_of("7", 9)[8] == 2194484027674149150
