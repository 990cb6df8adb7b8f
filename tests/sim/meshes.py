"""Small worlds with a mesh: users call `front`, which calls `back`."""

import json
from collections.abc import Sequence
from dataclasses import replace

from models.base.distributions import Deterministic, Distribution
from models.faults.plan import Fault
from models.traffic.config import EdgeConfig
from models.traffic.mesh.config import (
    AgentConfig,
    ControlPlaneConfig,
    Feature,
    MeshChange,
    MeshPlan,
)
from models.traffic.mesh.policy import MeshConfig, Policy, PolicyType, Scope, ServiceEntry
from models.traffic.mesh.rules import (
    BalancingRule,
    Destination,
    FaultRule,
    Rule,
    Share,
    SplitRule,
    TimeoutRule,
)
from sim.blueprint import Blueprint
from sim.world import Outcome as Left
from tests.sim.worlds import MS, S, blueprint, edge, service

TO_BACK = Scope("back", "front")
_TYPES: dict[type, PolicyType] = {
    BalancingRule: PolicyType.TRAFFIC,
    SplitRule: PolicyType.TRAFFIC,
    FaultRule: PolicyType.FAULT,
}
MEMBERS = (("back", "old", ("back-0", "back-1")), ("back", "new", ("back-2",)))
QUICK = ControlPlaneConfig(ack_timeout_ns=200 * MS)


def configuration(*rules: tuple[Scope, Rule], edges: Sequence[EdgeConfig] = ()) -> MeshConfig:
    """Each rule as a policy of its own."""
    return MeshConfig(
        (ServiceEntry("users"), ServiceEntry("front"), ServiceEntry("back", ("old", "new"))),
        tuple(
            Policy(f"policy-{n}", _TYPES.get(type(rule), PolicyType.RESILIENCE), (rule,), scope)
            for n, (scope, rule) in enumerate(rules)
        ),
        tuple(edges),
    )


def patience(timeout_ns: int, scope: Scope = TO_BACK) -> tuple[Scope, Rule]:
    """A rule about time-outs."""
    return scope, TimeoutRule(timeout_ns)


def split(old: int, new: int) -> tuple[Scope, Rule]:
    """Calls to `back` in percent by subset."""
    shares = (Share(Destination("back", "old"), old), Share(Destination("back", "new"), new))
    return TO_BACK, SplitRule(shares)


def platform(
    *,
    first: Sequence[tuple[Scope, Rule]] = (),
    changes: Sequence[tuple[float, Sequence[tuple[Scope, Rule]]]] = (),
    faults: Sequence[Fault] = (),
    front_edge: EdgeConfig | None = None,
    fronts: int = 3,
    work: Distribution | None = None,
    seconds: int = 10,
    rate_per_s: float = 100,
    lacking: tuple[tuple[str, frozenset[Feature]], ...] = (),
    zone: str = "c",
    latency: Distribution | None = None,
) -> Blueprint:
    """``changes`` are (seconds into measure, rules)."""
    edges = [edge("users", "front", timeout_ns=4 * S), front_edge or edge("front", "back")]
    plain = blueprint(
        [
            service("front", count=fronts, slots=400, work=Deterministic(MS), calls=[["back"]]),
            service("back", count=3, slots=400, work=work or Deterministic(10 * MS)),
        ],
        edges,
        rate_per_s=rate_per_s,
        seconds=seconds,
        faults=faults,
        latency=latency,
    )
    plan = MeshPlan(
        zone,
        configuration(*first, edges=edges),
        tuple(
            MeshChange(round(at_s * S), configuration(*rules, edges=edges), f"change {n}")
            for n, (at_s, rules) in enumerate(changes)
        ),
        control=QUICK,
        agent=AgentConfig(hello_ns=S // 2, refresh_ns=3 * S),
        members=MEMBERS,
        lacking=lacking,
    )
    return replace(plain, mesh=plan)


def told(left: Left, kind: str) -> list[tuple[float, str, dict]]:
    """Events of a kind: second, subject, detail."""
    table = left.tables[3]
    return [
        (time_ns / S, subject, json.loads(detail))
        for time_ns, found, subject, detail in zip(
            table["time_ns"].tolist(),
            table.text("kind"),
            table.text("subject"),
            table.text("detail"),
            strict=True,
        )
        if found == kind
    ]
