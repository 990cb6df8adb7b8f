"""Ids: deterministic, unique, never zero, fit for ratio samplers."""

import pytest

from models.base.streams import Stream
from models.telemetry.tracing.context.ids import CountedIds, StreamIds, mixed


class FixedWords:
    def __init__(self, *words):
        self.words = list(words)

    def word(self):
        return self.words.pop(0)


def test_the_same_stream_gives_the_same_ids():
    drawn = [StreamIds(Stream(7, "ids")) for _ in range(2)]
    assert len({(ids.trace_id(), ids.span_id()) for ids in drawn}) == 1


def test_zero_is_drawn_again():
    assert StreamIds(FixedWords(0, 0, 0, 5)).trace_id() == 5
    assert StreamIds(FixedWords(0, 9)).span_id() == 9


def test_a_trace_id_has_its_first_word_above():
    assert StreamIds(FixedWords(1, 2)).trace_id() == 1 << 64 | 2


def test_counted_ids_begin_again_with_each_source_and_never_repeat():
    first, second = CountedIds(), CountedIds()
    numbers = [first.trace_id() for _ in range(1000)]
    assert numbers == [second.trace_id() for _ in range(1000)]
    assert len(set(numbers)) == 1000
    spans = {first.span_id() for _ in range(1000)}
    assert len(spans) == 1000
    assert 0 not in spans


def test_origins_share_no_span_id():
    sources = [CountedIds(origin) for origin in range(3)]
    assert len({ids.span_id() for ids in sources for _ in range(100)}) == 300


@pytest.mark.parametrize("shift", [0, 8])
def test_counted_ids_look_like_dice_to_a_ratio(shift):
    ids = CountedIds()
    low = [ids.trace_id() >> shift & 0xFF for _ in range(2560)]
    counts = [low.count(byte) for byte in range(256)]
    chi_square = sum((count - 10) ** 2 / 10 for count in counts)
    assert 185 < chi_square < 340  # 99.9 % of chi-square with 255 degrees of freedom


def test_mixing_is_one_to_one_where_it_can_be_checked():
    assert mixed(0) == 0
    assert len({mixed(number) for number in range(4096)}) == 4096
