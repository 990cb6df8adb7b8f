"""What belongs to a balancer besides its policy's own numbers, as written under its key."""

from typing import Annotated, Literal

from pydantic import Field

from scenarios.document.quantities import PositiveDuration, Ratio
from scenarios.document.shapes import Name, Section, Several

_Weight = Annotated[int, Field(ge=1, le=1_000_000)]


class PrioritiesDoc(Section):
    """The first zones serve while they can, the next ones take the overflow.

    ``order`` names zones, the first choice first; zones that it does not name come last, together.
    Without it the caller's own zone comes first and all others together. A level serves its full
    share while ``overprovisioning_percent`` x available / all reaches 100. Where fewer than
    ``panic`` of its members are available, health is ignored, or, with ``fail_on_panic``, nothing
    is sent; 0% switches panic off.
    """

    order: Several[Name] = ()
    overprovisioning_percent: Annotated[int, Field(ge=100, le=10_000)] = 140
    panic: Ratio = 0.5
    fail_on_panic: bool = False


class ZoneAwareDoc(Section):
    """Calls stay in the caller's zone as far as every zone's members bear the same load.

    ``share`` of the calls are routed so, among at least ``members`` available ones. A caller's zone
    of ``force_local`` available members takes all of its calls.
    """

    share: Ratio = 1.0
    members: _Weight = 6
    force_local: _Weight | None = None


class SlowStartDoc(Section):
    """A member that comes up earns its full share over ``window``, beginning at ``lowest``.

    Its share is (age / window) ** (1 / aggression).
    """

    window: PositiveDuration = 30_000_000_000
    aggression: Annotated[float, Field(ge=0.01, le=100.0)] = 1.0
    lowest: Ratio = 0.1


class SubsetDoc(Section):
    """Each caller uses only ``size`` of the members.

    deterministic loads members evenly, rendezvous moves the fewest when membership changes.
    """

    size: _Weight = 20
    method: Literal["deterministic", "rendezvous"] = "deterministic"


class Layered(Section):
    """Keys of a balancer that go with any policy that follows no request keys.

    ``zone_weights`` are shares of the calls by zone, scaled down as a zone loses members.
    ``zone_aware`` or ``zone_weights`` bring ``priorities`` with them: one level and a panic
    threshold of 50%, unless ``priorities`` says else.
    """

    priorities: PrioritiesDoc | None = None
    zone_aware: ZoneAwareDoc | None = None
    zone_weights: Annotated[dict[Name, _Weight], Field(min_length=1)] | None = None
    slow_start: SlowStartDoc | None = None
    subset: SubsetDoc | None = None


class PrequalDoc(Section):
    """How members are probed, and which probe is believed.

    A pick asks for ``probes`` and removes ``removals``, both may be fractions; ``pool`` answers are
    kept, none older than ``age`` or later than ``timeout``. Members with more requests in flight
    than the ``hot`` quantile of the last ``window`` answers are avoided. ``reuse`` says how many
    more uses than are needed the pool may hold ready.
    """

    pool: Annotated[int, Field(ge=2, le=10_000)] = 16
    probes: Annotated[float, Field(gt=0.0, le=100.0)] = 3.0
    removals: Annotated[float, Field(ge=0.0, le=100.0)] = 1.0
    reuse: Annotated[float, Field(ge=0.0, le=1000.0)] = 1.0
    hot: Annotated[float, Field(ge=0.0, le=1.0)] = 0.84
    window: Annotated[int, Field(ge=1, le=100_000)] = 128
    age: PositiveDuration = 1_000_000_000
    timeout: PositiveDuration = 3_000_000
