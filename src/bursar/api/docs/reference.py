"""The pages of an API: one about it, one for each chapter of its guide, for each endpoint and for each event."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bursar.api.docs.blocks import Block, Call, Code, Fields, Heading, Link, Links, More, Page, Prose, Table, Tabs
from bursar.api.docs.chapters import ApiDocument, Chapter, CodeRow, Operation
from bursar.api.docs.samples import LABEL, tabs_of

SIGNED: Final = ("card", "payout")
"""APIs whose calls are signed, with samples in every language and a page for each code."""
CODES: Final = ("codes", "problems")
_ANCHOR: Final = re.compile(r"\]\(#([a-z0-9_-]+)\)")


@dataclass(frozen=True, slots=True)
class Api:
    """An API with its document."""

    key: str
    """`card`, as in the paths of its pages."""
    title: str
    """In the navigation."""
    document_path: str
    reading: ApiDocument
    paths: Mapping[str, str]
    """The page of each operation, by its anchor."""

    @classmethod
    def of(cls, key: str, document_path: str, reading: ApiDocument) -> "Api":
        """With a path for each page."""
        names: dict[str, str] = {}
        for operation in reading.operations:
            short = operation.name if key in SIGNED else operation.anchor.replace("_", "-").lower()
            taken = f"/docs/{key}/{short}" in names.values()
            names[operation.anchor] = f"/docs/{key}/{short}" + (f"/{operation.verb.lower()}" if taken else "")
        title = reading.title.removeprefix("Bursar ")
        return cls(key, title[:1].upper() + title[1:], document_path, reading, names)

    @property
    def path(self) -> str:
        """Of its first page."""
        return f"/docs/{self.key}"

    def event_path(self, event: Operation) -> str:
        """Of an event's page."""
        return f"{self.path}/events/{event.name.lower().replace('_', '-')}"

    def code_path(self, number: int | str) -> str:
        """Of a code's page, or its place on the page of all problems."""
        return f"/docs/errors/{self.key}/{number}" if self.key in SIGNED else f"{self.path}/guide/problems#{number}"

    def find(self, verb: str, path: str) -> Operation | None:
        """The endpoint that a call goes to; `path` is below the API's prefix, with values in the place of names."""
        for operation in self.reading.operations:
            if self.key in SIGNED:
                if operation.name == path and operation.verb == verb:
                    return operation
            elif operation.verb == verb and _pattern(operation).fullmatch(path):
                return operation
        return None

    def linked(self, text: str) -> str:
        """Markdown with anchors of the one-page document turned into paths of pages."""
        return _ANCHOR.sub(lambda found: f"]({self._place(found[1])})", text)

    def _place(self, anchor: str) -> str:
        if anchor.startswith("code-"):
            return self.code_path(anchor.removeprefix("code-"))
        if anchor == "codes" and self.key in SIGNED:
            return f"/docs/errors#{self.key}"
        known = {chapter.anchor for chapter in self.reading.chapters}
        return f"{self.path}/guide/{anchor}" if anchor in known else f"{self.path}#{anchor}"


def _pattern(operation: Operation) -> re.Pattern[str]:
    name = operation.name.partition(" ")[2]
    return re.compile(
        "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{\w+\})", name))
    )


def pages_of(api: Api) -> Iterator[Page]:
    """All pages of an API."""
    yield _overview(api)
    for chapter in api.reading.chapters:
        if api.key not in SIGNED or chapter.anchor not in CODES:
            yield _chapter(api, chapter)
    for subject in api.reading.subjects:
        for operation in subject.operations:
            yield _endpoint(api, operation, subject.name)
    for event in api.reading.events:
        yield _event(api, event)


def _overview(api: Api) -> Page:
    reading = api.reading
    blocks: list[Block] = [Prose(f"`{reading.address}` · [OpenAPI 3.1]({api.document_path})")]
    guide = [Link(each.title, api._place(each.anchor)) for each in reading.chapters]
    if guide:
        blocks += [Heading("Guide", "chapters"), Links(tuple(guide))]
    for subject in reading.subjects:
        links = tuple(Link(f"`{each.name}`", api.paths[each.anchor], each.title) for each in subject.operations)
        blocks += [Heading(subject.name, subject.anchor), Prose(subject.sentence), Links(links)]
    if reading.events:
        events = tuple(Link(f"`{each.name}`", api.event_path(each), each.title) for each in reading.events)
        blocks += [Heading("Events", "events"), Links(events)]
    return Page(
        path=api.path,
        title=api.title,
        lead=api.linked(reading.introduction),
        blocks=tuple(blocks),
        chapter=api.key,
        short="Overview",
        weight=6,
    )


def _chapter(api: Api, chapter: Chapter) -> Page:
    blocks: list[Block] = [Prose(api.linked(chapter.text))]
    if chapter.anchor in CODES:
        rows = tuple(
            (f"`{code.number}`", code.text, _named_by(api, code), str(code.number)) for code in api.reading.codes
        )
        blocks.append(Table("Problems", ("Problem", "Text", "Named by"), rows))
    return Page(
        path=f"{api.path}/guide/{chapter.anchor}",
        title=chapter.title,
        blocks=tuple(blocks),
        chapter=api.key,
        group="Guide",
        words=(chapter.text,),
        weight=4,
    )


def _named_by(api: Api, code: CodeRow) -> str:
    return ", ".join(f"[`{each.name}`]({api.paths[each.anchor]})" for each in api.reading.answering(code.number))


def _endpoint(api: Api, operation: Operation, subject: str) -> Page:
    blocks: list[Block] = [Call(operation.verb, operation.path, _marks(api, operation))]
    if operation.text:
        blocks.append(Prose(api.linked(operation.text)))
    blocks += [Heading("Parameters", "parameters"), *_fields(operation, asked=True)]
    blocks += [Heading("Answer", "answer"), *_answer(operation)]
    if operation.own_codes or operation.common_codes:
        blocks += [Heading("Codes", "codes")]
        blocks += [_codes(api, operation.own_codes)] if operation.own_codes else []
        blocks += [More("common_codes", (_codes(api, operation.common_codes),))] if operation.common_codes else []
    return Page(
        path=api.paths[operation.anchor],
        title=operation.title,
        blocks=tuple(blocks),
        aside=tuple(_aside(api, operation)),
        chapter=api.key,
        group=subject,
        short=operation.name,
        words=(operation.name, subject, *(each.name for each in (*operation.fields, *operation.answer_fields))),
        weight=3,
    )


def _marks(api: Api, operation: Operation) -> tuple[Link, ...]:
    marks = (
        (operation.encrypted, Link("Encrypted", api._place("encryption"))),
        (operation.mutating and api.key == "card", Link("Once", api._place("idempotency"))),
        (operation.wallet, Link("Wallet", "")),
        (operation.form, Link("Multipart form", "")),
    )
    return tuple(mark for holds, mark in marks if holds)


def _fields(operation: Operation, *, asked: bool) -> tuple[Block, ...]:
    rows = operation.fields if asked else operation.answer_fields
    return (Fields(rows, asked),) if rows else (Prose("None."),)


def _answer(operation: Operation) -> tuple[Block, ...]:
    if not operation.answer_fields:
        return (Prose(f"{operation.answer.capitalize()}." if operation.answer else "Nothing but the code."),)
    lead = {"page": "A page of", "list": "A list of"}.get(operation.answer)
    return (*((Prose(lead),) if lead else ()), *_fields(operation, asked=False))


def _codes(api: Api, codes: tuple[CodeRow, ...]) -> Table:
    rows = tuple((f"[{code.number}]({api.code_path(code.number)})", code.text) for code in codes)
    return Table("Codes", ("Code", "Text"), rows)


def _aside(api: Api, operation: Operation) -> Iterator[Block]:
    if api.key in SIGNED:
        yield tabs_of(api.key, operation)
    else:
        yield _plain_sample(api.reading.address, operation)
    if operation.answer and operation.answer != "file" and operation.answer_example != "null":
        title = "Data, decrypted" if operation.encrypted else "Data" if api.key in SIGNED else "Answer"
        yield Code(operation.answer_example, "json", title)


def _plain_sample(address: str, operation: Operation) -> Tabs:
    """A call with a token, in curl: the document's own, or one that a reader completes with a token."""
    if operation.sample:
        return Tabs(LABEL, (Code(operation.sample, "bash", "curl"),))
    body = f" \\\n  -H 'Content-Type: application/json' -d '{operation.example}'" if _has_body(operation) else ""
    verb = "" if operation.verb == "GET" else f"-X {operation.verb} "
    lead = ': "${TOKEN:?an API token of yours, or of a session}"\n\n'
    text = f'{lead}curl {verb}"{address}{operation.path}" \\\n  -H "Authorization: Bearer $TOKEN"{body}'
    return Tabs(LABEL, (Code(text, "bash", "curl"),))


def _has_body(operation: Operation) -> bool:
    return operation.verb in ("POST", "PUT", "PATCH") and operation.example not in ("null", "{}")


def _event(api: Api, event: Operation) -> Page:
    name = "detail" if event.encrypted else "data"
    return Page(
        path=api.event_path(event),
        title=event.title,
        blocks=(
            Call("PUSH", event.name),
            Prose(f"The fields are those of `{name}`. How it is signed and answered: [Webhooks](/docs/webhooks)."),
            Heading("Fields", "fields"),
            Fields(event.fields, asked=False),
        ),
        aside=(Code(event.example, "json", f"{name.capitalize()}, decrypted" if event.encrypted else "Data"),),
        chapter=api.key,
        group="Events",
        short=event.name,
        words=("webhook event push callback", event.name, *(each.name for each in event.fields)),
        weight=3,
    )
