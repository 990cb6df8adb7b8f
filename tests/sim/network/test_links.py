"""Links: plain while nothing holds them, ruled while faults do, and plain again."""

from collections.abc import Callable, Sequence

import pytest

from models.base.distributions import Deterministic, Distribution, Exponential
from models.base.streams import Stream
from models.base.time import TimeNs
from models.faults.network import Carried
from sim.blueprint import LinksSpec
from sim.kernel.environment import Kernel
from sim.network.link import Link
from sim.network.links import OUTSIDE, Network
from sim.network.rules import Block, Delay, Duplication, Loss, Pipe, Reordering, Rule, Scope
from sim.network.stations import Station

LATENCY = 1_000
SAME, FAR, OUT = Deterministic(10), Deterministic(LATENCY), Deterministic(50)
HEARTBEATS = frozenset({Carried.HEARTBEATS})
REQUESTS = frozenset({Carried.REQUESTS})


def streams(name: str) -> Stream:
    return Stream(1, f"fault/{name}")


class Town:
    """Nodes 0 and 1 in zone a, 2 in b, 3 in c; everything far takes a microsecond."""

    def __init__(self, far: Distribution = FAR) -> None:
        self.kernel = Kernel()
        self.network = Network(self.kernel, ("a", "b", "c"), LinksSpec(SAME, far, OUT), 1)
        for number, zone in enumerate("aabc"):
            self.network.stations.join(Station(f"node-{number}", "node", zone))
        self.heard: list[tuple[object, TimeNs]] = []

    def hear(self, message: object) -> None:
        self.heard.append((message, self.kernel.now))

    def send(
        self,
        sender: int,
        receiver: int,
        message: object = "hello",
        *,
        at: TimeNs = 0,
        carried: Carried = Carried.OTHER,
    ) -> None:
        zone_of = self.network.stations.zone_of
        here, there, ends = zone_of(sender), zone_of(receiver), (sender, receiver)

        def go(_: object) -> None:
            self.network.send(here, there, self.hear, message, ends=ends, carried=carried)

        self.kernel.post(at, 70, go, None)

    def run(self) -> list[tuple[object, TimeNs]]:
        self.kernel.advance(self.kernel.now + 10**6)
        return self.heard

    def deliveries(self, rules: Sequence[Rule], count: int = 1) -> list[tuple[object, TimeNs]]:
        for rule in rules:
            self.network.impose(rule)
        for number in range(count):
            self.send(0, 2, number)
        return self.run()


def between(senders: set[int], receivers: set[int], *, both_ways: bool = True) -> Scope:
    return Scope(frozenset(senders), frozenset(receivers), both_ways=both_ways)


A_TO_B = between({0, 1}, {2})


@pytest.mark.parametrize(
    ("here", "there", "latency"),
    [("a", "a", 10), ("a", "b", LATENCY), (OUTSIDE, "a", 50), ("c", OUTSIDE, 50)],
)
def test_a_latency_depends_on_how_far_apart_two_zones_are(
    here: str, there: str, latency: int
) -> None:
    assert next(Town().network.link(here, there).latencies) == latency


def test_purposes_have_latencies_of_their_own() -> None:
    network = Town(Exponential(LATENCY)).network
    first, other = network.link("a", "b"), network.view("jobs").link("a", "b")
    assert first is network.link("a", "b") is not other
    assert [next(first.latencies) for _ in range(5)] != [next(other.latencies) for _ in range(5)]


def test_a_message_arrives_once_after_the_latency() -> None:
    assert Town().deliveries([]) == [(0, LATENCY)]


def test_a_cut_link_loses_everything_until_every_cut_is_mended() -> None:
    town = Town()
    link = town.network.link("a", "b")
    link.cut()
    link.cut()
    link.mend()
    town.send(0, 2, "lost")
    town.run()
    link.mend()
    town.send(0, 2, "found", at=town.kernel.now)
    assert [message for message, _ in town.run()] == ["found"]
    assert link.is_plain
    assert not link.is_cut


def test_a_link_made_while_its_zones_are_cut_is_cut() -> None:
    network = Town().network
    network.link("a", "b").cut()
    assert network.view("jobs").link("a", "b").is_cut


def test_links_of_a_zone_are_those_that_begin_or_end_there() -> None:
    network = Town().network
    network.view("jobs").link("a", "b")
    ways = [link.way for link in network.links_of("b")]
    assert len(ways) == 8
    assert all("b" in way[:2] for way in ways)


@pytest.mark.parametrize(
    ("rules", "heard"),
    [
        ([Block(A_TO_B)], []),
        ([Delay(A_TO_B, streams, Deterministic(7))], [LATENCY + 7]),
        ([Delay(A_TO_B, streams, Deterministic(7))] * 2, [LATENCY + 14]),
        ([Duplication(A_TO_B, streams, 1.0, Deterministic(3))], [LATENCY, LATENCY + 3]),
        ([Reordering(A_TO_B, streams, 1.0, Deterministic(5))], [LATENCY + 5]),
        ([Loss(A_TO_B, streams, 1.0)], []),
        ([Pipe(A_TO_B, 512e9)], [LATENCY + 1]),
    ],
)
def test_a_rule_decides_when_and_how_often_a_message_arrives(
    rules: Sequence[Rule], heard: list[TimeNs]
) -> None:
    assert [when for _, when in Town().deliveries(rules)] == heard


def test_rules_speak_about_each_copy() -> None:
    twice = Duplication(A_TO_B, streams, 1.0, Deterministic(3))
    slow = Delay(A_TO_B, streams, Deterministic(10))
    assert Town().deliveries([twice, twice, slow]) == [
        (0, LATENCY + 10),
        (0, LATENCY + 13),
        (0, LATENCY + 13),
        (0, LATENCY + 16),
    ]


def test_what_is_blocked_fills_no_pipe_whichever_rule_came_first() -> None:
    pipe = Pipe(between({0, 1}, {2}), 512e9)
    town = Town()
    town.network.impose(pipe)
    town.network.impose(Block(between({1}, {2})))
    town.send(1, 2, "blocked")
    town.send(0, 2, "free")
    assert town.run() == [("free", LATENCY + 1)]


def test_what_is_lost_on_the_way_has_filled_the_pipe() -> None:
    town = Town()
    town.network.impose(Loss(between({1}, {2}), streams, 1.0))
    town.network.impose(Pipe(A_TO_B, 512e9))
    town.send(1, 2, "lost")
    town.send(0, 2, "free")
    assert town.run() == [("free", LATENCY + 2)]


def test_a_held_back_message_is_overtaken() -> None:
    town = Town()
    rule = Reordering(between({1}, {2}), streams, 1.0, Deterministic(5))
    town.network.impose(rule)
    town.send(1, 2, "held back")
    town.send(0, 2, "later", at=1)
    assert [message for message, _ in town.run()] == ["later", "held back"]


def test_only_messages_in_the_scope_are_concerned() -> None:
    town = Town()
    town.network.impose(Block(between({0}, {2})))
    for sender, receiver in ((0, 2), (2, 0), (1, 2), (0, 3), (0, 1)):
        town.send(sender, receiver, (sender, receiver))
    assert {message for message, _ in town.run()} == {(1, 2), (0, 3), (0, 1)}


def test_a_one_way_block_lets_the_other_way_through() -> None:
    town = Town()
    town.network.impose(Block(between({0}, {2}, both_ways=False)))
    town.send(0, 2, "there")
    town.send(2, 0, "back")
    assert [message for message, _ in town.run()] == ["back"]


def test_a_rule_for_heartbeats_leaves_other_messages_alone() -> None:
    town = Town()
    town.network.impose(Block(Scope(frozenset({0}), frozenset({2}), HEARTBEATS)))
    town.send(0, 2, "beat", carried=Carried.HEARTBEATS)
    town.send(0, 2, "view", carried=Carried.VIEWS)
    assert [message for message, _ in town.run()] == ["view"]


@pytest.mark.parametrize(
    ("carries", "held"),
    [
        (REQUESTS, {"front->back"}),
        (HEARTBEATS, {"control", "discovery"}),
        (frozenset(Carried), {"control", "discovery", "front->back"}),
    ],
)
def test_links_whose_messages_no_rule_concerns_stay_plain(
    carries: frozenset[Carried], held: set[str]
) -> None:
    network = Town().network
    for purpose in ("discovery", "front->back"):
        network.view(purpose).link("a", "b")
    network.impose(Block(Scope(frozenset({0}), frozenset({2}), carries, both_ways=False)))
    ways = [link.way for link in network.links() if not link.is_plain]
    assert {way.purpose for way in ways} == held
    assert {way[:2] for way in ways} == {("a", "b")}


def test_a_link_made_while_a_rule_holds_obeys_it_until_it_is_lifted() -> None:
    network = Town().network
    rule = Block(A_TO_B)
    network.impose(rule)
    late = network.view("front->back").link("b", "a")
    assert late.arrivals(2, 0, Carried.REQUESTS, 1, 0) == []
    network.lift(rule)
    assert late.is_plain


def test_each_rule_ends_by_itself_and_the_last_leaves_the_link_plain() -> None:
    network = Town().network
    first, second = (Delay(A_TO_B, streams, Deterministic(delay)) for delay in (7, 20))
    network.impose(first)
    network.impose(second)
    link = network.link("a", "b")
    network.lift(first)
    assert link.arrivals(0, 2, Carried.OTHER, 1, 0) == [LATENCY + 20]
    network.lift(second)
    assert all(link.is_plain for link in network.links())


def test_who_gives_no_name_speaks_for_the_zone() -> None:
    town = Town()
    stations = town.network.stations
    whole = between({stations.whole("a")}, {stations.whole("b")})
    town.network.impose(Block(whole))
    town.network.send("a", "b", town.hear, "nameless")
    town.send(0, 2, "named")
    assert [message for message, _ in town.run()] == ["named"]


def latencies_of(link: Link, ask: Callable[[Link], list[TimeNs]], count: int) -> list[TimeNs]:
    return [instant for _ in range(count) for instant in ask(link)]


def ask_of(sender: int) -> Callable[[Link], list[TimeNs]]:
    return lambda link: link.arrivals(sender, 2, Carried.OTHER, 1, 0)


def test_a_rule_shifts_the_latencies_of_no_other_message() -> None:
    plain, ruled = (Town(Exponential(LATENCY)).network for _ in range(2))
    ruled.impose(Loss(between({0}, {2}), streams, 1.0))
    ruled.impose(Duplication(between({1}, {2}), streams, 1.0, Deterministic(0)))
    without = [next(plain.link("a", "b").latencies) for _ in range(6)]
    link = ruled.link("a", "b")
    seen = [latencies_of(link, ask_of(sender), 1) for sender in (0, 1, 3, 0, 3, 1)]
    assert seen == [
        [],
        [without[1]] * 2,
        [without[2]],
        [],
        [without[4]],
        [without[5]] * 2,
    ]


def test_without_trust_nothing_connects_and_trust_comes_back() -> None:
    town = Town()
    scope = between({0}, {2})
    town.network.distrust(scope)
    town.network.distrust(scope)
    town.network.trust(scope)
    assert town.network.link("a", "b").refuses(0, 2, Carried.OTHER)
    assert not town.network.link("a", "b").refuses(1, 2, Carried.OTHER)
    assert town.network.view("jobs").link("b", "a").refuses(2, 0, Carried.OTHER)
    town.send(0, 2, "refused")
    town.send(1, 2, "trusted")
    assert [message for message, _ in town.run()] == ["trusted"]
    town.network.trust(scope)
    assert all(link.is_plain for link in town.network.links())
