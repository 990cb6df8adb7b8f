"""What an endpoint remembers, as written: a cache in front of its calls."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from models.base.keys import KEYS_MAX
from scenarios.document.distributions import DistributionDoc
from scenarios.document.quantities import Duration, PositiveDuration, Ratio, mistake
from scenarios.document.shapes import Name, Section
from scenarios.source.problems import quoted


class KeysDoc(Section):
    """What requests ask for: one of ``count`` keys, key k in proportion to k ** -zipf.

    A ``zipf`` of 0 asks for all alike; pages and products are near 0.7 to 1.1.
    """

    count: Annotated[int, Field(ge=1, le=KEYS_MAX)]
    zipf: Annotated[float, Field(ge=0.0, le=10.0)] = 0.0


def _keys(value: object) -> object:
    """None stands for the keys of requests."""
    if value == "request":
        return None
    if isinstance(value, dict | KeysDoc):
        return value
    raise mistake(f"expected 'request' or a section such as {{count: 100}}, got {quoted(value)}")


class CacheDoc(Section):
    """Answers kept by key: the endpoint's calls are made only for what is not there.

    ``keys: request`` caches by what each request is about, as its source's ``keys`` say; otherwise
    the endpoint draws keys of its own. ``capacity`` counts keys, the least recently used leaves
    first. ``jitter`` shortens each ``ttl`` by a random share of up to that. For ``stale`` after its
    end a value is still served while one request refreshes it. ``absent`` is the share of all keys
    that do not exist; ``negative_ttl`` is how long that is remembered. ``early_refresh`` (1 is
    usual) refreshes a value before its end, with a chance that grows with the time its fetch takes.
    With ``coalesce`` one request fetches what many are missing. ``scope`` says who shares a store:
    each instance has its own and loses it when it crashes, or one serves the whole service.
    ``start`` warm is full of the most popular keys, of all ages.
    """

    keys: Annotated[
        KeysDoc | None,
        BeforeValidator(_keys, json_schema_input_type=Literal["request"] | KeysDoc),
    ]
    capacity: Annotated[int, Field(ge=1, le=KEYS_MAX)] = 1000
    ttl: PositiveDuration = 60_000_000_000
    jitter: Ratio = 0.0
    stale: Duration = 0
    absent: Ratio = 0.0
    negative_ttl: Duration = 0
    early_refresh: Annotated[float, Field(ge=0.0, le=1000.0)] = 0.0
    coalesce: bool = True
    scope: Literal["instance", "service"] = "instance"
    start: Literal["empty", "warm"] = "empty"


class ReplicationDoc(Section):
    """A primary and its replicas: endpoints with ``writes`` go to the primary.

    The first instance begins as primary. A write is answered when ``acks`` replicas have it (0:
    at once, and what they lack is lost in a failover). ``reads`` go to the primary, to replicas,
    or to any; the primary sends a write on ``lag`` after it was made. The failover monitor sits in
    ``zone``: a primary it has not heard for more than ``silence`` is succeeded by the replica
    that has most, which takes ``promote``.
    """

    zone: Name
    acks: Annotated[int, Field(ge=0, le=100)] = 0
    reads: Literal["primary", "replicas", "any"] = "primary"
    lag: DistributionDoc | None = None
    heartbeat: PositiveDuration = 1_000_000_000
    silence: PositiveDuration = 5_000_000_000
    promote: Duration = 2_000_000_000


class MessageQueueDoc(Section):
    """Messages between services: each good call of ``from`` publishes one, ``to`` handles it.

    ``from`` is an endpoint of the broker, ``to`` one of the service that consumes; both are
    written service.ENDPOINT. At most ``consumers`` messages are with consumers at a time. One
    that is not dealt with in ``visibility`` is delivered again, one that failed after
    ``redelivery_delay``, in all ``max_receives`` times; then it is a dead letter. Messages
    expire after ``retention``; ``capacity`` bounds how many are kept. Deliveries are requests of
    a source with the queue's name, and their edge has no timeout unless one is written for it.
    """

    from_: str = Field(alias="from")
    to: str
    consumers: Annotated[int, Field(ge=1, le=1_000_000)] = 10
    visibility: PositiveDuration = 30_000_000_000
    redelivery_delay: PositiveDuration = 1_000_000_000
    max_receives: Annotated[int, Field(ge=1, le=1000)] = 5
    retention: PositiveDuration = 345_600_000_000_000
    capacity: Annotated[int, Field(ge=1, le=10_000_000)] = 100_000
