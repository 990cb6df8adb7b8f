"""The shop of online-boutique/zone-outage.yaml agrees with the manifests that deploy it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

import scenarios
from scenarios.load import load
from sim.blueprint import Blueprint

HOME = Path(scenarios.__file__).parent
SHOP = HOME / "library" / "online-boutique" / "zone-outage.yaml"
MANIFESTS = HOME.parents[1] / "shared" / "data" / "online-boutique" / "kubernetes-manifests.yaml"
LOAD_GENERATOR = "loadgenerator"
SINGLE = "redis-cart"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(
        not MANIFESTS.is_file(), reason="the shop's manifests are not beside the repository"
    ),
]
Deployments = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def shop() -> Blueprint:
    return load(SHOP).blueprint


@pytest.fixture(scope="module")
def deployments() -> Deployments:
    """Specs of the deployments by name."""
    documents = yaml.safe_load_all(MANIFESTS.read_text(encoding="utf-8"))
    return {
        document["metadata"]["name"]: document["spec"]
        for document in documents
        if document["kind"] == "Deployment"
    }


def container(deployment: dict[str, Any]) -> dict[str, Any]:
    (only,) = deployment["template"]["spec"]["containers"]
    assert isinstance(only, dict)
    return only


def addressees(deployment: dict[str, Any]) -> set[str]:
    """Hosts of the addresses that a container is given: values such as ``name:port``."""
    variables = container(deployment).get("env", ())
    given = [entry["value"] for entry in variables if entry["name"].endswith("_ADDR")]
    return {value.partition(":")[0] for value in given}


def test_its_services_are_what_the_manifests_deploy(
    shop: Blueprint, deployments: Deployments
) -> None:
    assert {service.name for service in shop.services} == set(deployments) - {LOAD_GENERATOR}


def test_who_calls_whom_is_who_is_given_whose_address(
    shop: Blueprint, deployments: Deployments
) -> None:
    """An address of something that is not deployed, such as the shopping assistant, is unused."""
    given = {
        (name, callee)
        for name, deployment in deployments.items()
        if name != LOAD_GENERATOR
        for callee in addressees(deployment) & set(deployments)
    }
    (shoppers,) = shop.sources
    assert {(edge.caller, edge.callee) for edge in shop.edges} == given | {
        (shoppers.name, shoppers.service)
    }


def test_shoppers_enter_where_the_load_generator_does(
    shop: Blueprint, deployments: Deployments
) -> None:
    (shoppers,) = shop.sources
    assert addressees(deployments[LOAD_GENERATOR]) == {shoppers.service}


def test_each_machine_is_what_the_pod_requests(shop: Blueprint, deployments: Deployments) -> None:
    for service in shop.services:
        requests = container(deployments[service.name])["resources"]["requests"]
        machine = f"cpu-{requests['cpu']}-{requests['memory']}"
        assert {instance.machine for instance in service.instances} == {machine}


def test_one_replica_becomes_three_but_for_the_store_that_cannot_be_shared(
    shop: Blueprint, deployments: Deployments
) -> None:
    for service in shop.services:
        deployed = deployments[service.name].get("replicas", 1)
        copies = deployed if service.name == SINGLE else 3 * deployed
        assert len(service.instances) == copies
