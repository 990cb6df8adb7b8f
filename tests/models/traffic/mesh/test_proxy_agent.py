"""The proxy's side: the last good configuration holds, and never an older one after a newer."""

import pytest

from models.base.errors import ConfigError
from models.traffic.mesh.config import AgentConfig
from models.traffic.mesh.messages import NO_VERSION, Ack, Hello, Nack, ProxyId, Push, Version
from models.traffic.mesh.proxy_agent import AgentSnapshot, ProxyAgent
from models.traffic.mesh.resolver import EdgePolicy

WEB = ProxyId("web-0")
V1, V2, V3 = Version(1, 1), Version(1, 2), Version(1, 3)


def refuse_long(edges: tuple[EdgePolicy, ...]) -> str | None:
    return "too long" if any(edge.timeout_ns > 100 for edge in edges) else None


def agent(start_ns: int = 0) -> ProxyAgent:
    config = AgentConfig(hello_ns=10, refresh_ns=100)
    return ProxyAgent(WEB, "web", life=2, start_ns=start_ns, config=config, judge=refuse_long)


def push(version: Version, timeout_ns: int = 1, nonce: int = 7, life: int = 2) -> Push:
    edge = EdgePolicy("web", "cart", timeout_ns=timeout_ns)
    return Push(WEB, life, nonce, version, (edge,))


def test_an_accepted_push_holds_and_is_acknowledged_by_its_nonce() -> None:
    proxy = agent()
    assert proxy.receive(push(V1, 5), now=1) == (Ack(WEB, 2, 7, V1),)
    assert proxy.version == V1
    assert proxy.effective("cart").timeout_ns == 5


def test_what_was_never_heard_of_holds_by_default() -> None:
    assert agent().effective("cart") == EdgePolicy("web", "cart")


def test_a_refused_push_leaves_the_last_good_one() -> None:
    proxy = agent()
    proxy.receive(push(V1, 5), now=1)
    assert proxy.receive(push(V2, 101), now=2) == (Nack(WEB, 2, 7, V1, V2, "too long"),)
    assert (proxy.version, proxy.effective("cart").timeout_ns) == (V1, 5)
    assert proxy.receive(push(V3, 6), now=3) == (Ack(WEB, 2, 7, V3),)
    assert proxy.effective("cart").timeout_ns == 6


def test_a_doubled_push_is_answered_again_and_changes_nothing() -> None:
    proxy = agent()
    proxy.receive(push(V1), now=1)
    assert proxy.receive(push(V1, nonce=8), now=2) == (Ack(WEB, 2, 8, V1),)
    proxy.receive(push(V2, 101), now=3)
    assert proxy.receive(push(V2, 101, nonce=9), now=4) == (Nack(WEB, 2, 9, V1, V2, "too long"),)


def test_an_older_push_is_left_aside_in_silence() -> None:
    proxy = agent()
    proxy.receive(push(V2, 5), now=1)
    assert proxy.receive(push(V1, 6), now=2) == ()
    assert (proxy.version, proxy.effective("cart").timeout_ns) == (V2, 5)
    proxy.receive(push(Version(1, 9), 101), now=3)
    assert proxy.receive(push(V3), now=4) == (), "older than one refused"
    assert proxy.snapshot().stale_pushes == 2


def test_a_push_after_a_refused_one_of_a_lower_version_is_not_confused_with_it() -> None:
    proxy = agent()
    proxy.receive(push(V1, 101), now=1)
    proxy.receive(push(V2), now=2)
    assert proxy.receive(push(V1, 101), now=3) == ()
    assert proxy.version == V2


@pytest.mark.parametrize("other", [push(V1, life=1), push(V1, life=3)])
def test_a_push_for_another_life_is_not_ours(other: Push) -> None:
    proxy = agent()
    assert proxy.receive(other, now=1) == ()
    assert proxy.receive(Push(ProxyId("web-1"), 2, 1, V1, ()), now=1) == ()
    assert (proxy.version, proxy.snapshot().heard_at) == (NO_VERSION, None)


def test_what_a_new_version_does_not_name_is_forgotten() -> None:
    proxy = agent()
    proxy.receive(push(V1, 5), now=1)
    proxy.receive(Push(WEB, 2, 8, V2, ()), now=2)
    assert proxy.effective("cart") == EdgePolicy("web", "cart")


def test_hello_is_said_at_the_start_and_until_something_is_heard() -> None:
    proxy = agent(start_ns=5)
    assert proxy.tick(now=4) == ()
    assert proxy.next_deadline() == 5
    assert proxy.tick(now=5) == (Hello(WEB, "web", 2, NO_VERSION),)
    assert proxy.tick(now=5) == ()
    assert proxy.next_deadline() == 15
    assert len(proxy.tick(now=38)) == 1, "missed ones are not made up for"
    assert proxy.next_deadline() == 45


def test_afterwards_hello_is_said_now_and_then_with_the_version_that_holds() -> None:
    proxy = agent()
    proxy.tick(now=0)
    proxy.receive(push(V1), now=3)
    assert proxy.next_deadline() == 103
    proxy.receive(push(V2), now=50)
    assert proxy.tick(now=103) == (Hello(WEB, "web", 2, V2),)
    assert proxy.next_deadline() == 203


def test_the_snapshot_tells_what_holds_and_what_was_refused() -> None:
    proxy = agent()
    proxy.receive(push(V1), now=1)
    proxy.receive(push(V2, 101), now=2)
    snapshot = proxy.snapshot()
    assert snapshot == AgentSnapshot(WEB, 2, V1, V2, "too long", heard_at=2, stale_pushes=0)
    assert snapshot == proxy.snapshot()


@pytest.mark.parametrize("config", [AgentConfig(hello_ns=0), AgentConfig(refresh_ns=0)])
def test_a_period_below_one_is_refused(config: AgentConfig) -> None:
    with pytest.raises(ConfigError):
        ProxyAgent(WEB, "web", config=config)
