"""Types, fields and objects of the model that the SDKs are generated from, read from OpenAPI's components."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sdk_names as names
from incomplete import Incomplete

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Type:
    """The type of a field, an answer or the items of a list.

    `kind` is one of: `text`, `integer`, `decimal` (exact; text on the wire to us, text or number from us), `number` (of
    no money), `boolean`, `date` (`yyyy-MM-dd`), `scalar` (a text or a whole number), `count` (a whole number or a
    boolean), `choice` (one of `choices`), `schema` (`name`), `list` (`item`), `map` (texts to `item`), `json`
    (anything), `file` (bytes), `nothing`.
    """

    kind: str
    name: str = ""
    """Of the schema, as `Schema.title` has it."""
    item: "Type | None" = None
    choices: tuple[str | int, ...] = ()
    nullable: bool = False
    sealed: bool = False
    """A sensitive field of the payout API: encrypted by itself on the wire, in clear in the SDK."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a request, an answer or an event."""

    wire: str
    """Its name as it is sent."""
    name: str
    """The same in snake case."""
    type: Type
    required: bool
    sentence: str
    secret: bool
    """No `repr` and no log shows it."""
    where: str = "body"
    """`body`, `query`, `path` or `form`."""
    unit: str = ""
    """`Unix milliseconds` or `Unix seconds` of an instant, otherwise empty."""


@dataclass(frozen=True, slots=True)
class Schema:
    """A named object."""

    wire: str
    title: str
    """The name of the class; unique in its API."""
    sentence: str
    fields: tuple[Field, ...]
    asked: bool
    """Part of a request, otherwise of an answer or an event."""


class Schemas:
    """The components of a document; remembers those that something refers to."""

    def __init__(self, api: str, components: Mapping[str, Json]) -> None:
        self._api = api
        self._components = components
        self._used: dict[str, Schema] = {}

    def used(self) -> tuple[Schema, ...]:
        """Those that a method or an event needs, by title."""
        unique((schema.title for schema in self._used.values()), "sdk_names.TITLES needs another title for one")
        return tuple(sorted(self._used.values(), key=lambda schema: schema.title))

    def resolved(self, schema: Json) -> Json:
        """The schema without its reference, and without the null beside it."""
        if "$ref" in schema:
            return {"x-name": schema["$ref"].rpartition("/")[2], **self._components[schema["$ref"].rpartition("/")[2]]}
        choices = _choices(schema)
        return self.resolved(choices[0]) if len(choices) == 1 else schema

    def fields(self, schema: Json, *, asked: bool) -> tuple[Field, ...]:
        """The fields of an object."""
        required, inside = set(schema.get("required", ())), schema.get("x-name", "")
        return tuple(
            self._field(wire, described, inside, asked=asked, required=wire in required)
            for wire, described in schema.get("properties", {}).items()
        )

    def parameter(self, parameter: Json) -> Field:
        """A parameter of a path or a query."""
        schema = {"description": parameter.get("description", ""), **parameter["schema"]}
        made = self._field(parameter["name"], schema, "", asked=True, required=parameter["required"])
        return replace(made, where=parameter["in"])

    def type(self, schema: Json, *, asked: bool) -> Type:
        """The type that a schema describes."""
        nullable = _is_nullable(schema)
        return replace(self._type(schema, asked=asked), nullable=nullable)

    def _field(self, wire: str, described: Json, inside: str, *, asked: bool, required: bool) -> Field:
        kind = self.type(described, asked=asked)
        if wire in names.DECIMAL_TEXTS and kind.kind == "text":
            kind = replace(kind, kind="decimal")
        secret = wire in names.SECRET or wire in names.SECRET_IN.get(inside, frozenset())
        sentence = described.get("description", "").removesuffix(" Sealed.")
        return Field(wire, _snake(wire), kind, required, sentence, secret or kind.sealed, unit=self._unit(wire, kind))

    def _unit(self, wire: str, kind: Type) -> str:
        if kind.kind != "integer":
            return ""
        if self._api == "card" and (wire == "timestamp" or wire == "at" or re.search(r"[a-z]At$", wire)):
            return "Unix milliseconds"
        if self._api == "payout" and wire.endswith("_ms"):
            return "Unix milliseconds"
        is_instant = wire in ("at", "time", "startat", "endat") or wire.endswith(("_at", "time"))
        return "Unix seconds" if self._api == "payout" and is_instant else ""

    def _type(self, schema: Json, *, asked: bool) -> Type:
        if "contentSchema" in schema:
            return replace(self._type(schema["contentSchema"], asked=asked), sealed=True)
        if "$ref" in schema:
            return self._named(schema["$ref"].rpartition("/")[2], asked=asked)
        choices = _choices(schema)
        if len(choices) == 1:
            return self._type(choices[0], asked=asked)
        if len(choices) > 1:
            return Type(_several(choices))
        return self._plain(schema, asked=asked)

    def _plain(self, schema: Json, *, asked: bool) -> Type:
        kind = next(iter(_kinds(schema) - {"null"}), "null")
        if "enum" in schema:
            return Type("choice", choices=tuple(schema["enum"]))
        if kind == "array":
            return Type("list", item=self.type(schema["items"], asked=asked))
        if kind == "object":
            return self._map(schema, asked=asked)
        if kind == "string":
            return Type(_text_kind(schema))
        if kind == "number":
            return Type("number" if self._api == "control" else "decimal")
        return Type({"null": "nothing"}.get(kind, kind))

    def _map(self, schema: Json, *, asked: bool) -> Type:
        values = schema.get("additionalProperties")
        if isinstance(values, Mapping):
            return Type("map", item=self.type(values, asked=asked))
        return Type("map", item=Type("json")) if values is True else Type("json")

    def _named(self, name: str, *, asked: bool) -> Type:
        schema = self._components[name]
        if "properties" not in schema:
            return self._type(schema, asked=asked)
        title = names.TITLES.get(f"{self._api}.{name}", name.removesuffix("Out"))
        if name not in self._used:
            self._used[name] = Schema(name, title, "", (), asked)
            sentence = " ".join(schema.get("description", "").split())
            fields = self.fields({"x-name": name, **schema}, asked=asked)
            self._used[name] = Schema(name, title, sentence, fields, asked)
        return Type("schema", name=title)


def _choices(schema: Json) -> list[Json]:
    return [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]


def _kinds(schema: Json) -> set[str]:
    kind = schema.get("type", "null")
    return {kind} if isinstance(kind, str) else set(kind)


def _is_nullable(schema: Json) -> bool:
    """True if null is among the values; a schema of nothing but null is not meant."""
    kinds = _kinds(schema)
    return ("null" in kinds and len(kinds) > 1) or any(each.get("type") == "null" for each in schema.get("anyOf", ()))


def _several(choices: Iterable[Json]) -> str:
    """The kind of a value that may have one of several types."""
    kinds = {kind for choice in choices for kind in _kinds(choice)}
    known = {
        frozenset({"number", "string"}): "decimal",
        frozenset({"string", "integer"}): "scalar",
        frozenset({"integer", "boolean"}): "count",
    }
    return known.get(frozenset(kinds), "json")


def _text_kind(schema: Json) -> str:
    if schema.get("contentMediaType") == "application/octet-stream":
        return "file"
    return {"decimal": "decimal", "date": "date"}.get(schema.get("format", ""), "text")


def _snake(wire: str) -> str:
    """`thirdOrderNo` is `third_order_no`, `limit1h` is `limit1h`; names of the payout API stay as they are."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: "_" + found[1].lower(), wire)


def unique(titles: Iterable[str], sentence: str) -> None:
    """Raises Incomplete with the sentence for titles that are there twice."""
    given = list(titles)
    twice = sorted({title for title in given if given.count(title) > 1})
    if twice:
        raise Incomplete(f"tools/{sentence}: {', '.join(twice)}")
