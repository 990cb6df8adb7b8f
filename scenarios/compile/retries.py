"""Retries and deadlines of an edge from their written form."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

from models.base.errors import ConfigError
from models.base.outcome import Outcome
from models.traffic.budget.kinds import make_allowance
from models.traffic.config import (
    ActiveShareConfig,
    BackoffConfig,
    BudgetConfig,
    DeadlineConfig,
    Growth,
    Jitter,
    QuotaConfig,
    RetryConfig,
    ThrottleConfig,
    WindowBudgetConfig,
)
from scenarios.compile.findings import Findings
from scenarios.document.edges import EdgeDoc, RetryDoc
from scenarios.document.retries import BackoffDoc, BudgetDoc, DeadlineDoc
from scenarios.document.services import ServiceDoc
from scenarios.source.marks import KeyPath
from scenarios.source.problems import quoted

_BUDGET_STEPS = 1000
_Budget: TypeAlias = (
    BudgetConfig | ThrottleConfig | ActiveShareConfig | WindowBudgetConfig | QuotaConfig
)
_LAWS: Mapping[str, tuple[type[_Budget], Mapping[str, str]]] = MappingProxyType(
    {
        "tokens": (BudgetConfig, {"ratio": "ratio", "reserve": "reserve", "cap": "cap"}),
        "results": (ThrottleConfig, {"ratio": "ratio", "cap": "tokens_max"}),
        "active": (ActiveShareConfig, {"ratio": "ratio", "reserve": "retries_min"}),
        "window": (
            WindowBudgetConfig,
            {"ratio": "ratio", "reserve": "retries_min_per_s", "window": "window_ns"},
        ),
        "quota": (
            QuotaConfig,
            {
                "cap": "capacity",
                "cost": "cost",
                "timeout_cost": "timeout_cost",
                "refund": "refund",
            },
        ),
    }
)
"""Budgets by the name of their law, and what the keys that each of them reads are called."""


def check_retries(path: KeyPath, doc: EdgeDoc, findings: Findings) -> None:
    """Find pauses, budgets and deadlines that make no sense."""
    _check_backoff((*path, "retry", "backoff"), doc.retry.backoff, findings)
    if doc.retry.budget is not None:
        _check_budget((*path, "retry", "budget"), doc.retry.budget, findings)
    deadline = doc.deadline
    if deadline is not None and deadline.total == 0 and not deadline.propagate:
        findings.at_key((*path, "deadline"), "a deadline has a total, or propagates, or both")
    if deadline is not None and deadline.margin and not deadline.propagate:
        findings.at_key((*path, "deadline", "margin"), "a margin is kept only of what propagates")


def _check_backoff(path: KeyPath, backoff: BackoffDoc, findings: Findings) -> None:
    written = backoff.model_fields_set
    if backoff.cap < backoff.base:
        findings.at_value((*path, "cap"), "cap must not be less than base")
    if "spread" in written and backoff.jitter != "around":
        findings.at_key((*path, "spread"), "only jitter 'around' reads this key")
    if "multiplier" in written and backoff.growth == "fixed":
        findings.at_key((*path, "multiplier"), "a fixed pause does not grow")
    if backoff.jitter == "decorrelated":
        for key in sorted(written & {"growth", "multiplier"}):
            findings.at_key((*path, key), "jitter 'decorrelated' does not read this key")


def _check_budget(path: KeyPath, budget: BudgetDoc, findings: Findings) -> None:
    law = _LAWS[budget.by][1]
    strange = sorted(budget.model_fields_set - law.keys() - {"by"})
    for key in strange:
        findings.at_key((*path, key), f"a budget by {quoted(budget.by)} does not read this key")
    if budget.by == "tokens" and budget.reserve > budget.cap:
        findings.at_value((*path, "reserve"), "reserve must not be more than cap")
    elif round(budget.ratio * _BUDGET_STEPS) / _BUDGET_STEPS != budget.ratio:
        findings.at_value((*path, "ratio"), "a retry budget goes in steps of 0.1%")
    elif not strange:
        try:
            make_allowance(_budget(budget))
        except ConfigError as error:
            findings.at_key(path, str(error))


def retry_config(doc: RetryDoc, callee: ServiceDoc | None) -> RetryConfig:
    """Retries of calls to a service, None if there is no such service."""
    backoff = doc.backoff
    endpoints = {} if callee is None else callee.endpoints
    return RetryConfig(
        retries=doc.retries,
        backoff=BackoffConfig(
            backoff.base,
            backoff.cap,
            Jitter(backoff.jitter),
            Growth(backoff.growth),
            backoff.multiplier,
            backoff.spread,
        ),
        budget=None if doc.budget is None else _budget(doc.budget),
        retry_on=frozenset(Outcome[name.upper()] for name in doc.on),
        once=frozenset(name for name, endpoint in endpoints.items() if not endpoint.idempotent),
    )


def _budget(doc: BudgetDoc) -> _Budget:
    kind, names = _LAWS[doc.by]
    written = {names[key]: getattr(doc, key) for key in doc.model_fields_set if key in names}
    return kind(**written)


def deadline_config(doc: DeadlineDoc | None) -> DeadlineConfig | None:
    """Deadlines of calls, None for none."""
    return None if doc is None else DeadlineConfig(doc.total, doc.propagate, doc.margin)
