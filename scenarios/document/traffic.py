"""Load sources as written: whom they call, with which mix, at which rate over time."""

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from scenarios.document.quantities import CivilTime, PositiveDuration, Rate, Ratio
from scenarios.document.shapes import Name, Section, Several, exactly_one_of, first_key_of


class ConstantArrivals(Section):
    """The same rate throughout."""

    rate: Rate


class StepDoc(Section):
    """One stair of a load test; the last may leave ``for`` out and holds to the end."""

    rate: Rate
    for_: PositiveDuration | None = Field(default=None, alias="for")


class SteppedArrivals(Section):
    """Stairs from the start of measure; warm up runs at the first stair's rate."""

    steps: Annotated[Several[StepDoc], Field(min_length=1, max_length=1000)]


class ProfileArrivals(Section):
    """A recorded rate from a CSV file: value / per * scale, from ``from``, played faster."""

    profile: str
    column: str = "value"
    time_column: str = "timestamp"
    per: PositiveDuration
    from_: CivilTime | None = Field(default=None, alias="from")
    speed: Annotated[float, Field(gt=0, le=1_000_000)] = 1.0
    scale: Annotated[float, Field(gt=0, le=1e12)] = 1.0


ARRIVAL_KINDS = ("rate", "steps", "profile")
ArrivalsDoc = Annotated[
    Annotated[ConstantArrivals, Tag("<rate")]
    | Annotated[SteppedArrivals, Tag("<steps")]
    | Annotated[ProfileArrivals, Tag("<profile")],
    Discriminator(first_key_of(ARRIVAL_KINDS)),
    exactly_one_of("arrivals", ARRIVAL_KINDS),
]


class SourceDoc(Section):
    """Independent users calling one service; without ``zone`` they are outside every zone."""

    to: Name
    zone: Name | None = None
    mix: dict[str, Ratio] | None = None
    arrivals: ArrivalsDoc
