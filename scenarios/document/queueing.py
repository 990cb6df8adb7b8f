"""Queues as written: who is served next, how long anybody waits, and what is dropped."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from models.base.time import NS_PER_MS
from scenarios.document.distributions import DistributionDoc
from scenarios.document.quantities import Duration, Ratio, mistake
from scenarios.document.shapes import Section
from scenarios.source.problems import quoted

LENGTH_MAX = 1_000_000
TENANT_DIGITS_MAX = 5


def _tenant(value: str) -> str:
    if not value.isdecimal() or len(value) > TENANT_DIGITS_MAX:
        raise mistake(f"{quoted(value)} is not the number of a tenant")
    return value


TenantNumber = Annotated[str, AfterValidator(_tenant)]


class TurnOverDoc(Section):
    """Serve the newest first at ``at`` waiting, or after so long ``standing``; until ``back``."""

    at: Annotated[int, Field(ge=0, le=LENGTH_MAX)] = 0
    standing: Duration = 100 * NS_PER_MS
    back: Annotated[int, Field(ge=0, le=LENGTH_MAX)] = 0


class QueueDoc(Section):
    """Waiting work of one instance: at most ``limit`` requests, in the order of ``discipline``.

    ``turn_over`` belongs to adaptive_lifo, ``preempt`` to priority, ``weights`` (turns a round by
    tenant) to round_robin. ``patience`` is how long the caller of a queued request waits before
    hanging up. With processor_sharing all ``slots`` share the cores, one unless ``cores`` says
    more.
    """

    limit: Annotated[int, Field(ge=0, le=LENGTH_MAX)]
    discipline: Literal[
        "fifo", "lifo", "adaptive_lifo", "priority", "round_robin", "processor_sharing"
    ] = "fifo"
    turn_over: TurnOverDoc | None = None
    preempt: bool = False
    weights: dict[TenantNumber, Annotated[int, Field(ge=1, le=1000)]] | None = None
    patience: DistributionDoc | None = None


class StandingDoc(Section):
    """A queue that has stood for ``interval`` is cut back to waits of ``target``."""

    target: Duration = 5 * NS_PER_MS
    interval: Duration = 100 * NS_PER_MS


class SharesDoc(Section):
    """Share of the queue that each class of criticality may fill; never less for one above."""

    sheddable: Ratio = 0.4
    sheddable_plus: Ratio = 0.6
    critical: Ratio = 0.8
    critical_plus: Ratio = 1.0


def _deadline(value: object) -> object:
    if value in ("expired", "hopeless"):
        return value
    raise mistake(f"expected 'expired' or 'hopeless', got {quoted(value)}")


class ShedDoc(Section):
    """What is dropped although there is room for it.

    ``deadline: expired`` drops what the caller has given up when its turn comes; ``hopeless``
    also what would be given up before it is done. ``codel`` and ``controlled_delay`` (one of
    them) keep a standing queue short; ``priority`` refuses the least important first.
    """

    deadline: Annotated[Literal["expired", "hopeless"], BeforeValidator(_deadline)] | None = None
    codel: StandingDoc | None = None
    controlled_delay: StandingDoc | None = None
    priority: SharesDoc | None = None
