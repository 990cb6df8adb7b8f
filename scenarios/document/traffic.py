"""Load sources as written: whom they call, with which mix, at which rate over time."""

from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from models.base.keys import KEYS_MAX
from scenarios.document.distributions import DistributionDoc
from scenarios.document.gateway import HttpDoc
from scenarios.document.quantities import (
    CivilTime,
    Duration,
    PositiveDuration,
    Rate,
    Ratio,
    mistake,
)
from scenarios.document.queueing import TenantNumber
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


class EvenArrivals(Section):
    """One request every so often, evenly spaced."""

    every: PositiveDuration


class RandomArrivals(Section):
    """Independent gaps between requests, by any law of durations."""

    gaps: DistributionDoc


class RampDoc(Section):
    """From one rate to another in a straight line, beginning ``at`` after the start of measure."""

    from_: Rate = Field(alias="from")
    to: Rate
    over: PositiveDuration
    at: Duration = 0


class RampArrivals(Section):
    """A rate that climbs or falls steadily; level before and after."""

    ramp: RampDoc


class SpikeDoc(Section):
    """A base rate, and ``peak`` instead of it for a while, ``at`` after the start of measure."""

    base: Rate
    peak: Rate
    at: Duration
    for_: PositiveDuration = Field(alias="for")
    rise: Duration = 0


class SpikeArrivals(Section):
    """A burst at a known time; with ``rise`` it climbs and falls in straight lines."""

    spike: SpikeDoc


class DiurnalDoc(Section):
    """A day's wave: ``mean`` rate, up and down by ``swing`` of it, highest at ``peak_at``.

    ``peak_at`` counts from the start of measure.
    """

    mean: Rate
    swing: Ratio = 0.5
    period: PositiveDuration = 86_400_000_000_000
    peak_at: Duration = 0


class DiurnalArrivals(Section):
    """A rate that follows a sine."""

    diurnal: DiurnalDoc


class BurstStateDoc(Section):
    """A rate that holds for a random time of that mean."""

    rate: Rate
    for_: PositiveDuration = Field(alias="for")


class BurstyArrivals(Section):
    """Rates that take turns for random times: a Markov-modulated Poisson process."""

    bursts: Annotated[Several[BurstStateDoc], Field(min_length=2, max_length=20)]


class InstantsArrivals(Section):
    """The requests of a log: a CSV file with the time of each.

    Playing begins at ``from`` (default: the first row) when the run begins, warm up included,
    ``speed`` times faster than it was recorded.
    """

    instants: str
    column: str = "timestamp"
    from_: CivilTime | None = Field(default=None, alias="from")
    speed: Annotated[float, Field(gt=0, le=1_000_000)] = 1.0


ARRIVAL_KINDS = (
    "rate", "steps", "profile", "every", "gaps", "ramp", "spike", "diurnal", "bursts", "instants",
)  # fmt: skip
ArrivalsDoc = Annotated[
    Annotated[ConstantArrivals, Tag("<rate")]
    | Annotated[SteppedArrivals, Tag("<steps")]
    | Annotated[ProfileArrivals, Tag("<profile")]
    | Annotated[EvenArrivals, Tag("<every")]
    | Annotated[RandomArrivals, Tag("<gaps")]
    | Annotated[RampArrivals, Tag("<ramp")]
    | Annotated[SpikeArrivals, Tag("<spike")]
    | Annotated[DiurnalArrivals, Tag("<diurnal")]
    | Annotated[BurstyArrivals, Tag("<bursts")]
    | Annotated[InstantsArrivals, Tag("<instants")],
    Discriminator(first_key_of(ARRIVAL_KINDS)),
    exactly_one_of("arrivals", ARRIVAL_KINDS),
]


class UsersDoc(Section):
    """People who wait for an answer, think, and ask again: a closed loop.

    They come one after another over ``ramp``. With ``journey``, endpoints of the mix, each goes
    through these in order, then rests (``rest``, by default another think) and begins anew.
    """

    count: Annotated[int, Field(ge=1, le=100_000)]
    think: DistributionDoc
    ramp: Duration = 0
    journey: Annotated[Several[str], Field(min_length=1, max_length=100)] | None = None
    rest: DistributionDoc | None = None


class RequestKeysDoc(Section):
    """What requests are about: one of ``count`` keys, key k in proportion to k ** -zipf.

    ``hot`` is the share of requests that asks for one hot key whatever the law says.
    """

    count: Annotated[int, Field(ge=1, le=KEYS_MAX)]
    zipf: Annotated[float, Field(ge=0.0, le=10.0)] = 0.0
    hot: Ratio = 0.0


CriticalityName = Literal["sheddable", "sheddable_plus", "critical", "critical_plus"]


class SourceDoc(Section):
    """Users calling one service; without ``zone`` they are outside every zone.

    Independent users come by ``arrivals``; ``users`` are a fixed number who wait for answers.
    ``tenants`` are shares of who is asking, by number; ``criticality`` is how much requests to an
    endpoint matter; after ``patience`` an answer is of no use to anybody. ``http`` is how they
    look to a gateway.
    """

    to: Name
    zone: Name | None = None
    mix: dict[str, Ratio] | None = None
    arrivals: ArrivalsDoc | None = None
    users: UsersDoc | None = None
    keys: RequestKeysDoc | None = None
    tenants: dict[TenantNumber, Ratio] | None = None
    criticality: dict[str, CriticalityName] | None = None
    patience: PositiveDuration | None = None
    http: HttpDoc | None = None

    @model_validator(mode="after")
    def _one_kind_of_load(self) -> Self:
        if self.arrivals is None and self.users is None:
            raise mistake("this needs 'arrivals', or 'users' who wait for answers")
        if self.arrivals is not None and self.users is not None:
            raise mistake("users who wait have no arrivals of their own", field="arrivals")
        return self
