"""How far a version has come."""

from models.traffic.mesh.convergence import Convergence, ConvergenceLog
from models.traffic.mesh.messages import NO_VERSION, Version

V1, V2, V3 = Version(1, 1), Version(1, 2), Version(1, 3)


def test_versions_go_by_generation_then_serial() -> None:
    assert NO_VERSION < Version(1, 1) < Version(1, 2) < Version(1, 10) < Version(2, 1)


def test_a_version_has_converged_when_all_run_it_for_the_first_time() -> None:
    log = ConvergenceLog(V1, past_max=2, now=10)
    log.note(proxies=2, current=1, now=20)
    assert (log.newest.converged_at, log.newest.share_ratio) == (None, 0.5)
    log.note(proxies=2, current=2, now=30)
    log.note(proxies=3, current=2, now=40)
    log.note(proxies=3, current=3, now=50)
    assert log.newest == Convergence(V1, 10, 3, 3, converged_at=30)
    assert log.newest.time_to_converge_ns == 20


def test_without_proxies_nothing_converges() -> None:
    log = ConvergenceLog(V1, past_max=2, now=0)
    log.note(proxies=0, current=0, now=1)
    assert (log.newest.converged_at, log.newest.share_ratio) == (None, None)
    assert log.newest.time_to_converge_ns is None


def test_the_past_keeps_how_far_each_came_and_is_bounded() -> None:
    log = ConvergenceLog(V1, past_max=1, now=0)
    log.note(proxies=2, current=2, now=1)
    log.publish(V2, now=5)
    log.note(proxies=2, current=1, now=6)
    log.publish(V3, now=7)
    assert log.past == (Convergence(V2, 5, 2, 1, superseded_at=7),)
    assert log.newest == Convergence(V3, 7, proxies=2)
