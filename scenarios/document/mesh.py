"""A service mesh as written: its control plane, its proxies, its policies and their changes."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from scenarios.document.edges import BalancerDoc, BreakerDoc, RetryDoc
from scenarios.document.quantities import Duration, PositiveDuration, Ratio
from scenarios.document.shapes import Name, Section, Several


def _balancer(value: object) -> object:
    return {"policy": value} if isinstance(value, str) else value


class ControlPlaneDoc(Section):
    """The node that pushes configurations; faults find it as `control-plane`.

    A push is sent again when no answer has come for ``ack_timeout``, then ever later; after
    ``tries`` the proxy is left alone until it says hello.
    """

    zone: Name
    ack_timeout: PositiveDuration = 1_000_000_000
    tries: Annotated[int, Field(ge=1, le=1000)] = 8


class ProxiesDoc(Section):
    """Proxies beside all instances and sources say that they are there.

    Every ``hello`` until they have heard anything, every ``refresh`` afterwards. Those of the
    services in ``lacking`` do not know these rules and refuse a configuration that holds one.
    """

    hello: PositiveDuration = 1_000_000_000
    refresh: PositiveDuration = 30_000_000_000
    lacking: dict[Name, Several[Literal["split", "fault"]]] = Field(default_factory=dict)


class MeshFaultDoc(Section):
    """Of the calls, the share ``delayed`` waits ``delay``; the share ``aborted`` is never sent."""

    delay: Duration = 0
    delayed: Ratio = 0.0
    aborted: Ratio = 0.0
    abort_as: Literal["error", "reset", "refused", "shed"] = "error"


class MeshPolicyDoc(Section):
    """What holds on every edge, on those to a ``service``, or on one ``edge`` (`a -> b`).

    Of each kind of rule the most specific one counts; where none speaks, an edge does what
    `edges` says. ``breaker: null`` takes a breaker away. ``split`` gives shares to subsets.
    """

    service: Name | None = None
    edge: str | None = None
    timeout: Duration | None = None
    retry: RetryDoc | None = None
    breaker: BreakerDoc | None = None
    balancer: Annotated[
        BalancerDoc | None,
        BeforeValidator(_balancer, json_schema_input_type=str | BalancerDoc | None),
    ] = None
    split: Annotated[dict[Name, Ratio], Field(min_length=1)] | None = None
    fault: MeshFaultDoc | None = None


class MeshChangeDoc(Section):
    """At ``at`` into measure these ``policies`` take the place of all before.

    Or, with ``roll_back``, those that held before the last change come back.
    """

    at: Duration
    name: str = ""
    policies: Several[MeshPolicyDoc] | None = None
    roll_back: bool = False


class MeshDoc(Section):
    """``subsets`` name instances of a service by their labels."""

    control_plane: ControlPlaneDoc
    proxies: ProxiesDoc = ProxiesDoc()
    subsets: dict[Name, dict[Name, Annotated[dict[Name, str], Field(min_length=1)]]] = Field(
        default_factory=dict
    )
    policies: Several[MeshPolicyDoc] = ()
    changes: Several[MeshChangeDoc] = ()
