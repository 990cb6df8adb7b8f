"""A world that its record could not hold is refused before it is made."""

from dataclasses import replace

import pytest

from models.base.errors import ConfigError
from models.base.outcome import TRIES_MAX
from models.records.schema import NO_INDEX
from models.traffic.config import RetryConfig
from sim.blueprint import Blueprint
from sim.recording.limits import check_fits_record
from tests.sim.worlds import blueprint, edge, service


def with_retries(retries: int) -> Blueprint:
    return blueprint([service("shop")], [edge("users", "shop", retry=RetryConfig(retries))])


def with_instances(count: int) -> Blueprint:
    shop = service("shop", count=1)
    shop = replace(shop, instances=shop.instances * count)
    return blueprint([shop], [edge("users", "shop")])


def test_as_many_retries_as_there_are_try_numbers_after_the_first_fit() -> None:
    check_fits_record(with_retries(TRIES_MAX - 1))


def test_one_retry_more_is_refused() -> None:
    with pytest.raises(ConfigError, match="users -> shop: 15 retries are more than 14"):
        check_fits_record(with_retries(TRIES_MAX))


def test_every_index_but_the_one_that_means_nowhere_can_be_used() -> None:
    check_fits_record(with_instances(NO_INDEX - 1))


def test_one_node_more_is_refused() -> None:
    with pytest.raises(ConfigError, match="65536 instances and sources"):
        check_fits_record(with_instances(NO_INDEX))
