"""The sample of one call in each programming language: short, upon the file `signing.*` of the page Signing.

The files are those of the folder `signing`, documents of ours and no modules, which the tests execute or
compile. A sample holds the call's own example.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from bursar.api.docs.blocks import Code, Tabs
from bursar.api.docs.chapters import Operation

FILE: Final = "passport.png"
LABEL: Final = "Languages"
JAVA_PAIRS_MAX: Final = 10
"""Of `Map.of`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A call with its example."""

    api: str
    verb: str
    path: str
    """Below the API's prefix."""
    text: str
    """The parameters as JSON; empty for none, or where they are in the path."""
    encrypted: bool
    form: bool
    answers_file: bool
    """An xlsx file, where it is not refused."""

    @classmethod
    def of(cls, api: str, operation: Operation) -> "Asked":
        """The call of an endpoint."""
        example = json.loads(operation.example) or {}
        text = operation.example if example else ""
        return cls(
            api, operation.verb, operation.name, text, operation.encrypted, operation.form, operation.answer == "file"
        )

    @property
    def fields(self) -> dict[str, str]:
        """Of a form, without its file and what the client computes of it."""
        example = json.loads(self.text) if self.text else {}
        return {name: str(value) for name, value in example.items() if name not in ("file", "md5")}

    @property
    def saved(self) -> str:
        """The name of the file that is answered."""
        return f"{self.path.rpartition('/')[2]}.xlsx"


@dataclass(frozen=True, slots=True)
class Language:
    """A programming language of the samples."""

    name: str
    """As a reader reads it."""
    kind: str
    """As code blocks are marked."""
    file: str
    """Of the signing, in the folder `signing`."""
    sample: Callable[[Asked], str]

    def signing(self) -> str:
        """The text of its file."""
        return (files(__package__) / "signing" / f"{self.file}.txt").read_text("utf-8")


def tabs_of(api: str, operation: Operation) -> Tabs:
    """The samples of an endpoint."""
    asked = Asked.of(api, operation)
    return Tabs(LABEL, tuple(Code(each.sample(asked), each.kind, each.name) for each in LANGUAGES))


# ── one function for each language ───────────────────────────────────────────────────────────────────────────────────


def _bash(asked: Asked) -> str:
    lead = ". ./signing.sh\n\n"
    if asked.form:
        fields = "".join(f" {name}={value}" for name, value in asked.fields.items())
        return f"{lead}{asked.api}_upload {asked.path} {FILE}{fields}"
    if asked.answers_file:
        return f"{lead}payout_file {asked.path} {asked.saved} <<< '{json.dumps(_texts(asked))}'"
    if asked.api == "payout":
        command = f"payout {asked.verb} {asked.path}"
    else:
        command = f"card{'_sealed' if asked.encrypted else ''} {asked.path}"
    return f"{lead}{command} <<'JSON'\n{asked.text}\nJSON" if asked.text else f"{lead}{command} <<< ''"


def _python(asked: Asked) -> str:
    name = _function(asked)
    lead = f"from signing import {name}\n\n"
    if asked.form:
        return f'{lead}answer = {name}("{asked.path}", "{FILE}", {_literal(asked.fields)})\nprint(answer)'
    if asked.answers_file:
        call = f'{name}("{asked.path}", "{asked.saved}", {_literal(_texts(asked))})'
        return f'{lead}answer = {call}\nprint(answer or "saved: {asked.saved}")'
    verb = f'"{asked.verb}", ' if asked.api == "payout" else ""
    value = f", {_literal(json.loads(asked.text))}" if asked.text else ""
    return f'{lead}answer = {name}({verb}"{asked.path}"{value}{_sealed(asked, "encrypted=True")})\nprint(answer)'


def _typescript(asked: Asked) -> str:
    name = _camel(_function(asked))
    lead = f'import {{ {name} }} from "./signing.ts";\n\n'
    if asked.form:
        fields = json.dumps(asked.fields, ensure_ascii=False)
        return f'{lead}console.log(await {name}("{asked.path}", "{FILE}", {fields}));'
    if asked.answers_file:
        call = f'await {name}("{asked.path}", "{asked.saved}", {json.dumps(_texts(asked))})'
        return f'{lead}const answer = {call};\nconsole.log(answer ?? "saved: {asked.saved}");'
    verb = f'"{asked.verb}", ' if asked.api == "payout" else ""
    value = f", {asked.text}" if asked.text else ", {}" if asked.encrypted else ""
    encrypted = ", true" if asked.encrypted and asked.api == "card" else ""
    return f'{lead}const answer = await {name}({verb}"{asked.path}"{value}{encrypted});\nconsole.log(answer);'


def _java(asked: Asked) -> str:
    name = _camel(_function(asked))
    if asked.answers_file:
        call = f'Signing.{name}("{asked.path}", "{asked.saved}", {_map(_texts(asked))})'
        return _java_program(
            "import java.util.Map;\nimport java.util.Objects;\n\n",
            f'Objects.requireNonNullElse({call}, "saved: {asked.saved}")',
        )
    if asked.form or (asked.verb == "GET" and asked.api == "payout"):
        file, values = (f', "{FILE}"', asked.fields) if asked.form else ("", _texts(asked))
        called = name if asked.form else "payoutGet"
        call = f'Signing.{called}("{asked.path}"{file}, {_map(values)})'
        return _java_program("import java.util.Map;\n\n", call)
    text = f'"""\n{_indented(asked.text or "{}").replace(chr(92), chr(92) * 2)}"""'
    rest = f", {json.dumps(asked.encrypted)}" if asked.api == "card" else ""
    verb = f'"{asked.verb}", ' if asked.api == "payout" else ""
    return _java_program("", f'Signing.{name}({verb}"{asked.path}", {text}{rest})')


def _java_program(lead: str, call: str) -> str:
    shown = f"        System.out.println({call});"
    return f"{lead}class Call {{\n    public static void main(String[] args) throws Exception {{\n{shown}\n    }}\n}}"


def _texts(asked: Asked) -> dict[str, str]:
    """The example of a query, as texts."""
    values = json.loads(asked.text) if asked.text else {}
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}


def _map(values: Mapping[str, str]) -> str:
    if len(values) <= JAVA_PAIRS_MAX:
        return f"Map.of({', '.join(f'{_text(name)}, {_text(value)}' for name, value in values.items())})"
    return f"Map.ofEntries({', '.join(f'Map.entry({_text(name)}, {_text(value)})' for name, value in values.items())})"


def _indented(text: str) -> str:
    return "\n".join(f"            {line}" for line in text.splitlines())


def _php(asked: Asked) -> str:
    name = _function(asked)
    lead = "<?php\nrequire_once 'signing.php';\n\n"
    if asked.form:
        call = f"{name}('{asked.path}', '{FILE}', {_PHP.of(asked.fields)})"
    elif asked.answers_file:
        call = f"{name}('{asked.path}', '{asked.saved}', {_PHP.of(_texts(asked))}) ?? 'saved: {asked.saved}'"
    else:
        verb = f"'{asked.verb}', " if asked.api == "payout" else ""
        value = f", {_PHP.of(json.loads(asked.text))}" if asked.text else ""
        call = f"{name}({verb}'{asked.path}'{value}{_sealed(asked, 'encrypted: true')})"
    return f"{lead}print_r({call});"


def _go(asked: Asked) -> str:
    name = _camel(_function(asked))
    if asked.answers_file:
        call = f'{name}("{asked.path}", "{asked.saved}", {_go_map(_texts(asked))})'
        shown = f"if refusal := {call}; refusal != nil {{\n\t\tfmt.Println(refusal)\n\t\treturn\n\t}}"
        return _go_program(f'{shown}\n\tfmt.Println("saved: {asked.saved}")')
    if asked.form:
        call = f'{name}("{asked.path}", "{FILE}", {_go_map(asked.fields)})'
    else:
        verb = f'"{asked.verb}", ' if asked.api == "payout" else ""
        value = _GO.of(json.loads(asked.text), 1) if asked.text else "Object{}"
        encrypted = f", {json.dumps(asked.encrypted)}" if asked.api == "card" else ""
        call = f'{name}({verb}"{asked.path}", {value}{encrypted})'
    return _go_program(f"fmt.Println({call})")


def _go_program(body: str) -> str:
    return f'package main\n\nimport "fmt"\n\nfunc main() {{\n\t{body}\n}}'


def _go_map(values: Mapping[str, str]) -> str:
    return f"map[string]string{{{', '.join(f'{_text(name)}: {_text(value)}' for name, value in values.items())}}}"


@dataclass(frozen=True, slots=True)
class Literals:
    """The spelling of values of JSON in a programming language."""

    braces: tuple[str, str]
    brackets: tuple[str, str]
    pair: str
    indent: str
    null: str
    text: Callable[[str], str]

    def of(self, value: Any, depth: int = 0) -> str:
        """A value, whose first line is not indented."""
        if isinstance(value, Mapping) and value:
            rows = [f"{self.text(key)}{self.pair}{self.of(member, depth + 1)}" for key, member in value.items()]
            return self._rows(self.braces, rows, depth)
        if isinstance(value, list) and value:
            return self._rows(self.brackets, [self.of(member, depth + 1) for member in value], depth)
        if isinstance(value, Mapping | list):
            return "".join(self.braces if isinstance(value, Mapping) else self.brackets)
        if isinstance(value, str):
            return self.text(value)
        return self.null if value is None else json.dumps(value)

    def _rows(self, ends: tuple[str, str], rows: list[str], depth: int) -> str:
        inner = self.indent * (depth + 1)
        return ends[0] + "\n" + "".join(f"{inner}{row},\n" for row in rows) + self.indent * depth + ends[1]


def _single_quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _function(asked: Asked) -> str:
    return asked.api + ("_upload" if asked.form else "_file" if asked.answers_file else "")


def _sealed(asked: Asked, option: str) -> str:
    return f", {option}" if asked.encrypted and asked.api == "card" else ""


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def _literal(value: Any, depth: int = 0) -> str:
    """A value of JSON as Python has it."""
    inner, outer = "    " * (depth + 1), "    " * depth
    if isinstance(value, Mapping) and value:
        rows = "".join(f"{inner}{_text(key)}: {_literal(member, depth + 1)},\n" for key, member in value.items())
        return f"{{\n{rows}{outer}}}"
    if isinstance(value, list) and value:
        rows = "".join(f"{inner}{_literal(member, depth + 1)},\n" for member in value)
        return f"[\n{rows}{outer}]"
    return _text(value) if isinstance(value, str) else repr(value)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


_PHP: Final = Literals(("[", "]"), ("[", "]"), " => ", "    ", "null", _single_quoted)
_GO: Final = Literals(("Object{", "}"), ("[]any{", "}"), ": ", "\t", "nil", _text)

LANGUAGES: Final = (
    Language("curl", "bash", "signing.sh", _bash),
    Language("Python", "python", "signing.py", _python),
    Language("TypeScript", "typescript", "signing.ts", _typescript),
    Language("Java", "java", "Signing.java", _java),
    Language("PHP", "php", "signing.php", _php),
    Language("Go", "go", "signing.go", _go),
)
