"""All families' scorers, imported so that they register, and the cases in a good order."""

from tests.theory import (
    availability,
    balancing,
    breakdown,
    burning,
    caching,
    chance,
    closed,
    deciders,
    hashing,
    health,
    hedging,
    naming,
    networks,
    overload,
    queues,
    redundancy,
    sharing,
)
from tests.theory.cases import Case, all_cases
from tests.theory.registry import REGISTRY, Scorer
from tests.theory.waiting import reason_of

FAMILIES = (
    availability,
    balancing,
    breakdown,
    burning,
    caching,
    chance,
    closed,
    deciders,
    hashing,
    health,
    hedging,
    naming,
    networks,
    overload,
    queues,
    redundancy,
    sharing,
)
QUICK = (
    "avail-1of2-100-10-independent", "avail-freq-2of3-100-10-single",
    "avail-outage-3of4-100-5-single", "backoff-full-0.1-10-5", "ballsbins-100",
    "ballsbins-max-10", "birthday-23", "breaker-consec-5-0.5", "breaker-window-20-0.3",
    "burn-budget-ticket-0.999", "burn-detect-page-fast-0.999-0.5",
    "burn-reset-page-fast-0.999-1.0-sat",
    "ch-cv-10-100", "ch-move-add-10", "dm1-Pw-0.5", "dm1-T-0.5", "erlA-10-9.0", "erlA-W-10-12.0",
    "dns-stale-15", "erlB-2-1.0", "fanout-slow-10",
    "fixedwindow-burst", "fj2-0.5", "fjn-4-0.5", "flow-conservation", "hb-false-0.05-3",
    "hb-scan-1-3", "hb-support-1-3", "hc-errors-0.5-3-0.3", "hc-fall-e2s-0.5-3-0.3",
    "hc-rise-2-2", "hedge-exp-mean-p50", "hedge-h2-q0.99-60.0", "hotos-drain",
    "jackson-feedback-T", "jsq-full-2-0.9", "jsq1-T-0.9", "jsq2-T-0.8", "jsq2-s2-0.7",
    "kingman-ub-D/M/1", "kingman-vut-D/M/1", "lease-drift", "little", "lognormal-mean-cv",
    "lru-che-1.0-10000-100", "mva-X-10", "max-exp-mean-2", "max-exp-q99-2", "md1-W99-0.5",
    "meta-fixedpoints-0.6-1-10", "meta-threshold-3", "mg1-T-0.5-0.5", "mg1-Wq-0.5-0",
    "mg1-varW-0.5-1", "mm1-L-0.95", "mm1-T-0.5", "mm1-Tq0.5-0.5", "mm1-Wq-0.5",
    "mm1-breakdown-0.5-0.01-0.1", "mm1-busy-0.5",
    "mm1-pge5-0.8", "mm1-ps-0.5", "mmc-C-4-0.5", "mmc-T-8-0.5", "mmc-T0.95-2-0.5", "mmc-W99-2-0.5",
    "mmc-Wq-8-0.5", "mmck-B-1-5-0.9", "mmck-T-2-10-0.7", "mminf-var", "mod-move-50",
    "mttf-2of3-100-10-single", "nhpp-sine", "pareto-bounded", "poisson-ks", "prio-np-hi-0.3-0.4",
    "prio-np-lo-0.3-0.4", "prio-pr-hi-0.2-0.7", "prio-pr-lo-0.3-0.4", "ps-cond-0.8-0.5",
    "red-10-2-0.7", "retry-amp-0.9-2",
    "retry-budget", "retry-layers-2-3", "rr-ekm1-2-0.7", "rr-ekmc-4-2-0.5",
    "rr-ekmc-q0.5-4-2-0.5", "tandem3-T", "tokenbucket-poisson-12.0-10", "ttl-cache",
)  # fmt: skip
"""The ordinary test run takes a tenth of the effort for these: one or more of each family."""


def scorer_of(case: Case) -> Scorer:
    (scorer,) = REGISTRY.scorers_of(case)
    return scorer


def scored_cases() -> list[Case]:
    """Cases that can be scored; those that look at one run stand side by side."""
    cases = [case for case in all_cases() if reason_of(case) is None]
    return sorted(cases, key=lambda case: (scorer_of(case).__module__, _run_of(case)))


def _run_of(case: Case) -> str:
    return str({name: case.parameters[name] for name in sorted(case.parameters) if name != "k"})
