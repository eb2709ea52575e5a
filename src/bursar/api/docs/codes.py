"""A page for each published code: its text in three languages, causes, remedies, and the calls that bring it about.

The cases are those of the tests (`codes.json`, made by tools/generate.py), the calls are those that the tests made
(`calls.json`, made by tools/record_calls.py, held against every run).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.resources import files
from typing import Any, Final

from bursar.api.docs.blocks import ENGLISH, Block, Heading, Later, Link, Links, Page, Prose, Step, Steps, Table, Text
from bursar.api.docs.reference import SIGNED, Api
from bursar.api.docs.words import Words

CHAPTER: Final = "errors"
INDEX: Final = "/docs/errors"


class CodeLists:
    """The published codes of both merchant APIs with all that the tests know about them."""

    @cached_property
    def codes(self) -> Mapping[str, Any]:
        """By API and number: `text`, `chapter` and `cases`, all texts by language."""
        return _read("codes.json")

    @cached_property
    def calls(self) -> Mapping[str, Any]:
        """By API and case: steps."""
        return _read("calls.json")


def _read(name: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads((files(__package__) / name).read_text("utf-8"))
    return content


@dataclass(frozen=True, slots=True)
class CodePages:
    """The pages about codes of the APIs that are served."""

    apis: Mapping[str, Api]
    lists: CodeLists

    def pages(self, words: Words) -> Iterator[Page]:
        """The index, then a page for each code, in the language of the words."""
        signed = [api for key, api in self.apis.items() if key in SIGNED]
        if not signed:
            return
        yield self._index(signed, words)
        for api in signed:
            for number, code in self.lists.codes[api.key].items():
                yield self._page(api, number, code, words)

    def _index(self, apis: Iterable[Api], words: Words) -> Page:
        blocks: list[Block] = []
        for api in apis:
            blocks.append(Heading(words.api(api.key), api.key))
            language = words.language
            for chapter, rows in _by_chapter(self.lists.codes[api.key]).items():
                table = tuple((f"[{number}]({api.code_path(number)})", _text(code, language)) for number, code in rows)
                anchor = f"{api.key}-{chapter.lower().replace(' ', '-')}"
                title = rows[0][1]["chapter"][language]
                blocks += [
                    Heading(title, anchor, 3),
                    Table(title, (words["code"], words["text"]), table),
                ]
        return Page(
            path=INDEX,
            title=words["errors"],
            blocks=tuple(blocks),
            chapter=CHAPTER,
            short=words["errors"],
            language=words.language,
            words=("code codes error errors list refusal",),
            weight=5,
        )

    def _page(self, api: Api, number: str, code: Mapping[str, Any], words: Words) -> Page:
        return Page(
            path=api.code_path(number),
            title=f"{number} · {_text(code, words.language)}",
            blocks=Later(partial(self._blocks, api, number, code, words)),
            chapter=CHAPTER,
            group=f"{words.api(api.key)}: {code['chapter'][words.language]}",
            short=number,
            language=words.language,
            words=(number, *code["text"].values(), *(case["brings"][words.language] for case in code["cases"])),
            weight=2,
        )

    def _blocks(self, api: Api, number: str, code: Mapping[str, Any], words: Words) -> list[Block]:
        cases, language = code["cases"], words.language
        rows = tuple(
            (self._endpoint(api, case["endpoint"]), case["brings"][language], case["client"][language])
            for case in cases
        )
        head = (words["call"], words["causes"], words["remedy"])
        blocks: list[Block] = [
            Text(code["text"]),
            Heading(words["causes"], "causes"),
            Table(words["causes"], head, rows),
            Heading(words["bring_about"], "how"),
            Prose(words["bring_about_says"]),
        ]
        for place, case in enumerate(cases, 1):
            if len(cases) > 1:
                blocks.append(Heading(f"{words['case']} {place}", f"case-{place}", 3))
                blocks.append(Prose(case["brings"][language]))
            blocks.append(Steps(tuple(self._steps(api, case, words))))
        blocks += self._answering(api, number, words)
        return blocks

    def _answering(self, api: Api, number: str, words: Words) -> tuple[Block, ...]:
        said = int(number)
        answering = api.reading.answering(said)
        if said in api.reading.everywhere:
            found: Block = Prose(words["everywhere"])
        elif answering:
            is_english = words.language == ENGLISH  # the titles of endpoints are
            found = Links(
                tuple(
                    Link(f"`{each.name}`", api.paths[each.anchor], each.title if is_english else "")
                    for each in answering
                )
            )
        else:
            return ()
        return Heading(words["answered_by"], "calls"), found

    def _endpoint(self, api: Api, path: str) -> str:
        for verb in ("POST", "GET"):
            if (found := api.find(verb, path)) is not None:
                return f"[`{path}`]({api.paths[found.anchor]})"
        return f"`{path}`"

    def _steps(self, api: Api, case: Mapping[str, Any], words: Words) -> Iterator[Step]:
        for step in self.lists.calls.get(api.key, {}).get(case["name"], ()):
            verb, _, path = step["call"].partition(" ")
            target = self.apis.get(step["api"])
            found = None if target is None else target.find(verb, path)
            sent = step["sent"]
            yield Step(
                verb=verb,
                path=path if step["api"] != "sandbox" else f"/sandbox/v1/{path}",
                href="" if target is None or found is None else target.paths[found.anchor],
                sent=json.dumps(sent, ensure_ascii=False, indent=2) if sent else "",
                code=str(step.get("code", "")),
                note=_note(step, words),
            )


def _note(step: Mapping[str, Any], words: Words) -> str:
    """The thing about a call that its parameters do not show: it is broken, or has another call's request id."""
    if step.get("raw"):
        return words["broken"]
    return f"X-UPA-REQUESTID: {step['request_id']}" if "request_id" in step else ""


def _by_chapter(codes: Mapping[str, Any]) -> dict[str, list[tuple[str, Mapping[str, Any]]]]:
    found: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for number, code in codes.items():
        found.setdefault(code["chapter"][ENGLISH], []).append((number, code))
    return found


def _text(code: Mapping[str, Any], language: str) -> str:
    text: str = code["text"][language]
    return text
