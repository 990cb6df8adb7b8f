"""Scopes and types of policies."""

from typing import get_args

import pytest

from models.base.errors import ConfigError
from models.traffic.mesh.policy import MESH, RULES_OF, Level, PolicyType, Scope
from models.traffic.mesh.rules import Rule


def test_an_edge_is_more_specific_than_a_service_and_that_than_the_mesh() -> None:
    assert MESH.level is Level.MESH
    assert Scope("cart").level is Level.SERVICE
    assert Scope("cart", "web").level is Level.EDGE
    assert Level.MESH < Level.SERVICE < Level.EDGE


def test_an_edge_leads_somewhere() -> None:
    with pytest.raises(ConfigError):
        Scope(caller="web")


def test_every_kind_of_rule_has_exactly_one_type_of_policy() -> None:
    kinds = [kind for policy_type in PolicyType for kind in RULES_OF[policy_type]]
    assert len(kinds) == len(set(kinds))
    assert set(kinds) == set(get_args(Rule))
