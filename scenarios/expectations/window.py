"""The stretch of a run that an expectation looks at, and how its results are worded."""

from models.base.time import DurationNs, TimeNs
from models.records.manifest import Manifest, Phase
from models.records.record import ExpectationResult

RUN = "run"
SLICE_NS: DurationNs = 5_000_000_000
"""Length of the slices among which the first violation is looked for."""


def window_of(manifest: Manifest, during: str) -> Phase:
    """The named phase, or the whole run."""
    if during == RUN:
        return Phase(RUN, 0, manifest.end_ns)
    return manifest.phase(during)


def bounded(
    expectation: str,
    *,
    holds: bool,
    target: str,
    observed: str,
    during: str,
    margin: float | None = None,
    first_violation_ns: TimeNs | None = None,
) -> ExpectationResult:
    """A result; the first violation is kept only where there is one."""
    return ExpectationResult(
        expectation=expectation,
        holds=holds,
        target=target,
        observed=observed,
        margin=margin,
        first_violation_ns=None if holds else first_violation_ns,
        during=during,
    )


def share_left(observed: float, limit: float) -> float | None:
    """How far ``observed`` stays under ``limit``, as a share of it; negative above it."""
    return (limit - observed) / limit if limit else None
