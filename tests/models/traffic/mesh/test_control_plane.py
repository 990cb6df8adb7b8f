"""The control plane. Naive defect: updating a proxy's config does nothing, reports success."""

from dataclasses import replace

import pytest

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.backoff import delay
from models.traffic.config import BackoffConfig, Jitter
from models.traffic.mesh.config import ControlPlaneConfig
from models.traffic.mesh.control_plane import ControlPlane
from models.traffic.mesh.messages import (
    NO_VERSION,
    Ack,
    Hello,
    Nack,
    ProxyId,
    ProxyMessage,
    Push,
    Version,
)
from models.traffic.mesh.policy import MESH, MeshConfig, Policy, PolicyType, Scope, ServiceEntry
from models.traffic.mesh.proxy_agent import ProxyAgent
from models.traffic.mesh.rules import TimeoutRule
from models.traffic.mesh.session import ProxyState
from models.traffic.mesh.validation import Flaw

A, B = ProxyId("web-0"), ProxyId("cart-0")
V1, V2 = Version(1, 1), Version(1, 2)
CONFIG = ControlPlaneConfig(
    ack_timeout_ns=10, backoff=BackoffConfig(4, 16, Jitter.NONE), tries_max=4, past_max=2
)


def mesh(timeout_ns: int = 1, scope: Scope = MESH) -> MeshConfig:
    policy = Policy("t", PolicyType.RESILIENCE, (TimeoutRule(timeout_ns),), scope)
    return MeshConfig((ServiceEntry("web"), ServiceEntry("cart")), (policy,))


def plane(generation: int = 1, config: ControlPlaneConfig = CONFIG) -> ControlPlane:
    return ControlPlane(mesh(), Stream(1, "mesh"), now=0, generation=generation, config=config)


def hello(proxy: ProxyId = A, life: int = 1, version: Version = NO_VERSION) -> Hello:
    return Hello(proxy, str(proxy).partition("-")[0], life, version)


def ack(push: Push) -> Ack:
    return Ack(push.proxy, push.life, push.nonce, push.version)


def nack(push: Push, runs: Version = NO_VERSION) -> Nack:
    return Nack(push.proxy, push.life, push.nonce, runs, push.version, "no")


def welcomed(control: ControlPlane, *proxies: ProxyId, now: int = 0) -> list[Push]:
    pushes = [control.receive(hello(proxy), now=now)[0] for proxy in proxies]
    for push in pushes:
        control.receive(ack(push), now=now)
    return pushes


def states(control: ControlPlane) -> list[ProxyState]:
    return [proxy.state for proxy in control.snapshot().proxies]


def test_a_proxy_that_says_hello_is_sent_all_that_concerns_it() -> None:
    (push,) = plane().receive(hello(life=3), now=0)
    assert (push.proxy, push.life, push.version) == (A, 3, V1)
    assert [(edge.caller, edge.callee, edge.timeout_ns) for edge in push.edges] == [
        ("web", "web", 1),
        ("web", "cart", 1),
    ]


def test_a_new_version_goes_to_every_proxy_with_its_own_edges() -> None:
    control = plane()
    welcomed(control, A, B)
    published = control.publish(mesh(9, Scope("cart", "web")), now=5)
    assert published.version == V2 == control.version
    assert [push.proxy for push in published.pushes] == [A, B]
    assert [[edge.timeout_ns for edge in push.edges] for push in published.pushes] == [
        [1_000_000_000, 9],
        [1_000_000_000, 1_000_000_000],
    ]


def test_what_is_published_is_what_holds_at_the_proxy() -> None:
    control, proxy = plane(), ProxyAgent(A, "web")
    for timeout_ns in (1, 2, 3):
        pushes = control.publish(mesh(timeout_ns), now=0).pushes or control.receive(hello(), now=0)
        (answer,) = proxy.receive(pushes[0], now=0)
        control.receive(answer, now=0)
        assert proxy.effective("cart").timeout_ns == timeout_ns
        assert states(control) == [ProxyState.CURRENT]


def test_a_configuration_with_flaws_changes_nothing_and_is_told() -> None:
    control = plane()
    welcomed(control, A)
    before = control.snapshot()
    published = control.publish(mesh(-1), now=5)
    assert published.version is None
    assert published.pushes == ()
    assert published.flaws == (Flaw("policies[0].rules[0].timeout_ns", "must not be negative"),)
    assert control.snapshot() == before


def test_acknowledged_nothing_is_due() -> None:
    control = plane()
    assert control.next_deadline() is None
    (push,) = control.receive(hello(), now=3)
    assert control.next_deadline() == 13
    assert control.receive(ack(push), now=4) == ()
    assert control.next_deadline() is None
    assert states(control) == [ProxyState.CURRENT]


def test_without_an_answer_the_same_push_is_sent_again_ever_later_and_then_given_up() -> None:
    control = plane()
    (push,) = control.receive(hello(), now=0)
    sent = []
    while (due := control.next_deadline()) is not None:
        assert control.tick(now=due - 1) == ()
        sent.append((due, control.tick(now=due)))
        assert control.next_deadline() is None or control.next_deadline() > due
    # Pauses: the time-out alone, then with 4, 8 and 16 more.
    assert sent == [(10, (push,)), (24, (push,)), (42, (push,)), (68, ())]
    assert states(control) == [ProxyState.SILENT]


def test_a_silent_proxy_is_sent_again_once_it_says_something() -> None:
    control = plane()
    control.receive(hello(), now=0)
    while (due := control.next_deadline()) is not None:
        control.tick(now=due)
    (again,) = control.receive(hello(), now=100)
    assert (again.version, control.next_deadline()) == (V1, 110)
    assert states(control) == [ProxyState.AWAITING]


def test_a_silent_proxy_that_runs_the_newest_version_is_current() -> None:
    control = plane()
    (push,) = control.receive(hello(), now=0)
    while (due := control.next_deadline()) is not None:
        control.tick(now=due)
    assert control.receive(hello(version=V1), now=100) == ()
    assert states(control) == [ProxyState.CURRENT]
    assert control.receive(ack(push), now=101) == ()
    assert control.snapshot().stale_messages == 1


def test_a_late_answer_of_a_silent_proxy_counts() -> None:
    control = plane()
    (push,) = control.receive(hello(), now=0)
    while (due := control.next_deadline()) is not None:
        control.tick(now=due)
    control.receive(ack(push), now=100)
    assert states(control) == [ProxyState.CURRENT]


def test_a_new_version_is_tried_with_silent_proxies_too() -> None:
    control = plane()
    control.receive(hello(), now=0)
    while (due := control.next_deadline()) is not None:
        control.tick(now=due)
    assert len(control.publish(mesh(2), now=100).pushes) == 1


def test_a_proxy_that_refuses_is_left_in_peace_until_the_next_version() -> None:
    control = plane()
    (push,) = control.receive(hello(), now=0)
    control.receive(nack(push), now=1)
    (known,) = control.snapshot().proxies
    assert (known.state, known.detail, known.accepted) == (ProxyState.REFUSING, "no", NO_VERSION)
    assert control.next_deadline() is None
    assert control.receive(hello(), now=50) == ()
    (again,) = control.publish(mesh(2), now=60).pushes
    control.receive(ack(again), now=61)
    (known,) = control.snapshot().proxies
    assert (known.state, known.detail, known.accepted) == (ProxyState.CURRENT, "", V2)


def test_an_answer_to_an_older_push_says_nothing_about_the_newest() -> None:
    control = plane()
    (old,) = control.receive(hello(), now=0)
    control.publish(mesh(2), now=1)
    late: tuple[ProxyMessage, ...] = (ack(old), nack(old))
    for message in late:
        assert control.receive(message, now=2) == ()
    assert states(control) == [ProxyState.AWAITING]
    assert control.snapshot().stale_messages == 2


def test_an_answer_of_a_proxy_that_never_said_hello_is_left_aside() -> None:
    control = plane()
    assert control.receive(Ack(A, 1, 1, V1), now=0) == ()
    assert (states(control), control.snapshot().stale_messages) == ([], 1)


def test_a_doubled_hello_starts_nothing_anew() -> None:
    control = plane()
    (push,) = control.receive(hello(), now=0)
    assert control.receive(hello(), now=1) == (), "the push is under way"
    control.receive(ack(push), now=2)
    assert control.receive(hello(), now=3) == (), "late, from before the push"
    assert states(control) == [ProxyState.CURRENT]


def test_a_new_life_starts_anew_and_the_old_one_is_over() -> None:
    control = plane()
    (push,) = welcomed(control, A)
    (anew,) = control.receive(hello(life=2), now=5)
    assert (anew.life, states(control)) == (2, [ProxyState.AWAITING])
    assert control.receive(hello(life=1), now=6) == ()
    control.receive(ack(replace(push, nonce=anew.nonce)), now=6)
    assert states(control) == [ProxyState.AWAITING]
    assert control.snapshot().newest.current == 0
    control.receive(ack(anew), now=7)
    assert control.snapshot().newest.current == 1


def test_a_proxy_of_a_successor_is_left_alone() -> None:
    control = plane()
    assert control.receive(hello(version=Version(2, 1)), now=0) == ()
    assert states(control) == []
    welcomed(control, A)
    assert control.receive(hello(life=2, version=Version(2, 1)), now=1) == ()
    assert states(control) == [ProxyState.CURRENT]


def test_a_proxy_that_was_forgotten_is_welcome_with_the_newest_version() -> None:
    control = plane()
    welcomed(control, A)
    control.remove(A, now=1)
    (push,) = control.receive(hello(version=V1), now=2)
    control.receive(ack(push), now=3)
    assert states(control) == [ProxyState.CURRENT]


def test_decorrelated_pauses_grow_from_the_one_before() -> None:
    decorrelated = BackoffConfig(100, 10**9, Jitter.DECORRELATED)
    control = plane(config=replace(CONFIG, backoff=decorrelated, tries_max=12))
    control.receive(hello(), now=0)
    twin, due, previous = Stream(1, "mesh"), 10, 0
    for resend in range(11):
        control.tick(now=due)
        previous = delay(decorrelated, resend, twin, previous)
        due += 10 + previous
        assert control.next_deadline() == due
    (push,) = control.publish(mesh(2), now=due).pushes
    assert push.version == V2
    control.tick(now=due + 10)
    assert control.next_deadline() == due + 20 + delay(decorrelated, 0, twin), "a fresh start"


def test_a_successor_without_memory_is_obeyed() -> None:
    proxy = ProxyAgent(A, "web")
    control = plane()
    for timeout_ns in (2, 3):
        control.publish(mesh(timeout_ns), now=0)
    proxy.receive(control.receive(hello(), now=0)[0], now=0)
    successor = plane(generation=2)
    (push,) = successor.receive(hello(version=proxy.version), now=0)
    (answer,) = proxy.receive(push, now=1)
    successor.receive(answer, now=1)
    assert proxy.version == Version(2, 1)
    assert states(successor) == [ProxyState.CURRENT]


def test_convergence_is_measured_from_publication_to_the_last_acknowledgement() -> None:
    control = plane()
    welcomed(control, A, B, now=3)
    assert control.snapshot().newest.converged_at == 3
    one, two = control.publish(mesh(2), now=100).pushes
    control.receive(ack(one), now=110)
    assert control.snapshot().newest.share_ratio == 0.5
    control.receive(ack(two), now=130)
    newest = control.snapshot().newest
    assert (newest.share_ratio, newest.time_to_converge_ns) == (1.0, 30)
    (past,) = control.snapshot().past
    assert (past.version, past.superseded_at) == (V1, 100)


def test_a_refusal_keeps_a_version_from_converging() -> None:
    control = plane()
    welcomed(control, A, B)
    one, two = control.publish(mesh(2), now=1).pushes
    control.receive(ack(one), now=2)
    control.receive(nack(two, V1), now=3)
    newest = control.snapshot().newest
    assert (newest.current, newest.proxies, newest.converged_at) == (1, 2, None)


def test_a_proxy_that_is_gone_holds_up_nobody() -> None:
    control = plane()
    welcomed(control, A)
    control.receive(hello(B), now=1)
    control.remove(B, now=5)
    control.remove(B, now=6)
    assert control.next_deadline() is None
    assert control.snapshot().newest.proxies == 1
    control.remove(A, now=7)
    assert control.snapshot().newest.current == 0
    assert control.tick(now=100) == ()


def test_pauses_are_spread_by_the_stream_alone() -> None:
    config = replace(CONFIG, backoff=BackoffConfig(1000, 1000))
    deadlines = []
    for _ in range(2):
        control = plane(config=config)
        control.receive(hello(), now=0)
        control.tick(now=10)
        deadlines.append(control.next_deadline())
    assert deadlines[0] == deadlines[1]
    assert deadlines[0] is not None
    assert 20 <= deadlines[0] < 1020


@pytest.mark.parametrize(
    "config",
    [
        replace(CONFIG, ack_timeout_ns=0),
        replace(CONFIG, tries_max=0),
        replace(CONFIG, past_max=0),
        replace(CONFIG, backoff=BackoffConfig(-1)),
    ],
)
def test_a_config_that_cannot_be_is_refused(config: ControlPlaneConfig) -> None:
    with pytest.raises(ConfigError):
        plane(config=config)


def test_a_first_configuration_with_flaws_and_a_generation_below_one_are_refused() -> None:
    with pytest.raises(ConfigError, match="timeout_ns: must not be negative"):
        ControlPlane(mesh(-1), Stream(1, "mesh"), now=0)
    with pytest.raises(ConfigError, match="generation"):
        plane(generation=0)
