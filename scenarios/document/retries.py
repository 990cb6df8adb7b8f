"""Back-off, budgets and deadlines of calls, as written."""

from typing import Annotated, Literal

from pydantic import Field

from scenarios.document.quantities import Duration, Ratio
from scenarios.document.shapes import Section

_Count = Annotated[int, Field(ge=1, le=1_000_000)]


class BackoffDoc(Section):
    """Pause before an extra try: min(cap, base * multiplier**try), spread by ``jitter``.

    ``growth`` fixed waits base each time, sum adds the powers up. With a pause t, jitter full
    draws from [0, t), equal from [t / 2, t), around from [t (1 - spread), t (1 + spread)), and
    decorrelated from [base, 3 * the pause before), up to cap.
    """

    base: Duration = 25_000_000
    cap: Duration = 250_000_000
    jitter: Literal["none", "full", "equal", "around", "decorrelated"] = "full"
    growth: Literal["fixed", "power", "sum"] = "power"
    multiplier: Annotated[float, Field(ge=1.0, le=100.0)] = 2.0
    spread: Ratio = 0.2


class BudgetDoc(Section):
    """What extra tries may cost, ``by`` a law.

    ``tokens``: each first try earns ``ratio``, each extra try costs one; ``reserve`` at first,
    ``cap`` at most. ``results`` (gRPC throttling): a failed try costs a token, a good one earns
    ``ratio`` (10%); retries while more than half of ``cap`` (10) are left. ``active`` (Envoy):
    ``ratio`` (20%) of the tries under way may be retries, ``reserve`` (3) always. ``window``
    (Finagle): ``ratio`` (20%) of the first tries of the last ``window``, and ``reserve`` (10) a
    second on top. ``quota`` (AWS): a retry costs ``cost``, after a time-out ``timeout_cost``, of
    ``cap`` (500); a success gives back what its retry cost, or ``refund``.
    """

    by: Literal["tokens", "results", "active", "window", "quota"] = "tokens"
    ratio: Ratio = 0.2
    reserve: Annotated[int, Field(ge=0, le=1_000_000)] = 10
    cap: _Count = 100
    window: Duration = 10_000_000_000
    cost: _Count = 5
    timeout_cost: _Count = 10
    refund: Annotated[int, Field(ge=0, le=1_000_000)] = 1


class DeadlineDoc(Section):
    """``total`` counts from the first try, 0 is no bound of its own.

    With ``propagate`` a call is wanted no longer than the work on whose behalf it is made, less
    ``margin`` for the way back. A call that has no time left is not sent.
    """

    total: Duration = 0
    propagate: bool = False
    margin: Duration = 0
