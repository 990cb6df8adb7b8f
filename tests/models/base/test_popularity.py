"""Laws over keys: shares, draws, and what is refused."""

from itertools import islice

import numpy as np
import pytest

from models.base.errors import ConfigError
from models.base.keys import KEYS_MAX, KeyLaw
from models.base.popularity import is_absent, make_keys, shares
from models.base.streams import Stream

DRAWS = 200_000


def drawn(law: KeyLaw, count: int = DRAWS, name: str = "keys") -> np.ndarray:
    return np.array(list(islice(make_keys(law, Stream(3, name)), count)))


def test_zipf_shares_fall_as_the_power_of_the_rank() -> None:
    zipf = shares(KeyLaw(4, 1.0))
    assert zipf == pytest.approx(np.array([12, 6, 4, 3]) / 25)


def test_without_an_exponent_all_keys_are_alike() -> None:
    assert shares(KeyLaw(5)).tolist() == [0.2] * 5


@pytest.mark.parametrize("law", [KeyLaw(10), KeyLaw(10, 0.9), KeyLaw(10, 2.0)])
def test_keys_are_drawn_in_their_shares(law: KeyLaw) -> None:
    found = np.bincount(drawn(law), minlength=law.count) / DRAWS
    expected = shares(law)
    spread = np.sqrt(expected * (1 - expected) / DRAWS)
    assert np.all(np.abs(found - expected) < 4.5 * spread)


def test_one_key_is_always_asked_for() -> None:
    assert set(drawn(KeyLaw(1, 0.8), 50)) == {0}


@pytest.mark.parametrize("ratio", [0.0, 0.1, 0.5, 1.0])
def test_that_share_of_the_keys_is_absent_among_popular_and_rare_ones(ratio: float) -> None:
    for first in (0, 1000, 123_000):
        absent = sum(is_absent(key, ratio) for key in range(first, first + 1000))
        assert absent == pytest.approx(1000 * ratio, abs=3)


def test_keys_follow_their_stream_alone() -> None:
    law = KeyLaw(100, 0.8)
    assert drawn(law, 5000).tolist() == drawn(law, 9000)[:5000].tolist()
    assert drawn(law, 50).tolist() != drawn(law, 50, "others").tolist()


@pytest.mark.parametrize(
    "law", [KeyLaw(0), KeyLaw(KEYS_MAX + 1), KeyLaw(5, -0.1), KeyLaw(5, float("inf"))]
)
def test_a_law_that_makes_no_sense_is_refused(law: KeyLaw) -> None:
    with pytest.raises(ConfigError, match="keys: "):
        shares(law)
