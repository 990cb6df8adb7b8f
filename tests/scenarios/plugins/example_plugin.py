"""An example of both kinds of plug-in; copy it and change it.

    foreshock run platform.yaml --plugin example_plugin

In the scenario, an edge names the balancer and ``processes`` the process:

    edges: {frontend -> catalog: {balancer: stickiest}}
    processes: [{name: deploy, options: {service: catalog, every: 20s}}]

A package offers the same objects through the entry-point groups ``foreshock.balancers`` and
``foreshock.processes``.
"""

from collections.abc import Generator, Mapping
from typing import Any

from simpy.events import Event

from models.base.streams import Stream
from models.base.time import TimeNs, parse_duration
from models.records.events import EventKind
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.round_robin import RoundRobin
from models.traffic.config import BalancerConfig
from sim.nodes.condition import Condition
from sim.world import World


class Stickiest(RoundRobin):
    """Always the same member while it is there: the lowest number that is up."""

    def pick(self, _now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """The lowest member that is not to be avoided."""
        up = [member.member for member in self.snapshot().members if member.is_up]
        others = [member for member in up if member != avoid]
        return min(others or up, default=NO_MEMBER)


def stickiest(_config: BalancerConfig, _stream: Stream) -> Stickiest:
    """Make the balancer of one caller's edge."""
    return Stickiest()


def deploy(world: World, options: Mapping[str, str]) -> Generator[Event, Any, None]:
    """Restart one instance of a service after the other, ``every`` so often."""
    for instance in world.instances_of[options["service"]]:
        yield world.kernel.timeout(parse_duration(options["every"]))
        world.recorder.event(EventKind.NOTE, instance.name, {"text": "new version"})
        world.crash(instance, Condition.CRASHED, "deploy")
        world.restart(instance)


BALANCERS = {"stickiest": stickiest}
PROCESSES = {"deploy": deploy}
