"""The governor against a naive model: who is healthy, what is under way, what breakers know."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models.base.outcome import Outcome
from models.base.streams import Stream
from models.traffic.balancer.policies import make_balancer
from models.traffic.breaker_states import BreakerState
from models.traffic.config import BalancerConfig, BreakerConfig
from models.traffic.governor.governed import Denial, Denied, GovernedConfig, Permit
from models.traffic.governor.governor import Governor
from models.traffic.governor.health import Health, HealthCheckConfig, ProbeResult
from models.traffic.governor.monitor import Probe

INSTANCES = st.integers(0, 3)
RESULTS = st.sampled_from(ProbeResult)
OUTCOMES = st.sampled_from([Outcome.OK, Outcome.ERROR, Outcome.TIMEOUT, Outcome.CALLER_GONE])


class GovernorMachine(RuleBasedStateMachine):
    @initialize(
        policy=st.sampled_from(["round_robin", "least_request", "peak_ewma", "maglev"]),
        fall=st.integers(1, 3),
        rise=st.integers(1, 3),
    )
    def start(self, policy: str, fall: int, rise: int) -> None:
        self.now = 0
        self.fall, self.rise = fall, rise
        breaker = BreakerConfig(4, 2, 0.5, 30, 1)
        health = HealthCheckConfig(interval_ns=10, timeout_ns=6, fall=fall, rise=rise)
        self.governor = Governor()
        self.governor.register(
            "cart",
            GovernedConfig(health, breaker),
            balancer=make_balancer(BalancerConfig(policy, table_size=53), Stream(1, "b")),
        )
        self.results: dict[int, list[bool]] = {}
        self.health: dict[int, Health] = {}
        self.open_probes: dict[int, tuple[Probe, int]] = {}
        self.answered: list[Probe] = []
        self.in_flight: list[Permit] = []
        self.admitted = self.finished = 0

    def note(self, instance: int, result: ProbeResult) -> None:
        """The model: look at the whole row of results since the last change."""
        results = self.results[instance]
        results.append(result is ProbeResult.PASSED)
        health = self.health[instance]
        if health is Health.UNPROVEN:
            following = Health.UP if results[-1] else Health.DOWN
        elif health is Health.UP:
            has_fallen = len(results) >= self.fall and not any(results[-self.fall :])
            is_out = has_fallen or result is ProbeResult.CONDEMNED
            following = Health.DOWN if is_out else Health.UP
        else:
            has_risen = len(results) >= self.rise and all(results[-self.rise :])
            following = Health.UP if has_risen else Health.DOWN
        if following is not health:
            self.results[instance] = []
            self.health[instance] = following

    @rule(instance=INSTANCES)
    def add(self, instance: int) -> None:
        if instance not in self.health:
            self.health[instance] = Health.UNPROVEN
            self.results[instance] = []
        self.governor.add_instance("cart", instance, now=self.now)

    @precondition(lambda self: self.health)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        instance = data.draw(st.sampled_from(list(self.health)))
        del self.health[instance]
        self.open_probes.pop(instance, None)
        self.governor.remove_instance("cart", instance)

    @rule(wait=st.integers(0, 12))
    def wait_and_tick(self, wait: int) -> None:
        self.now += wait
        for instance, (_, sent_at) in list(self.open_probes.items()):
            if self.now >= sent_at + 6:
                del self.open_probes[instance]
                self.note(instance, ProbeResult.FAILED)
        for action in self.governor.tick(now=self.now):
            if isinstance(action, Probe):
                assert action.instance not in self.open_probes
                self.open_probes[action.instance] = (action, self.now)
        due = self.governor.next_deadline()
        assert (due is None) is (not self.health)
        assert due is None or due > self.now

    @precondition(lambda self: self.open_probes)
    @rule(data=st.data(), result=RESULTS)
    def answer(self, data: st.DataObject, result: ProbeResult) -> None:
        instance = data.draw(st.sampled_from(list(self.open_probes)))
        probe, _ = self.open_probes.pop(instance)
        self.governor.probed(probe, result, now=self.now)
        self.answered.append(probe)
        self.note(instance, result)

    @precondition(lambda self: self.answered)
    @rule(data=st.data(), result=RESULTS)
    def answer_again(self, data: st.DataObject, result: ProbeResult) -> None:
        probe = data.draw(st.sampled_from(self.answered))
        assert self.governor.probed(probe, result, now=self.now) == ()

    @rule(key=st.integers(0, 50))
    def admit(self, key: int) -> None:
        answer = self.governor.admit("cart", self.now, key)
        is_up = [instance for instance, health in self.health.items() if health is Health.UP]
        if isinstance(answer, Permit):
            assert answer.instance in is_up
            self.in_flight.append(answer)
            self.admitted += 1
        elif is_up:
            assert answer == Denied(Denial.BREAKER_OPEN)
        else:
            assert answer == Denied(Denial.NO_INSTANCE)

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data(), outcome=OUTCOMES)
    def finish(self, data: st.DataObject, outcome: Outcome) -> None:
        permit = self.in_flight.pop(data.draw(st.integers(0, len(self.in_flight) - 1)))
        self.governor.finish(permit, outcome, self.now)
        self.finished += 1

    @invariant()
    def agrees_with_the_model(self) -> None:
        if not hasattr(self, "governor"):
            return
        (service,) = self.governor.snapshot().services
        assert {known.instance: known.health for known in service.instances} == self.health
        assert all(known.is_picked is (known.health is Health.UP) for known in service.instances)
        assert (service.admitted, service.in_flight) == (self.admitted, len(self.in_flight))
        assert sum(count for _, count in service.outcomes) == self.finished

    @invariant()
    def half_open_breakers_have_at_most_their_permits_out(self) -> None:
        for permit in getattr(self, "in_flight", ()):
            breaker = permit.breaker
            if breaker is not None and breaker.state is BreakerState.HALF_OPEN:
                same = [
                    other
                    for other in self.in_flight
                    if other.breaker is breaker and other.epoch == breaker.epoch
                ]
                assert len(same) <= 1


GovernorMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=50, stateful_step_count=50
)
TestGovernor = GovernorMachine.TestCase
