"""The proxy of an edge from its written form."""

from collections.abc import Sequence
from fractions import Fraction

from models.base.outcome import Outcome
from models.base.time import NS_PER_S
from models.traffic.concurrency.aimd import AimdConfig
from models.traffic.concurrency.base import LimitRange
from models.traffic.config import BudgetConfig
from models.traffic.fallback import FallbackConfig
from models.traffic.hedging import HedgeConfig
from models.traffic.limiter.base import Rate
from models.traffic.outlier.config import (
    ConsecutiveConfig,
    FailureShareConfig,
    OutlierConfig,
    SuccessRateConfig,
)
from models.traffic.proxy.config import LimitBy, LimitStoreConfig, ProxyConfig, RateLimitConfig
from scenarios.compile.findings import Findings
from scenarios.compile.laws import distribution_of
from scenarios.document.edges import EdgeDoc
from scenarios.document.proxy import ConcurrencyDoc, HedgeDoc, LimitDoc, LimitStoreDoc, OutlierDoc
from scenarios.source.marks import KeyPath

_BUDGET_STEPS = 1000
_DENOMINATOR_MAX = 10**9


def check_proxy(path: KeyPath, doc: EdgeDoc, zones: Sequence[str], findings: Findings) -> None:
    """Policies that do not go together, or could never do anything."""
    if doc.hedge is not None:
        if doc.retry.retries:
            findings.at_key((*path, "hedge"), "an edge hedges or retries, not both")
        budget = doc.hedge.budget
        if budget is not None and round(budget * _BUDGET_STEPS) / _BUDGET_STEPS != budget:
            findings.at_value((*path, "hedge", "budget"), "a hedge budget goes in steps of 0.1%")
    if doc.limit is not None:
        _check_limit((*path, "limit"), doc.limit, zones, findings)
    if doc.outlier is not None and doc.outlier.max_ejected == 0:
        findings.at_value((*path, "outlier", "max_ejected"), "nobody could ever be ejected")


def _check_limit(path: KeyPath, doc: LimitDoc, zones: Sequence[str], findings: Findings) -> None:
    if doc.rate == 0:
        findings.at_value((*path, "rate"), "must be more than 0")
    if doc.store is not None and doc.store.zone not in zones:
        findings.unknown((*path, "store", "zone"), "zone", doc.store.zone, zones)


def proxy_config(doc: EdgeDoc) -> ProxyConfig | None:
    """What the proxy does, None for nothing."""
    config = ProxyConfig(
        limit=None if doc.limit is None else _limit(doc.limit),
        concurrency=None if doc.concurrency is None else _concurrency(doc.concurrency),
        outlier=None if doc.outlier is None else _outlier(doc.outlier),
        hedge=None if doc.hedge is None else _hedge(doc.hedge),
        fallback=None if doc.fallback is None else _fallback(doc.fallback.on),
    )
    return config if config.is_on else None


def _limit(doc: LimitDoc) -> RateLimitConfig:
    rate = Fraction(doc.rate).limit_denominator(_DENOMINATOR_MAX)
    return RateLimitConfig(
        Rate(max(rate.numerator, 1), max(rate.denominator, 1) * NS_PER_S),
        doc.burst,
        None if doc.store is None else _limit_store(doc.store),
    )


def _limit_store(doc: LimitStoreDoc) -> LimitStoreConfig:
    return LimitStoreConfig(
        doc.zone,
        LimitBy(doc.by),
        None if doc.work is None else distribution_of(doc.work),
        doc.timeout,
        doc.fail == "open",
        doc.remember,
    )


def _concurrency(doc: ConcurrencyDoc) -> int | AimdConfig:
    if not doc.learn:
        return doc.limit
    return AimdConfig(LimitRange(doc.limit, doc.lowest, doc.highest), slow_ns=doc.slow)


def _outlier(doc: OutlierDoc) -> OutlierConfig:
    rates, shares = float(doc.success_rate), float(doc.failure_share is not None)
    return OutlierConfig(
        consecutive_5xx=ConsecutiveConfig(doc.consecutive_5xx),
        consecutive_gateway=ConsecutiveConfig(doc.consecutive_gateway),
        consecutive_local=ConsecutiveConfig(doc.consecutive_local),
        success_rate=SuccessRateConfig(
            doc.hosts,
            doc.volume,
            doc.stdev_factor,
            rates,
            rates,
        ),
        failure_share=FailureShareConfig(
            0.85 if doc.failure_share is None else doc.failure_share,
            doc.hosts,
            doc.volume,
            shares,
            shares,
        ),
        interval_ns=doc.interval,
        base_ns=doc.base,
        ejection_ns_max=doc.max_ejection,
        ejected_ratio_max=doc.max_ejected,
        always_eject_one=True,
        split_local_origin=doc.split_local,
    )


def _hedge(doc: HedgeDoc) -> HedgeConfig:
    return HedgeConfig(
        extra_max=doc.extra,
        delay_ns=doc.after,
        quantile=doc.quantile,
        budget=None if doc.budget is None else BudgetConfig(ratio=doc.budget),
    )


def _fallback(on: tuple[str, ...]) -> FallbackConfig:
    return FallbackConfig(has_static=True, covers=frozenset(Outcome[name.upper()] for name in on))
