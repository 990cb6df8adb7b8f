"""Connection pools as written reach the edges; what makes no sense is located."""

import pytest

from models.base.time import NS_PER_MS
from models.traffic.config import PoolConfig
from tests.scenarios.edited import load_edited, messages

BALANCER = "balancer: least_request"


def pool(directory, written):
    loaded = load_edited(directory, (BALANCER, f"{BALANCER}\n    pool: {written}"))
    pools = {edge.pool for edge in loaded.blueprint.edges}
    return next(one for one in pools if one is not None)


def test_no_edge_has_a_pool_unless_it_is_written(tmp_path):
    assert {edge.pool for edge in load_edited(tmp_path).blueprint.edges} == {None}


def test_a_pool_is_what_is_written(tmp_path):
    written = "{connections: 3, pending: 7, wait: 20ms}"
    assert pool(tmp_path, written) == PoolConfig(3, 7, 20 * NS_PER_MS)


def test_what_is_left_out_has_the_default_of_the_config(tmp_path):
    assert pool(tmp_path, "{connections: 3}") == PoolConfig(3)


@pytest.mark.parametrize(
    "written", ["{connections: 0}", "{pending: 3}", "{connections: 1, wait: 5}"]
)
def test_a_pool_without_connections_or_units_is_refused(tmp_path, written):
    shown = messages(tmp_path, (BALANCER, f"{BALANCER}\n    pool: {written}"))
    assert len(shown) == 1
    assert ".pool" in shown[0]
