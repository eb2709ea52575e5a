"""An OpenAPI document arranged for people: chapters, subjects, endpoints, fields in rows, codes with their texts.

Pure, and without any knowledge of a particular API: it shows the document's content alone. It reads the parts of
OpenAPI 3.1 that our documents use, `contentSchema` for encrypted bodies among them, and the extensions `x-details`,
`x-encrypted`, `x-mutating`, `x-wallet`, `x-codes`, `x-common-codes` and `x-enum-descriptions`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Chapter:
    """Prose under one heading, in Markdown."""

    anchor: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a request or an answer; `name` is its whole path, `address.countryId` or `details[].cardId`."""

    name: str
    kind: str
    required: bool
    nullable: bool
    sentence: str
    limits: tuple[str, ...]

    @property
    def depth(self) -> int:
        """The number of objects around it."""
        return self.name.count(".")


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A code and its text."""

    number: int | str
    """A name, in an API whose codes are names."""
    text: str


@dataclass(frozen=True, slots=True)
class Operation:
    """An endpoint or, without a path, an event."""

    anchor: str
    name: str
    verb: str
    path: str
    title: str
    text: str
    """The text below the title, in Markdown."""
    encrypted: bool
    mutating: bool
    wallet: bool
    form: bool
    fields: tuple[Field, ...]
    example: str
    answer: str
    """The kind of the answer: `object`, `list`, `page`, `file`, or empty."""
    answer_fields: tuple[Field, ...]
    answer_example: str
    own_codes: tuple[CodeRow, ...]
    common_codes: tuple[CodeRow, ...]
    sample: str = ""
    """A program in bash that makes the call; empty where the document has none."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Endpoints that belong together."""

    anchor: str
    name: str
    sentence: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class ApiDocument:
    """A whole document."""

    title: str
    version: str
    address: str
    introduction: str
    chapters: tuple[Chapter, ...]
    subjects: tuple[Subject, ...]
    events: tuple[Operation, ...]
    codes: tuple[CodeRow, ...]

    @property
    def operations(self) -> tuple[Operation, ...]:
        """All endpoints, by subject."""
        return tuple(operation for subject in self.subjects for operation in subject.operations)

    @property
    def everywhere(self) -> frozenset[int | str]:
        """The codes that every endpoint can answer with."""
        return frozenset.intersection(
            *(frozenset({code.number for code in each.common_codes}) for each in self.operations)
        )

    def answering(self, number: int | str) -> tuple[Operation, ...]:
        """The endpoints that name the code as their own."""
        return tuple(each for each in self.operations if any(code.number == number for code in each.own_codes))


def read(document: Mapping[str, Any]) -> ApiDocument:
    """The document, arranged."""
    schemas = Schemas(document.get("components", {}).get("schemas", {}))
    introduction, *chapters = re.split(r"^## ", document["info"]["description"], flags=re.MULTILINE)
    prefix = document["x-prefix"]
    operations = [
        (_operation(verb, path, path.removeprefix(prefix), described, schemas), described)
        for path, item in document["paths"].items()
        for verb, described in item.items()
    ]
    return ApiDocument(
        title=document["info"]["title"],
        version=document["info"]["version"],
        address=document["servers"][0]["url"],
        introduction=introduction.strip(),
        chapters=tuple(_chapter(text) for text in chapters),
        subjects=tuple(
            Subject(
                _anchor(tag["name"]),
                tag["name"],
                tag["description"],
                tuple(operation for operation, described in operations if tag["name"] in described["tags"]),
            )
            for tag in document["tags"]
        ),
        events=tuple(_event(name, item["post"], schemas) for name, item in document.get("webhooks", {}).items()),
        codes=_codes(schemas.named("Code")),
    )


def _chapter(text: str) -> Chapter:
    title, _, body = text.partition("\n")
    return Chapter(_anchor(title), title.strip(), body.strip())


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "-", title.lower()).strip("-")


def _codes(schema: Schema) -> tuple[CodeRow, ...]:
    return tuple(map(CodeRow, schema.get("enum", ()), schema.get("x-enum-descriptions", ())))


# ── endpoints and events ─────────────────────────────────────────────────────────────────────────────────────────────


def _operation(verb: str, path: str, name: str, described: Mapping[str, Any], schemas: "Schemas") -> Operation:
    media_type, media = _request(described)
    request = _plaintext(media["schema"], schemas)
    answered = _answer(described, schemas)
    answer, own = answered.schema, set(described["x-codes"])
    return Operation(
        anchor=described["operationId"],
        name=f"{verb.upper()} {name}" if "x-common-codes" in described else name,
        verb=verb.upper(),
        path=path,
        title=described["summary"],
        text=described["x-details"],
        encrypted=described["x-encrypted"],
        mutating=described["x-mutating"],
        wallet=described["x-wallet"],
        form=media_type == "multipart/form-data",
        fields=tuple(schemas.rows(request)),
        example=_shown(schemas.example(request)),
        answer="file" if answered.is_file else schemas.shape(answer),
        answer_fields=tuple(schemas.rows(schemas.row(answer))),
        answer_example=_shown(schemas.example(answer)),
        own_codes=tuple(code for code in answered.codes if code.number in own),
        common_codes=tuple(code for code in answered.codes if code.number not in own),
        sample=next((each["source"] for each in described.get("x-codeSamples", ())), ""),
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    """The answer of an endpoint, without its envelope."""

    schema: Schema
    is_file: bool
    codes: tuple[CodeRow, ...]
    """Of refusals."""


def _answer(described: Mapping[str, Any], schemas: "Schemas") -> _Answer:
    if "x-common-codes" in described:
        return _plain_answer(described, schemas)
    content = described["responses"]["200"]["content"]
    envelope = content["application/json"]["schema"]["properties"]
    answer = _plaintext(envelope["data"]["anyOf"][0], schemas)
    _, *codes = _codes(envelope["code"])  # the first is success, the least of all codes in each API
    return _Answer(answer, len(content) > 1, tuple(codes))


def _plain_answer(described: Mapping[str, Any], schemas: "Schemas") -> _Answer:
    """The answer of an API without envelopes, whose refusals are problems of their own."""
    first = next(response for status, response in described["responses"].items() if status.startswith("2"))
    content: Mapping[str, Any] = first.get("content", {"": {"schema": {"type": "null"}}})
    may_be = {*described["x-codes"], *described["x-common-codes"]}
    codes = tuple(row for row in _codes(schemas.named("Code")) if row.number in may_be)
    media = content.get("application/json", {"schema": {"type": "null"}})
    return _Answer(media["schema"], bool(content) and not {"", "application/json"} & content.keys(), codes)


def _request(described: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The media type of a request, and its schema: of the body, or of the query's parameters taken together."""
    if "requestBody" in described:
        body: Mapping[str, Mapping[str, Any]] = described["requestBody"]["content"]
        return next(iter(body.items()))
    asked = [parameter for parameter in described["parameters"] if parameter.get("in") in ("query", "path")]
    example = {parameter["name"]: parameter["schema"].get("examples", [None])[0] for parameter in asked}
    schema = {
        "type": "object",
        "required": [parameter["name"] for parameter in asked if parameter["required"]],
        "properties": {parameter["name"]: parameter["schema"] for parameter in asked},
        "examples": [{name: value for name, value in example.items() if value is not None}],
    }
    return "", {"schema": schema}


def _event(name: str, described: Mapping[str, Any], schemas: "Schemas") -> Operation:
    media = next(iter(described["requestBody"]["content"].values()))
    properties = media["schema"].get("contentSchema", media["schema"])["properties"]
    sealed = "contentSchema" in media["schema"]
    beside = {"type": "object", "required": ["challenge"], "properties": {"challenge": properties.get("challenge", {})}}
    detail = properties.get("detail", beside) if sealed else properties["data"]
    return Operation(
        anchor=described["operationId"],
        name=name,
        verb="",
        path="",
        title=described["summary"],
        text="",
        encrypted=sealed,
        mutating=False,
        wallet=False,
        form=False,
        fields=tuple(schemas.rows(detail)),
        example=_shown(schemas.example(detail)),
        answer="",
        answer_fields=(),
        answer_example="",
        own_codes=(),
        common_codes=(),
    )


def _plaintext(schema: Schema, schemas: "Schemas") -> Schema:
    """The schema of an encrypted body's payload."""
    payload: Schema = schemas.resolved(schema).get("properties", {}).get("payload", {})
    found: Schema = payload.get("contentSchema", schema)
    return found


def _shown(example: Any) -> str:
    return json.dumps(example, indent=2, ensure_ascii=False)


# ── schemas ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class Schemas:
    """The document's components, and the properties of schemas that refer to them."""

    def __init__(self, components: Mapping[str, Schema]) -> None:
        self._components = components

    def named(self, name: str) -> Schema:
        """The component of that name; empty if there is none."""
        return self._components.get(name, {})

    def resolved(self, schema: Schema) -> Schema:
        """The schema or, where it refers to one or may only be null besides, that one."""
        if "$ref" in schema:
            return self.resolved({**self.named(schema["$ref"].rpartition("/")[2]), **_beside(schema)})
        choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
        if len(choices) == 1:
            return self.resolved({**choices[0], **{key: schema[key] for key in schema.keys() - {"anyOf"}}})
        return schema

    def example(self, schema: Schema) -> Any:
        """A value of the schema: its own example, or one made of the examples in it."""
        resolved = self.resolved(schema)
        if resolved.get("type") == "array":
            return [self.example(resolved.get("items", {}))]
        return resolved.get("examples", [None])[0]

    def shape(self, schema: Schema) -> str:
        """`object`, `list`, `page`, another type's name, or nothing for null."""
        resolved = self.resolved(schema)
        if _rows_of(resolved):
            return "page"
        kind = str(resolved.get("type", ""))
        return {"array": "list", "null": ""}.get(kind, kind)

    def row(self, schema: Schema) -> Schema:
        """The schema of a list's rows; the schema itself if it is no list."""
        resolved = self.resolved(schema)
        if name := _rows_of(resolved):
            found: Schema = resolved["properties"][name]["items"]
            return found
        return resolved.get("items", {}) if resolved.get("type") == "array" else schema

    def rows(self, schema: Schema, prefix: str = "", outer: tuple[str, ...] = ()) -> Iterator[Field]:
        """Every field of an object, the fields of objects in it after their own."""
        name = schema.get("$ref", "")
        resolved = self.resolved(schema)
        required = resolved.get("required", ())
        for field, value in resolved.get("properties", {}).items():
            inner = self.resolved(value)
            nullable = "null" in _kinds(value) or {"type": "null"} in value.get("anyOf", ())
            sentence = inner.get("description", "")
            yield Field(prefix + field, self.kind(value), field in required, nullable, sentence, _limits(inner))
            yield from self._inner(value, prefix + field, (*outer, name))

    def _inner(self, schema: Schema, name: str, outer: tuple[str, ...]) -> Iterator[Field]:
        resolved = self.resolved(schema)
        nested = resolved.get("items", {}) if _kinds(resolved)[:1] == ("array",) else schema
        target = _reference(nested)
        if target in outer or not self.resolved(nested).get("properties"):
            return
        mark = "[]." if nested is not schema else "."
        yield from self.rows({"$ref": target} if target else nested, name + mark, outer)

    def kind(self, schema: Schema) -> str:
        """The type in words: `string`, `list of object`, `string or number`."""
        resolved = self.resolved(schema)
        if "anyOf" in resolved:
            choices = [self.kind(choice) for choice in resolved["anyOf"] if choice != {"type": "null"}]
            return " or ".join(dict.fromkeys(choices))
        if resolved.get("contentMediaType") == "application/octet-stream":
            return "file"
        kinds = [kind for kind in _kinds(resolved) if kind != "null"] or ["any"]
        if kinds == ["array"]:
            return f"list of {self.kind(resolved.get('items', {}))}"
        return " or ".join("true or false" if kind == "boolean" else kind for kind in kinds)


def _rows_of(schema: Schema) -> str:
    """The member that holds the rows of a page; nothing for a name that is no page."""
    members = schema.get("properties", {})
    if "totalPages" in members:
        return "list"
    return "items" if members.keys() == {"items", "after"} else ""


def _beside(schema: Schema) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "$ref"}


def _reference(schema: Schema) -> str:
    references = [choice["$ref"] for choice in (schema, *schema.get("anyOf", ())) if "$ref" in choice]
    return references[0] if references else ""


def _kinds(schema: Schema) -> tuple[str, ...]:
    kinds: str | Sequence[str] = schema.get("type", ())
    return (kinds,) if isinstance(kinds, str) else tuple(kinds)


def _limits(schema: Schema) -> tuple[str, ...]:
    """The limits of a value, in words."""
    return tuple(_said(schema))


def _said(schema: Schema) -> Iterator[str]:
    if "enum" in schema:
        yield "one of " + ", ".join(str(value) for value in schema["enum"] if value is not None)
    yield from _range(schema)
    if "maxLength" in schema:
        least, most = schema.get("minLength", 0), schema["maxLength"]
        yield f"{least} to {most} characters" if least else f"up to {most} characters"
    if "maxItems" in schema:
        yield f"{schema.get('minItems', 0)} to {schema['maxItems']} items"
    if schema.get("format", "int64") != "int64":
        yield schema["format"]
    elif schema.get("pattern", r"\S") != r"\S":
        yield f"matches {schema['pattern']}"
    if schema.get("default") is not None:
        yield f"default {json.dumps(schema['default'])}"


def _range(schema: Schema) -> Iterator[str]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        yield f"{least:,} to {most:,}".replace(",", "\N{THIN SPACE}")
    elif least is not None:
        yield f"at least {least}"
    elif most is not None:
        yield f"at most {most}"
    if "exclusiveMinimum" in schema:
        yield f"above {schema['exclusiveMinimum']}"
