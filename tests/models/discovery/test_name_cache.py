import pytest

from models.base.errors import ConfigError
from models.discovery.name_cache import NameCache

TTL, RETRY = 30, 2


def cache(start: int = 50) -> NameCache:
    return NameCache(start, ttl_ns=TTL, retry_ns=RETRY)


def test_an_answer_is_used_until_its_time_to_live_is_over() -> None:
    names = cache()
    assert not names.take(now=49)
    assert names.take(now=50)


def test_an_answer_is_good_from_when_it_came_in() -> None:
    names = cache()
    names.take(now=50)
    names.answered(now=51)
    assert not names.take(now=51 + TTL - 1)
    assert names.take(now=51 + TTL)


def test_a_question_without_answer_is_repeated() -> None:
    names = cache()
    names.take(now=57)
    assert names.next_ns == 59
    assert not names.take(now=58)
    assert names.take(now=59)


@pytest.mark.parametrize(("ttl", "retry"), [(0, 1), (1, 0), (-1, 1)])
def test_times_are_longer_than_nothing(ttl: int, retry: int) -> None:
    with pytest.raises(ConfigError, match="longer than 0"):
        NameCache(0, ttl_ns=ttl, retry_ns=retry)
