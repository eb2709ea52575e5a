"""Borders of the string that signatures of version 1 cover: one string must not fit two requests.

The string joins names and texts by `=`, `&` and `|` without quoting. Where a name or a text holds what reads like the
beginning of another parameter, the same string can be cut into other parameters; such requests are refused once their
signature was accepted. An object or an array is signed as JSON text, so that a text must not stand in its place: where
the endpoint knows no such parameter, a text that begins like one is refused. The JSON text of one that the endpoint
knows cannot be cut, since its beginning would be such a text; one that it ignores holds no borders either. Numbers and
booleans have none.

The contract refuses the names of the endpoint's parameters only, since people write `a&b=c`. So a parameter that the
endpoint ignores can be read as the end of the text before it, and the end of a text as one to ignore: whoever has to
exclude that signs by version 2.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from pydantic import TypeAdapter

from bursar.api.card.codes import Code, Refusal
from bursar.api.card.json_text import JsonValue
from bursar.api.card.signing import text_to_sign

NAME_SHOWN_MAX: Final = 64
"""Characters of a refused name that the answer repeats."""

_IN_NAMES: Final = re.compile(r"[=&|]")
_STRUCTURES: Final = ("{", "[")
"""The first characters of the JSON text of an object or array."""


@dataclass(frozen=True, slots=True)
class Borders:
    """The top-level parameters of one endpoint, as far as the borders of a signed string depend on them."""

    names: frozenset[str]
    structured: frozenset[str]
    """Those that are objects or arrays."""
    _begins_another: re.Pattern[str]

    @classmethod
    def of(cls, body: Any) -> Self:
        """From the schema of an endpoint's parameters."""
        schema = TypeAdapter(body).json_schema()
        definitions, members = schema.get("$defs", {}), schema.get("properties", {})
        structured = frozenset(name for name, member in members.items() if _is_structured(member, definitions))
        names = "|".join(map(re.escape, sorted(members)))
        return cls(frozenset(members), structured, re.compile(rf"[&|](?:{names})=" if names else r"(?!)"))

    def check(self, params: Mapping[str, JsonValue]) -> None:
        """Raises Refusal for the first parameter that can be cut in another way."""
        for name, value in params.items():
            if _IN_NAMES.search(name):
                raise Refusal(Code.PARAMETER_VALUE, name[:NAME_SHOWN_MAX])
            if type(value) is str:
                self._check_text(name, value)
            elif isinstance(value, dict | list) and name not in self.names:
                self._check_borders(name, text_to_sign(value))

    def _check_text(self, name: str, text: str) -> None:
        self._check_borders(name, text)
        if name in self.structured:
            replaces_structure = bool(text.strip())
        else:
            replaces_structure = name not in self.names and text.startswith(_STRUCTURES)
        if replaces_structure:
            raise Refusal(Code.PARAMETER_FORMAT, name[:NAME_SHOWN_MAX])

    def _check_borders(self, name: str, text: str) -> None:
        if ("&" in text or "|" in text) and self._begins_another.search(text):
            raise Refusal(Code.PARAMETER_VALUE, name[:NAME_SHOWN_MAX])


def _is_structured(member: Mapping[str, Any], definitions: Mapping[str, Any]) -> bool:
    if "$ref" in member:
        return _is_structured(definitions[member["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in member:
        return any(_is_structured(choice, definitions) for choice in member["anyOf"])
    return member.get("type") in ("object", "array")
