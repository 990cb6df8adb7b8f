"""What the nodes of a database show when they are scraped."""

from dataclasses import replace

from models.base.distributions import Deterministic
from models.service.replication import ReplicationSpec
from models.service.spec import EndpointSpec
from sim.processes.metrics_pages import InstancePage
from sim.world import build
from tests.sim.worlds import MS, S, blueprint, edge, service


def test_a_node_shows_its_role_and_how_far_it_is_behind() -> None:
    write = EndpointSpec("do", Deterministic(MS), writes=True)
    spec = ReplicationSpec("a", lag=Deterministic(5 * S))
    database = replace(service("db", count=2, slots=50), endpoints=(write,), replication=spec)
    plan = blueprint([database], [edge("users", "db")], rate_per_s=20, seconds=3)
    world = build(plan, 1)
    world.run()
    shown = [
        {dict(one.labels)["__name__"]: one.value for one in InstancePage(node).show()}
        for node in world.instances
    ]
    assert [page["pg_replication_is_replica"] for page in shown] == [0, 1]
    assert shown[0]["database_replication_lag_writes"] == 0
    head = world.databases["db"].head
    assert head > 40
    assert (
        shown[1]["database_replication_lag_writes"]
        == head - world.databases["db"].nodes[1].log.position
    )
