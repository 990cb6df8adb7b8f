"""What a caller's proxy does on an edge beyond the usual, as written."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from scenarios.document.distributions import DistributionDoc
from scenarios.document.quantities import Duration, PositiveDuration, Rate, Ratio, mistake
from scenarios.document.shapes import Name, Section, Several

_Count = Annotated[int, Field(ge=1, le=1_000_000)]


class LimitStoreDoc(Section):
    """A node in ``zone`` that keeps one limit for all callers of the edge.

    ``by`` key or tenant there is a limit for each of them. The store takes ``work`` to answer, and
    messages take their time. A call whose caller has waited ``timeout`` for the answer is let in
    (``fail`` open) or refused (closed). With ``remember`` what was refused is refused without
    asking until its wait is over.
    """

    zone: Name
    by: Literal["all", "key", "tenant"] = "all"
    work: DistributionDoc | None = None
    timeout: PositiveDuration = 20_000_000
    fail: Literal["open", "closed"] = "open"
    remember: bool = True


class LimitDoc(Section):
    """Calls at no more than ``rate``; after silence a ``burst`` of them at once.

    Each caller counts for itself, unless a ``store`` counts for all.
    """

    rate: Rate
    burst: _Count = 1
    store: LimitStoreDoc | None = None


class ConcurrencyDoc(Section):
    """Calls under way at once: a fixed number, or ``learn`` from time-outs and refusals (AIMD).

    A learnt limit begins at ``limit`` and stays between ``lowest`` and ``highest``; calls slower
    than ``slow`` count against it.
    """

    limit: _Count
    learn: bool = False
    lowest: _Count = 1
    highest: _Count = 1000
    slow: PositiveDuration = 5_000_000_000

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.learn and not self.lowest <= self.limit <= self.highest:
            raise mistake("must be between lowest and highest", field="limit")
        return self


class OutlierDoc(Section):
    """Members that stand out are ejected for a while, longer each time (Envoy's detection).

    ``consecutive_5xx``, ``consecutive_gateway`` and ``consecutive_local`` are failures in a row,
    0 for never; ``success_rate`` judges members against each other every ``interval``, by
    ``stdev_factor``, if at least ``hosts`` of them had ``volume`` requests; ``failure_share``
    ejects members of whose answers that much failed. ``max_ejected`` bounds who is out at once.
    """

    consecutive_5xx: Annotated[int, Field(ge=0, le=100_000)] = 5
    consecutive_gateway: Annotated[int, Field(ge=0, le=100_000)] = 0
    consecutive_local: Annotated[int, Field(ge=0, le=100_000)] = 5
    split_local: bool = False
    success_rate: bool = True
    stdev_factor: Annotated[float, Field(ge=0.0, le=1000.0)] = 1.9
    failure_share: Ratio | None = None
    hosts: _Count = 5
    volume: _Count = 100
    interval: PositiveDuration = 10_000_000_000
    base: PositiveDuration = 30_000_000_000
    max_ejection: PositiveDuration = 300_000_000_000
    max_ejected: Ratio = 0.1

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.max_ejection < self.base:
            raise mistake("must not be less than base", field="max_ejection")
        return self


class HedgeDoc(Section):
    """A further try when the first is late: ``after`` a time, or the ``quantile`` of late.

    ``extra`` such tries at most; ``budget`` is the share of calls that may be hedged, none for
    no bound. The answer that comes first counts, the other try is called off.
    """

    after: Duration | None = None
    quantile: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.95
    extra: Annotated[int, Field(ge=1, le=10)] = 1
    budget: Ratio | None = 0.1


FallbackOn = Literal[
    "error",
    "timeout",
    "queue_full",
    "refused",
    "reset",
    "breaker_open",
    "no_endpoint",
    "shed",
    "expired",
    "limited",
]


class FallbackDoc(Section):
    """A ready answer in place of a failure: the user sees a success, the record what failed."""

    on: Several[FallbackOn] = (
        "error",
        "timeout",
        "queue_full",
        "refused",
        "reset",
        "breaker_open",
        "no_endpoint",
    )
