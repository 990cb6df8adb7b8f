"""The JSON Schema of scenario files, for editors; drawn from the models that validate them."""

from typing import Any

from scenarios.document.scenario import ScenarioDoc

SCHEMA_ID = "https://foreshock.dev/schema/scenario-1.json"


def scenario_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a scenario file of version 1.

    A file with ``extends`` need not repeat what its base has, so nothing is required of it.
    """
    schema = ScenarioDoc.model_json_schema(mode="validation", by_alias=True)
    required = [name for name in schema.pop("required") if name != "version"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **schema,
        "required": ["version"],
        "anyOf": [{"required": ["extends"]}, {"required": required}],
    }
