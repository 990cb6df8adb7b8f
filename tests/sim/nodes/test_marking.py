"""What requests carry, and that nobody pays for what is not asked for."""

from collections import Counter
from dataclasses import replace

from models.base.keys import KeyLaw
from models.base.streams import Stream
from models.service.traffic import KeySpec, MixEntry, RateProfile, SourceSpec
from models.traffic.shedding.priority import Criticality
from sim.nodes.attempt import Request
from sim.nodes.marking import HOT_KEY, Marker, marker_of

PLAIN = SourceSpec(
    "users", "shop", (MixEntry("read", 0.5), MixEntry("buy", 0.5)), RateProfile((0,), (1.0,))
)


def marked(spec: SourceSpec, place: int = 0, count: int = 1) -> list[Request]:
    marker = Marker(spec, lambda name: Stream(1, name))
    requests = []
    for _ in range(count):
        request = Request()
        request.arrival_ns = 100
        marker.mark(request, place)
        requests.append(request)
    return requests


def test_a_source_without_marks_has_no_marker() -> None:
    assert marker_of(PLAIN, lambda name: Stream(1, name)) is None


def test_each_kind_of_mark_makes_one() -> None:
    kinds = (
        {"keys": KeySpec(KeyLaw(5))},
        {"tenants": ((1, 1.0),)},
        {"patience_ns": 5},
        {"mix": (MixEntry("read", 1.0, int(Criticality.SHEDDABLE)),)},
    )
    for kind in kinds:
        assert marker_of(replace(PLAIN, **kind), lambda name: Stream(1, name)) is not None


def test_keys_follow_their_law() -> None:
    spec = replace(PLAIN, keys=KeySpec(KeyLaw(4)))
    counts = Counter(request.key for request in marked(spec, count=4000))
    assert counts.keys() == {0, 1, 2, 3}
    assert all(abs(count - 1000) < 110 for count in counts.values())


def test_a_hot_key_gets_its_share_on_top() -> None:
    spec = replace(PLAIN, keys=KeySpec(KeyLaw(1000), hot_share=0.5))
    hot = sum(request.key == HOT_KEY for request in marked(spec, count=4000))
    assert abs(hot - 2002) < 110


def test_a_hot_key_does_not_shift_the_draws_of_the_others() -> None:
    law = KeyLaw(1000)
    plain = [r.key for r in marked(replace(PLAIN, keys=KeySpec(law)), count=200)]
    hot = [r.key for r in marked(replace(PLAIN, keys=KeySpec(law, 0.3)), count=200)]
    assert all(one == other for one, other in zip(plain, hot, strict=True) if other != HOT_KEY)


def test_tenants_come_by_their_shares() -> None:
    spec = replace(PLAIN, tenants=((7, 0.8), (9, 0.2)))
    counts = Counter(request.tenant for request in marked(spec, count=4000))
    assert counts.keys() == {7, 9}
    assert abs(counts[7] - 3200) < 90


def test_importance_is_that_of_the_endpoint_drawn() -> None:
    spec = replace(PLAIN, mix=(MixEntry("read", 0.5, 0), MixEntry("buy", 0.5)))
    (read,), (buy,) = marked(spec, 0), marked(spec, 1)
    assert read.priority == Criticality.SHEDDABLE
    assert not hasattr(buy, "priority")


def test_patience_counts_from_the_arrival() -> None:
    (request,) = marked(replace(PLAIN, patience_ns=50))
    assert request.deadline_ns == 150
