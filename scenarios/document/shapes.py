"""What all sections of a scenario share: strict fields, names, lists, and choices by key."""

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Strict,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

from scenarios.document.quantities import mistake
from scenarios.source.problems import quoted, suggestion

Item = TypeVar("Item")

TAG_PREFIX = "<"
SHORT, SECTION = TAG_PREFIX + "short", TAG_PREFIX + "section"
_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"
_NAME_FORM = re.compile(_NAME)


class ModelsInForce:
    """Which model validated which section, so that suggestions come from the right one.

    Handed to pydantic as the validation context. Sections are known by identity: the data is
    alive for as long as the errors are read.
    """

    def __init__(self) -> None:
        self._fields: dict[int, tuple[str, ...]] = {}

    def remember(self, section: object, fields: Sequence[str]) -> None:
        """Note the field names that the section may have."""
        self._fields[id(section)] = tuple(fields)

    def fields_of(self, section: object) -> tuple[str, ...]:
        """Names the section may have; none if no model looked at it."""
        return self._fields.get(id(section), ())


class Section(BaseModel):
    """A mapping with known keys: unknown ones are refused, values are never converted."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        validate_by_name=False,
        defer_build=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _remember(cls, data: object, info: ValidationInfo) -> object:
        if isinstance(info.context, ModelsInForce):
            names = [field.alias or name for name, field in cls.model_fields.items()]
            info.context.remember(data, names)
        return data


def _check_name(value: str) -> str:
    if not _NAME_FORM.fullmatch(value):
        raise mistake(
            f"{quoted(value)} is not a name; use letters, digits, '-' and '_',"
            " and begin with a letter or digit"
        )
    return value


Name = Annotated[str, AfterValidator(_check_name)]
EndpointName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Several = Annotated[tuple[Item, ...], Strict(False)]


def first_key_of(kinds: Sequence[str]) -> Callable[[Any], str | None]:
    """Discriminator: the tag of the one key among ``kinds`` that a section has."""

    def discriminate(value: Any) -> str | None:
        if isinstance(value, dict):
            return next((TAG_PREFIX + kind for kind in kinds if kind in value), None)
        return next(
            (TAG_PREFIX + kind for kind in kinds if hasattr(value, kind)),
            None,
        )

    return discriminate


def short_or_section(value: Any) -> str:
    """Discriminator of what is written as one word, tag ``SHORT``, or at length, ``SECTION``."""
    return SECTION if isinstance(value, dict | BaseModel) else SHORT


def exactly_one_of(what: str, kinds: Sequence[str]) -> BeforeValidator:
    """Demand exactly one of the keys ``kinds``, and say what was probably meant otherwise."""

    def check(value: object) -> object:
        listed = ", ".join(kinds)
        if not isinstance(value, dict):
            raise mistake(f"expected {what} with one of {listed}, got {quoted(value)}")
        found = [kind for kind in kinds if kind in value]
        if not found:
            for key in value:
                if hint := suggestion(key, kinds):
                    raise mistake(f"unknown field{hint}", field=key)
            raise mistake(f"{what} needs one of {listed}")
        if len(found) > 1:
            message = f"{what} has one kind, not both {found[0]} and {found[1]}"
            raise mistake(message, field=found[1])
        return value

    return BeforeValidator(check)
