"""What the packed columns of a record can hold, checked before a world is made."""

from models.base.errors import ConfigError
from models.base.outcome import TRIES_MAX
from models.records.schema import NO_INDEX
from sim.blueprint import Blueprint


def check_fits_record(blueprint: Blueprint) -> None:
    """Refuse what would not fit: ``attempts`` has 16 bits for a node and 4 for a try number.

    Raises:
        ConfigError: more nodes than indices, or more retries than try numbers.
    """
    instances = sum(len(service.instances) for service in blueprint.services)
    nodes = instances + len(blueprint.sources)
    if nodes > NO_INDEX:
        raise ConfigError(f"{nodes} instances and sources are more than {NO_INDEX}")
    for edge in blueprint.edges:
        if edge.retry.retries >= TRIES_MAX:
            raise ConfigError(
                f"{edge.caller} -> {edge.callee}: {edge.retry.retries} retries are more than"
                f" {TRIES_MAX - 1}"
            )
