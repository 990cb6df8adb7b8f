"""When a fault strikes and whom it hits, as written."""

from typing import Annotated

from pydantic import Field

from scenarios.document.quantities import Duration, PositiveDuration, Ratio
from scenarios.document.shapes import Name, Section


class SelectorDoc(Section):
    """Which instances: all given fields narrow the choice, then ``count`` or ``share`` draws.

    ``labels`` are those of services and of their instances; all that are given must agree.
    """

    service: Name | None = None
    instance: Name | None = None
    zone: Name | None = None
    region: Name | None = None
    labels: Annotated[dict[Name, str], Field(min_length=1)] | None = None
    count: Annotated[int, Field(ge=1)] | None = None
    share: Annotated[Ratio, Field(gt=0, le=1)] | None = None


class FaultTiming(Section):
    """``at`` counts from the start of measure; without ``for`` the fault does not end."""

    at: Duration
    for_: PositiveDuration | None = Field(default=None, alias="for")
