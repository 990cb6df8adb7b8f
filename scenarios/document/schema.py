"""The JSON Schema of scenario files, for editors; drawn from the models that validate them."""

from typing import Any

from scenarios.document.scenario import ScenarioDoc
from scenarios.source.inheritance import EXTENDS

_DEFINITIONS = "$defs"
_REFERENCE = "$ref"
_WHOLE = "Scenario"
_CHANGE = "Change"


def scenario_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a scenario file of version 1.

    A file with ``extends`` states differences, so nothing is required in its sections; its lists
    replace those of the base and must be whole.
    """
    whole = ScenarioDoc.model_json_schema(mode="validation", by_alias=True)
    definitions = whole.pop(_DEFINITIONS)
    definitions[_WHOLE] = whole
    changes = {f"{name}{_CHANGE}": _relaxed(schema) for name, schema in definitions.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "foreshock scenario",
        "description": whole["description"],
        "type": "object",
        "required": ["version"],
        "if": {"required": [EXTENDS]},
        "then": {_REFERENCE: f"#/{_DEFINITIONS}/{_WHOLE}{_CHANGE}"},
        "else": {_REFERENCE: f"#/{_DEFINITIONS}/{_WHOLE}"},
        _DEFINITIONS: {**definitions, **changes},
    }


def _relaxed(schema: Any) -> Any:
    """The schema of a part of such a section: nothing required, the first fit of a choice."""
    if isinstance(schema, list):
        return [_relaxed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    relaxed: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "items":
            relaxed[key] = value
        elif key == _REFERENCE:
            relaxed[key] = f"{value}{_CHANGE}"
        elif key == "oneOf":
            relaxed["anyOf"] = _relaxed(value)
        elif key == "properties":
            relaxed[key] = {name: _relaxed(item) for name, item in value.items()}
        elif key not in ("required", "minProperties"):
            relaxed[key] = _relaxed(value)
    return relaxed
