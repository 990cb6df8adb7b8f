"""The published JSON Schema and the models that validate must not drift apart."""

import copy
from pathlib import Path

import jsonschema
import pytest
import yaml

from scenarios.document.schema import scenario_schema
from scenarios.source.files import DiskFinder, Files
from scenarios.source.inheritance import resolve_extends
from scenarios.source.marks import Source
from scenarios.source.problems import Problems
from scenarios.source.tree import flatten
from scenarios.source.yaml_reader import read_yaml
from tests.scenarios.edited import TWO_TIER

ROOT = Path(__file__).parents[3]
EXAMPLES = [*sorted((ROOT / "scenarios" / "library").rglob("*.yaml")), TWO_TIER]
VARIANTS = [path for path in EXAMPLES if "\nextends:" in path.read_text(encoding="utf-8")]
SCHEMA = scenario_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def read(path):
    text = path.read_text(encoding="utf-8")
    source = Source(str(path), "scenario", path.parent, tuple(text.split("\n")))
    root = read_yaml(text, source, Problems())
    assert root is not None
    return root


def plain(path):
    return flatten(read(path), Problems()).data


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_passes_the_schema(path):
    assert [error.message for error in VALIDATOR.iter_errors(plain(path))] == []


CHANGES = (
    ("seed", "7"),
    ("sed", 7),
    ("version", 2),
    ("topology", {}),
    ("time", {"measure": 5}),
    ("faults", [{"at": "1s"}]),
    ("faults", [{"at": "1s", "zone_outage": {"zone": "a"}, "instance_crash": {}}]),
    ("expect", [{"latency": "p98", "of": "x", "below": "1s"}]),
    ("expect", [{"alert": "x", "fires": "always"}]),
    ("edges", {"a -> b": {"retry": {"budget": 0.2}}}),
    ("discovery", {"zone": "a", "lease": 3}),
)


@pytest.mark.parametrize(("key", "value"), CHANGES)
def test_what_the_models_refuse_in_shape_the_schema_refuses_too(key, value):
    data = copy.deepcopy(plain(TWO_TIER))
    data[key] = value
    assert not VALIDATOR.is_valid(data)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("edges", {"a -> b": {"balancer": "round_robin", "retry": {"budget": "20%"}}}),
        ("edges", {"a -> b": {"balancer": {"policy": "mine", "options": {"x": "y"}}}}),
        ("edges", {"a -> b": {"breaker": None, "timeout": 0}}),
        ("expect", [{"alert": "x", "fires": "never"}, {"paged": None, "of": "x", "within": "1s"}]),
        ("alerting", {"zone": "a", "rules": ["*.yml", {"name": "g", "rules": []}]}),
        ("alternatives", {"big": {"set": {"seed": 3}}}),
    ],
)
def test_shorthands_pass_the_schema(key, value):
    data = copy.deepcopy(plain(TWO_TIER))
    data[key] = value
    VALIDATOR.validate(data)


def test_a_variant_need_not_repeat_its_base_and_a_scenario_must_be_whole():
    assert VALIDATOR.is_valid({"version": 1, "extends": "base.yaml"})
    assert not VALIDATOR.is_valid({"version": 1, "scenario": "x"})


def test_a_variant_may_change_one_field_of_a_section_but_its_lists_are_whole():
    variant = {"version": 1, "extends": "base.yaml"}
    assert VALIDATOR.is_valid(variant | {"services": {"shop": {"instances": {"machine": "m"}}}})
    assert not VALIDATOR.is_valid(variant | {"services": {"shop": {"instances": {"machin": "m"}}}})
    assert not VALIDATOR.is_valid(variant | {"faults": [{"at": "1s"}]})


@pytest.mark.parametrize("path", VARIANTS, ids=lambda path: path.stem)
def test_a_variant_merged_with_its_base_passes_as_a_whole(path):
    problems = Problems()
    whole = resolve_extends(read(path), Files(DiskFinder(), problems), problems)
    assert whole is not None
    data = flatten(whole, problems).data
    del data["extends"]
    VALIDATOR.validate(data)


def test_durations_carry_a_pattern_that_editors_can_check():
    lease = SCHEMA["$defs"]["DiscoveryDoc"]["properties"]["lease"]
    assert not jsonschema.Draft202012Validator(lease).is_valid("3 seconds")
    assert jsonschema.Draft202012Validator(lease).is_valid("1h30m")


def test_the_examples_are_those_on_disk():
    assert all(yaml.safe_load(path.read_text())["version"] == 1 for path in EXAMPLES)
