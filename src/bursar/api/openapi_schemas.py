"""JSON schemas of requests and answers as they are on the wire, with a sentence for each field and examples.

Differs from pydantic's own schemas in three ways: a parameter that may be left out may be null too, a required text may
not be blank, and definitions have names that read as words. The meaning of names, and the schemas that are requests,
are the dialect's.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

Schema: TypeAlias = dict[str, Any]
PREFIX: Final = "#/components/schemas/"

_REFERENCE: Final = re.compile(f"'{PREFIX}([^']+)'")
_BOUNDS: Final = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
_EXAMPLES: Final[Mapping[str, Any]] = {"string": "text", "integer": 1, "number": 1, "boolean": True, "null": None}
"""Values for schemas without an example of their own."""


@dataclass(frozen=True, slots=True)
class Definitions:
    """Schemas by path or event, and the components that they refer to."""

    requests: Mapping[str, Schema]
    answers: Mapping[str, Schema]
    components: dict[str, Schema]

    def resolved(self, schema: Schema) -> Schema:
        """The schema, or the one it refers to."""
        return self.components[schema["$ref"].removeprefix(PREFIX)] if "$ref" in schema else schema


def schemas_of(
    requests: Mapping[str, TypeAdapter[Any]],
    answers: Mapping[str, TypeAdapter[Any]],
    fields: Mapping[str, tuple[Any, ...]],
    asked: type[BaseModel],
) -> Definitions:
    """The schemas of all requests and answers of an API.

    `fields` has a sentence and examples by a field's name, or by `Schema.name`; requests are subclasses of `asked`.
    """

    class Generator(WireSchema):
        """The API's own."""

        requests = asked

    wanted: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = [
        *((name, "validation", adapter) for name, adapter in requests.items()),
        *((name, "serialization", adapter) for name, adapter in answers.items()),
    ]
    found, whole = TypeAdapter.json_schemas(
        wanted, by_alias=True, ref_template=PREFIX + "{model}", schema_generator=Generator
    )
    for schema in (*found.values(), whole):
        _name_bounds(schema)
    components = whole.get("$defs", {})
    used = _referred_to(found.values(), components)
    definitions = Definitions(
        {name: found[name, "validation"] for name in requests},
        {name: found[name, "serialization"] for name in answers},
        {name: component for name, component in components.items() if name in used},
    )
    _describe(definitions, fields)
    return definitions


def _name_bounds(schema: Any) -> None:
    """Bounds in the words of JSON Schema; pydantic leaves its own where a validator of ours comes before."""
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            for word, bound in _BOUNDS.items():
                if isinstance(node.get(word), int | float):
                    node[bound] = node.pop(word)
        waiting.extend(node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())


def _referred_to(schemas: Iterable[Schema], components: Mapping[str, Schema]) -> set[str]:
    """Names of the components that the schemas need, directly or not."""
    used: set[str] = set()
    waiting = list(schemas)
    while waiting:
        names = set(_REFERENCE.findall(str(waiting.pop()))) - used
        used |= names
        waiting.extend(components[name] for name in names)
    return used


class WireSchema(GenerateJsonSchema):
    """Schemas as a dialect reads and writes."""

    requests: type[BaseModel] = BaseModel

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        """Never: a field's name is its title."""
        return False

    def normalize_name(self, name: str) -> str:
        """`PageOut[FundMovementOut]` becomes `PageOutOfFundMovementOut`."""
        return re.sub(r"[^A-Za-z0-9.\-_]", "", name.replace("[", "Of")).replace(".", "__")

    def bytes_schema(self, schema: core_schema.BytesSchema) -> JsonSchemaValue:  # noqa: ARG002 - as above
        """A file, in the words of OpenAPI 3.1."""
        return {"type": "string", "contentMediaType": "application/octet-stream"}

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """The model's schema, with the changes that a request's model makes before it reads its fields."""
        described = super().model_schema(schema)
        described.pop("title", None)
        if issubclass(schema["cls"], self.requests) and self.mode == "validation":
            required = described.get("required", [])
            properties = described.get("properties", {})
            described["properties"] = {
                name: _not_blank(value) if name in required else _nullable(value) for name, value in properties.items()
            }
        return described


def _not_blank(schema: Schema) -> Schema:
    if schema.get("type") != "string" or {"pattern", "format", "enum", "const", "contentMediaType"} & schema.keys():
        return schema
    return {**schema, "minLength": max(1, schema.get("minLength", 0)), "pattern": r"\S"}


def _nullable(schema: Schema) -> Schema:
    inner, extras = _without_null(schema)
    extras = {key: value for key, value in extras.items() if value is not None}
    if isinstance(inner.get("type"), str) and not {"enum", "const"} & inner.keys():
        return {**inner, **extras, "type": [inner["type"], "null"]}
    if "anyOf" in inner:
        return {**inner, **extras, "anyOf": [*inner["anyOf"], {"type": "null"}]}
    return {"anyOf": [inner, {"type": "null"}], **extras}


def _without_null(schema: Schema) -> tuple[Schema, Schema]:
    """The schema without null, and the keywords beside it (a default, a sentence)."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    beside = {key: value for key, value in schema.items() if key in ("default", "description")}
    if len(choices) == 1 and len(schema["anyOf"]) == 2:
        return choices[0], beside
    if choices:
        return {**{k: v for k, v in schema.items() if k not in beside}, "anyOf": choices}, beside
    return {key: value for key, value in schema.items() if key not in beside}, beside


UNSHOWN: Final = object()
"""In the place of an example: the field is left out of the example of its schema, where it would contradict others or
be true on some days only."""

# ── sentences and examples ───────────────────────────────────────────────────────────────────────────────────────────


def _describe(definitions: Definitions, fields: Mapping[str, tuple[Any, ...]]) -> None:
    for name, component in definitions.components.items():
        for field, schema in component.get("properties", {}).items():
            sentence, *examples = fields.get(f"{name}.{field}") or fields.get(field) or ("",)
            if sentence:
                schema.setdefault("description", sentence)
            if examples and examples != [UNSHOWN]:
                schema["examples"] = examples
    for name, component in definitions.components.items():
        if component.get("type") == "object":
            whole = example_of({"$ref": PREFIX + name}, definitions)
            shown = {field: value for field, value in whole.items() if UNSHOWN not in fields.get(f"{name}.{field}", ())}
            component["examples"] = [shown]


def example_of(schema: Schema, definitions: Definitions, outer: tuple[str, ...] = ()) -> Any:
    """A value that the schema allows, with all optional members; a schema that contains itself does so once."""
    outer = (*outer, schema.get("$ref", ""))
    schema = definitions.resolved(schema)
    if "examples" in schema:
        return deepcopy(schema["examples"][0])
    for key, made in _FORMS.items():
        if key in schema:
            return made(schema, definitions, outer)
    kinds = schema.get("type", "null")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind == "array":
        items = schema.get("items", {})
        return [] if outer.count(items.get("$ref")) > 1 else [example_of(items, definitions, outer)]
    if kind == "object":
        return {name: example_of(value, definitions, outer) for name, value in schema.get("properties", {}).items()}
    return max(_EXAMPLES[kind], schema["minimum"]) if "minimum" in schema else _EXAMPLES[kind]


_FORMS: Final[Mapping[str, Callable[[Schema, Definitions, tuple[str, ...]], Any]]] = {
    "default": lambda schema, *_: schema["default"],
    "const": lambda schema, *_: schema["const"],
    "enum": lambda schema, *_: schema["enum"][0],
    "anyOf": lambda schema, *beside: example_of(schema["anyOf"][0], *beside),
    "oneOf": lambda schema, *beside: example_of(schema["oneOf"][0], *beside),
}


EXAMPLE_MARK: Final[Schema] = {
    "type": "boolean",
    "const": True,
    "description": "Only in a sandbox, for an example that somebody asked for: nothing has happened.",
}
"""Beside the event of a push."""
