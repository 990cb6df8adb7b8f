"""The governor. Naive defects: breaker asked and never told; a failed check ends monitoring."""

import pytest

from models.base.errors import ConfigError, SimulationError
from models.base.outcome import Outcome
from models.base.streams import Stream
from models.traffic.balancer.base import Balancer
from models.traffic.balancer.facts import MemberFacts, PlacedBalancer
from models.traffic.balancer.policies import BUILT_IN, make_balancer
from models.traffic.balancer.round_robin import RoundRobin
from models.traffic.breaker_states import BreakerState
from models.traffic.config import BalancerConfig, BreakerConfig
from models.traffic.governor.governed import Denial, Denied, GovernedConfig, Permit
from models.traffic.governor.governor import Governor
from models.traffic.governor.health import Health, HealthCheckConfig, ProbeResult
from models.traffic.governor.monitor import HealthChange, Probe
from models.traffic.limiter.base import Rate
from models.traffic.limiter.token_bucket import TokenBucket

HEALTH = HealthCheckConfig(interval_ns=10, timeout_ns=4, fall=2, rise=2)
BREAKER = BreakerConfig(window_calls=2, minimum_calls=2, open_ns=100, half_open_permits=1)
UNCHECKED = GovernedConfig()


def governor(
    config: GovernedConfig = UNCHECKED,
    instances: int = 1,
    *,
    balancer: Balancer | None = None,
    limiter: TokenBucket | None = None,
) -> Governor:
    rules = Governor()
    policy = RoundRobin() if balancer is None else balancer
    rules.register("cart", config, balancer=policy, limiter=limiter)
    for instance in range(instances):
        rules.add_instance("cart", instance, now=0)
    return rules


def admitted(rules: Governor, now: int = 0) -> Permit:
    answer = rules.admit("cart", now)
    assert isinstance(answer, Permit)
    return answer


def call(rules: Governor, outcome: Outcome = Outcome.OK, now: int = 0) -> int:
    permit = admitted(rules, now)
    rules.finish(permit, outcome, now)
    return permit.instance


def prove(rules: Governor, result: ProbeResult = ProbeResult.PASSED, now: int = 0) -> None:
    for action in rules.tick(now=now):
        if isinstance(action, Probe):
            rules.probed(action, result, now=now)


def test_without_checks_instances_are_called_at_once_in_turns() -> None:
    rules = governor(instances=3)
    assert [call(rules) for _ in range(6)] == [0, 1, 2, 0, 1, 2]
    assert rules.next_deadline() is None
    assert rules.tick(now=100) == ()


def test_an_instance_is_called_once_its_first_probe_has_passed() -> None:
    rules = governor(GovernedConfig(HEALTH))
    assert rules.admit("cart", 0) == Denied(Denial.NO_INSTANCE)
    (probe,) = rules.tick(now=0)
    assert isinstance(probe, Probe)
    up = (HealthChange("cart", 0, Health.UP),)
    assert rules.probed(probe, ProbeResult.PASSED, now=1) == up
    assert call(rules) == 0


def test_an_unhealthy_instance_is_taken_out_and_in_again() -> None:
    rules = governor(GovernedConfig(HEALTH), 2)
    prove(rules)
    probes = [action for action in rules.tick(now=10) if isinstance(action, Probe)]
    rules.probed(probes[1], ProbeResult.PASSED, now=11)
    rules.tick(now=14)
    assert {call(rules) for _ in range(4)} == {0, 1}, "one failure is not two"
    probes = [action for action in rules.tick(now=20) if isinstance(action, Probe)]
    rules.probed(probes[1], ProbeResult.PASSED, now=21)
    assert rules.tick(now=24) == (HealthChange("cart", 0, Health.DOWN),)
    assert {call(rules) for _ in range(4)} == {1}
    prove(rules, now=30)
    assert {call(rules) for _ in range(4)} == {1}
    prove(rules, now=40)
    assert {call(rules) for _ in range(4)} == {0, 1}


def test_monitoring_outlives_every_failure() -> None:
    rules = governor(GovernedConfig(HEALTH))
    for now in range(0, 1000, 10):
        prove(rules, ProbeResult.CONDEMNED, now)
    prove(rules, now=1000)
    prove(rules, now=1010)
    assert call(rules) == 0


def test_outcomes_reach_the_breaker_of_their_instance() -> None:
    rules = governor(GovernedConfig(breaker=BREAKER), 2)
    for _ in range(2):
        first, second = admitted(rules), admitted(rules)
        rules.finish(first, Outcome.ERROR, 0)
        rules.finish(second, Outcome.OK, 0)
    assert {call(rules, now=1) for _ in range(6)} == {1}
    (service,) = rules.snapshot().services
    states = [known.breaker and known.breaker.state for known in service.instances]
    assert states == [BreakerState.OPEN, BreakerState.CLOSED]


def test_when_every_breaker_refuses_the_call_is_denied_until_one_probes() -> None:
    rules = governor(GovernedConfig(breaker=BREAKER))
    call(rules, Outcome.TIMEOUT)
    call(rules, Outcome.ERROR)
    assert rules.admit("cart", 99) == Denied(Denial.BREAKER_OPEN)
    probe = admitted(rules, 100)
    assert rules.admit("cart", 100) == Denied(Denial.BREAKER_OPEN)
    rules.finish(probe, Outcome.OK, 101)
    assert isinstance(rules.admit("cart", 101), Permit)
    (service,) = rules.snapshot().services
    (known,) = service.instances
    assert known.breaker is not None
    assert known.breaker.refused == 2, "the only one is asked once"


def test_a_caller_that_has_gone_gives_its_probe_back() -> None:
    rules = governor(GovernedConfig(breaker=BREAKER))
    call(rules, Outcome.ERROR)
    call(rules, Outcome.ERROR)
    rules.finish(admitted(rules, 100), Outcome.CALLER_GONE, 100)
    assert isinstance(rules.admit("cart", 100), Permit)


def test_slow_calls_count_as_slow() -> None:
    slow = BreakerConfig(2, 2, 1.0, 100, 1, slow_ns=5, slow_ratio=1.0)
    rules = governor(GovernedConfig(breaker=slow))
    for _ in range(2):
        rules.finish(admitted(rules, 0), Outcome.OK, 6)
    assert rules.admit("cart", 6) == Denied(Denial.BREAKER_OPEN)


def test_the_limit_comes_first_and_says_how_long_to_wait() -> None:
    rules = governor(limiter=TokenBucket(Rate(1, 10), 1))
    assert isinstance(rules.admit("cart", 0), Permit)
    assert rules.admit("cart", 3) == Denied(Denial.LIMITED, 7)
    assert isinstance(rules.admit("cart", 10), Permit)


def test_the_balancer_is_told_of_starts_and_ends() -> None:
    balancer = make_balancer(BalancerConfig("least_request"), Stream(1, "b"))
    rules = governor(instances=2, balancer=balancer)
    permits = [admitted(rules) for _ in range(5)]
    assert sum(known.active or 0 for known in balancer.snapshot().members) == 5
    for permit in permits:
        rules.finish(permit, Outcome.OK, 1)
    assert [known.active for known in balancer.snapshot().members] == [0, 0]


@pytest.mark.parametrize("policy", [name for name in BUILT_IN if name != "prequal"])
def test_every_policy_can_be_governed(policy: str) -> None:
    """Admits, learns, loses an instance to its health check and gets it back."""
    balancer = make_balancer(BalancerConfig(policy), Stream(1, "b"))
    rules = governor(GovernedConfig(HEALTH, BREAKER), 3, balancer=balancer)
    prove(rules)
    for key in range(50):
        permit = rules.admit("cart", 1, key)
        assert isinstance(permit, Permit)
        rules.finish(permit, Outcome.OK, 2)
    for now in (10, 20):
        for action in rules.tick(now=now):
            if isinstance(action, Probe):
                is_sick = action.instance == 0
                result = ProbeResult.FAILED if is_sick else ProbeResult.PASSED
                rules.probed(action, result, now=now)
    picked = [rules.admit("cart", 21, key) for key in range(50)]
    assert {permit.instance for permit in picked if isinstance(permit, Permit)} <= {1, 2}
    assert all(isinstance(permit, Permit) for permit in picked)


def test_a_keyed_policy_gets_the_key() -> None:
    balancer = make_balancer(BalancerConfig("maglev", table_size=101), Stream(1, "b"))
    rules = governor(instances=5, balancer=balancer)
    for key in range(20):
        permits = [rules.admit("cart", 0, key) for _ in range(3)]
        assert len({permit.instance for permit in permits if isinstance(permit, Permit)}) == 1


def test_a_policy_that_needs_the_time_of_ends_gets_it() -> None:
    ends: list[tuple[int, int, int]] = []

    class Timed(RoundRobin):
        needs_time = True

        def finished_at(self, member: int, _outcome: int, duration_ns: int, now: int, /) -> None:
            ends.append((member, duration_ns, now))

    rules = governor(balancer=Timed())
    rules.finish(admitted(rules, 5), Outcome.OK, 12)
    assert ends == [(0, 7, 12)]


def test_a_placed_policy_is_told_where_instances_stand() -> None:
    placed: list[tuple[int, MemberFacts]] = []

    class Placed(RoundRobin):
        def place(self, member: int, facts: MemberFacts) -> None:
            placed.append((member, facts))

        def situate(self, _caller: object) -> None:
            raise AssertionError

    policy = Placed()
    assert isinstance(policy, PlacedBalancer)
    rules = governor(instances=0, balancer=policy)
    rules.add_instance("cart", 4, now=0, facts=MemberFacts("a"))
    rules.add_instance("cart", 5, now=0)
    assert placed == [(4, MemberFacts("a"))]


def test_adding_a_known_instance_changes_its_weight_and_nothing_else() -> None:
    balancer = make_balancer(BalancerConfig("smooth_weighted"), Stream(1, "b"))
    rules = governor(GovernedConfig(HEALTH), 2, balancer=balancer)
    prove(rules)
    rules.add_instance("cart", 0, now=5, weight=3)
    assert [call(rules) for _ in range(4)].count(0) == 3
    assert rules.next_deadline() == 10


def test_calls_outlive_their_instance_and_their_service() -> None:
    rules = governor(GovernedConfig(HEALTH, BREAKER), 2)
    prove(rules)
    first, second = admitted(rules), admitted(rules)
    rules.remove_instance("cart", first.instance)
    rules.finish(first, Outcome.RESET, 1)
    rules.deregister("cart")
    rules.finish(second, Outcome.RESET, 1)
    assert rules.snapshot().services == ()


def test_the_result_of_an_earlier_life_says_nothing_about_the_next() -> None:
    rules = governor(GovernedConfig(breaker=BREAKER))
    old = [admitted(rules) for _ in range(2)]
    rules.remove_instance("cart", 0)
    rules.add_instance("cart", 0, now=1)
    for permit in old:
        rules.finish(permit, Outcome.ERROR, 1)
    assert isinstance(rules.admit("cart", 1), Permit)


def test_a_permit_is_handed_back_exactly_once() -> None:
    rules, other = governor(), governor()
    permit = admitted(rules)
    with pytest.raises(SimulationError):
        rules.finish(permit, Outcome.IN_FLIGHT, 0)
    admitted(other)
    with pytest.raises(SimulationError):
        other.finish(Permit(0, "cart", 0, 5), Outcome.OK, 0)
    rules.finish(permit, Outcome.OK, 0)
    with pytest.raises(SimulationError):
        rules.finish(permit, Outcome.OK, 0)


def test_an_unknown_service_is_a_denial_for_callers_and_an_error_for_owners() -> None:
    rules = governor()
    assert rules.admit("basket", 0) == Denied(Denial.UNKNOWN_SERVICE)
    assert rules.snapshot().unknown_services == 1
    with pytest.raises(ConfigError, match="'basket' is not registered"):
        rules.add_instance("basket", 0, now=0)
    with pytest.raises(ConfigError):
        rules.remove_instance("basket", 0)
    with pytest.raises(ConfigError):
        rules.deregister("basket")
    with pytest.raises(ConfigError):
        rules.remove_instance("cart", 9)


def test_an_answer_to_a_probe_of_nobody_says_nothing() -> None:
    rules = governor()
    assert rules.probed(Probe("basket", 0, 1), ProbeResult.FAILED, now=0) == ()
    assert rules.probed(Probe("cart", 0, 1), ProbeResult.FAILED, now=0) == ()


def test_what_makes_no_sense_is_not_registered() -> None:
    rules = governor()
    with pytest.raises(ConfigError, match="already"):
        rules.register("cart", UNCHECKED, balancer=RoundRobin())
    with pytest.raises(ConfigError, match="breaker"):
        rules.register("a", GovernedConfig(breaker=BreakerConfig(0)), balancer=RoundRobin())
    used = RoundRobin()
    used.add(0)
    with pytest.raises(ConfigError, match="not empty"):
        rules.register("a", UNCHECKED, balancer=used)
    probing = make_balancer(BalancerConfig("prequal"), Stream(1, "b"))
    with pytest.raises(ConfigError, match="probes"):
        rules.register("a", UNCHECKED, balancer=probing)


def test_the_snapshot_accounts_for_every_call() -> None:
    rules = governor(limiter=TokenBucket(Rate(1, 1000), 3))
    permits = [rules.admit("cart", 0) for _ in range(5)]
    assert isinstance(permits[0], Permit)
    rules.finish(permits[0], Outcome.TIMEOUT, 1)
    snapshot = rules.snapshot()
    assert snapshot == rules.snapshot()
    (service,) = snapshot.services
    assert (service.admitted, service.in_flight) == (3, 2)
    assert service.denied == ((Denial.LIMITED, 2),)
    assert service.outcomes == ((Outcome.TIMEOUT, 1),)
    (known,) = service.instances
    assert (known.instance, known.is_picked, known.health, known.breaker) == (0, True, None, None)
