"""Probing. Semantics 7.1; naive defect: one failed health check ends the monitoring loop."""

from models.base.time import NS_PER_S
from models.traffic.governor.health import Health, HealthCheckConfig, ProbeResult
from models.traffic.governor.monitor import HealthChange, HealthMonitor, Probe

CONFIG = HealthCheckConfig(interval_ns=10, timeout_ns=4, fall=2, rise=2)
PASSED, FAILED = ProbeResult.PASSED, ProbeResult.FAILED


def monitor(config: HealthCheckConfig = CONFIG, start_ns: int = 0) -> HealthMonitor:
    watch = HealthMonitor("cart", config)
    watch.add(7, start_ns=start_ns)
    return watch


def change(health: Health) -> HealthChange:
    return HealthChange("cart", 7, health)


def test_probes_go_out_at_the_start_and_every_interval() -> None:
    watch = monitor(start_ns=3)
    assert watch.tick(now=2) == ()
    assert watch.next_deadline() == 3
    assert watch.tick(now=3) == (Probe("cart", 7, 1),)
    watch.probed(7, 1, PASSED, now=4)
    assert watch.next_deadline() == 13
    assert watch.tick(now=13) == (Probe("cart", 7, 2),)


def test_a_late_tick_sends_one_probe_and_keeps_the_beat() -> None:
    watch = monitor()
    assert len(watch.tick(now=25)) == 1
    watch.probed(7, 1, PASSED, now=25)
    assert watch.next_deadline() == 30


def test_a_probe_that_went_out_late_is_over_before_the_next_goes_out() -> None:
    watch = monitor()
    watch.tick(now=8)
    assert watch.next_deadline() == 12
    assert watch.tick(now=10) == ()
    assert watch.tick(now=12) == (change(Health.DOWN), Probe("cart", 7, 2))
    watch.probed(7, 2, PASSED, now=13)
    assert watch.next_deadline() == 20


def test_an_answer_in_time_counts_and_at_the_time_out_it_is_too_late() -> None:
    watch = monitor()
    watch.tick(now=0)
    assert watch.probed(7, 1, PASSED, now=3) == (change(Health.UP),)
    other = monitor()
    other.tick(now=0)
    assert other.probed(7, 1, PASSED, now=4) == (change(Health.DOWN),)


def test_no_answer_is_a_failure_at_the_time_out_and_the_next_probe_goes_out() -> None:
    watch = monitor()
    watch.tick(now=0)
    assert watch.next_deadline() == 4
    assert watch.tick(now=3) == ()
    assert watch.tick(now=4) == (change(Health.DOWN),)
    assert watch.next_deadline() == 10
    assert watch.tick(now=10) == (Probe("cart", 7, 2),)


def test_a_time_out_as_long_as_the_interval_ends_before_the_next_probe_begins() -> None:
    watch = monitor(HealthCheckConfig(interval_ns=10, timeout_ns=10, fall=2, rise=2))
    watch.tick(now=0)
    assert watch.tick(now=10) == (change(Health.DOWN), Probe("cart", 7, 2))


def test_probing_goes_on_after_any_number_of_failures() -> None:
    watch = monitor()
    sent = sum(isinstance(action, Probe) for now in range(500) for action in watch.tick(now=now))
    assert sent == 50
    watch.tick(now=500)
    watch.probed(7, 51, PASSED, now=501)
    watch.tick(now=510)
    assert watch.probed(7, 52, PASSED, now=511) == (change(Health.UP),)


def test_a_doubled_or_late_answer_says_nothing() -> None:
    watch = monitor()
    watch.tick(now=0)
    watch.probed(7, 1, PASSED, now=1)
    assert watch.probed(7, 1, FAILED, now=2) == ()
    watch.tick(now=10)
    assert watch.probed(7, 1, FAILED, now=11) == ()
    assert watch.probed(7, 2, FAILED, now=12) == ()
    watch.tick(now=20)
    assert watch.probed(7, 2, FAILED, now=21) == (), "one failure so far, not two"
    assert watch.probed(7, 3, FAILED, now=21) == (change(Health.DOWN),)


def test_an_answer_to_an_earlier_life_says_nothing() -> None:
    watch = monitor()
    watch.tick(now=0)
    watch.remove(7)
    assert watch.probed(7, 1, FAILED, now=1) == ()
    watch.add(7, start_ns=1)
    assert watch.probed(7, 1, FAILED, now=1) == ()
    watch.tick(now=1)
    assert watch.probed(7, 1, FAILED, now=2) == ()
    assert watch.health_of(7) is Health.UNPROVEN


def test_instances_are_probed_at_their_own_times() -> None:
    watch = monitor()
    watch.add(8, start_ns=5)
    watch.tick(now=0)
    watch.probed(7, 1, PASSED, now=0)
    assert watch.next_deadline() == 5
    assert watch.tick(now=5) == (Probe("cart", 8, 2),)


def test_without_instances_nothing_is_due() -> None:
    watch = monitor()
    watch.remove(7)
    assert watch.next_deadline() is None


def test_an_instance_that_dies_just_after_a_pass_is_out_at_the_third_failure() -> None:
    """Semantics 7.1: probes of 10 s, three failures: 30 s and up to the time-out of 1 s."""
    config = HealthCheckConfig(interval_ns=10 * NS_PER_S, timeout_ns=NS_PER_S, fall=3, rise=1)
    watch = monitor(config)
    watch.tick(now=0)
    watch.probed(7, 1, PASSED, now=0)
    changed_at = [
        now
        for now in range(0, 60 * NS_PER_S, NS_PER_S)
        for action in watch.tick(now=now)
        if isinstance(action, HealthChange)
    ]
    assert changed_at == [31 * NS_PER_S]
