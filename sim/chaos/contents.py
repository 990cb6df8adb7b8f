"""What becomes of the content of processes that die: kept, lost, or as memory and disks have it."""

from collections.abc import Sequence

from sim.nodes.instance import Instance
from sim.nodes.stores.messages import BrokerInstance
from sim.nodes.stores.remembering import RememberingInstance


def let_own_content_outlive(instances: Sequence[Instance], *, crash: bool) -> None:
    """Whether caches of their own outlive what befalls the instances next."""
    for instance in instances:
        if isinstance(instance, RememberingInstance):
            instance.outlive(crash=crash)


def lose_disks(struck: Sequence[Instance], everyone: Sequence[Instance]) -> None:
    """What services keep in common is gone where every instance that has it was struck."""
    numbers = {instance.index for instance in struck}
    for service in dict.fromkeys(instance.service for instance in struck):
        copies = [one for one in everyone if one.service == service]
        if all(copy.index in numbers for copy in copies):
            for copy in copies:
                _lose_content(copy)


def _lose_content(instance: Instance) -> None:
    if isinstance(instance, RememberingInstance):
        instance.flush()
    elif isinstance(instance, BrokerInstance):
        instance.lose_messages()
