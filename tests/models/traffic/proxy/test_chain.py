"""The chain of one edge: who is let in, who is judged, what is told."""

import pytest

from models.base.outcome import Outcome
from models.base.streams import Stream
from models.base.time import NS_PER_S
from models.traffic.concurrency.aimd import AimdConfig
from models.traffic.concurrency.base import LimitRange
from models.traffic.fallback import FallbackConfig
from models.traffic.limiter.base import Rate
from models.traffic.outlier.config import ConsecutiveConfig, OutlierConfig
from models.traffic.proxy.chain import TURNED_AWAY, ProxyChain
from models.traffic.proxy.config import ProxyConfig, RateLimitConfig


def chain(**parts: object) -> ProxyChain:
    return ProxyChain(ProxyConfig(**parts), Stream(1, "proxy"), now=0)  # type: ignore[arg-type]


def test_an_empty_chain_lets_everything_through_and_judges_nobody() -> None:
    empty = chain()
    assert not ProxyConfig().is_on
    assert empty.admit(0) != TURNED_AWAY
    assert not empty.heard(1, Outcome.ERROR, 0)
    assert empty.answered(Outcome.ERROR, 0) is Outcome.ERROR
    assert empty.under_way is None


def test_a_rate_is_kept_and_a_burst_allowed() -> None:
    limited = chain(limit=RateLimitConfig(Rate(2), 2))
    assert [bool(limited.admit(0)) for _ in range(3)] == [True, True, False]
    assert limited.admit(NS_PER_S // 2 - 1) == TURNED_AWAY
    assert limited.admit(NS_PER_S // 2) != TURNED_AWAY


def test_a_fixed_number_may_be_under_way() -> None:
    bounded = chain(concurrency=2)
    permits = [bounded.admit(0) for _ in range(3)]
    assert [bool(permit) for permit in permits] == [True, True, False]
    bounded.left(permits[0], Outcome.OK, 5, 5)
    assert bounded.under_way == 1
    bounded.gone(bounded.admit(5))
    assert bounded.under_way == 1


@pytest.mark.parametrize(
    ("outcome", "limit"), [(Outcome.TIMEOUT, 9), (Outcome.SHED, 9), (Outcome.ERROR, 11)]
)
def test_a_learnt_limit_shrinks_when_work_is_dropped(outcome: Outcome, limit: int) -> None:
    learning = chain(concurrency=AimdConfig(LimitRange(10), backoff_ratio=0.95))
    permits = [learning.admit(0) for _ in range(6)]
    learning.left(permits[-1], outcome, 5, 5)
    for _ in range(20):
        learning.admit(5)
    assert learning.under_way == limit


def test_a_rate_limit_comes_before_the_count() -> None:
    both = chain(limit=RateLimitConfig(Rate(1), 1), concurrency=5)
    assert both.admit(0) != TURNED_AWAY
    assert both.admit(0) == TURNED_AWAY
    assert both.under_way == 1


def test_a_member_is_ejected_for_its_row_of_failures() -> None:
    judging = chain(
        outlier=OutlierConfig(consecutive_5xx=ConsecutiveConfig(2), always_eject_one=True)
    )
    assert judging.outliers is not None
    judging.outliers.add(7)
    assert not judging.heard(7, Outcome.ERROR, 1)
    assert judging.heard(7, Outcome.ERROR, 2)
    assert judging.outliers.is_ejected(7)


def test_a_fallback_hides_what_it_covers_and_is_counted() -> None:
    ready = chain(fallback=FallbackConfig(has_static=True, covers=frozenset({Outcome.ERROR})))
    assert ready.answered(Outcome.OK, 0) is Outcome.OK
    assert ready.answered(Outcome.ERROR, 0) is Outcome.FALLBACK
    assert ready.answered(Outcome.TIMEOUT, 0) is Outcome.TIMEOUT
    assert ready.fallbacks == 1
