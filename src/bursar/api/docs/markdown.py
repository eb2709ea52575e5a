"""A page as Markdown, for readers without a browser and for programs that read for people."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from bursar.api.docs.blocks import (
    Block,
    Call,
    Code,
    Debugger,
    Drawing,
    Fields,
    Heading,
    Links,
    More,
    Page,
    Prose,
    Steps,
    Table,
    Tabs,
    Text,
)
from bursar.api.docs.site import Site, View

_LINK: Final = re.compile(r"\[([^\]]*)\]\((/[^)\s]*)\)")


def render_markdown(site: Site, page: Page) -> str:
    """The page in its language, with links to pages as Markdown."""
    view = View(site, page)
    writer = _Writer(view)
    lines = [f"# {page.title}", "", *([page.lead, ""] if page.lead else [])]
    for block in (*page.blocks, *page.aside):
        lines.extend(writer.lines(block))
    return _LINK.sub(lambda found: _linked(found[1], found[2], view), "\n".join(lines)).rstrip() + "\n"


def _linked(text: str, path: str, view: View) -> str:
    target = view.href(path)
    if target is None:
        return text
    page, _, anchor = target.partition("#")
    suffix = ".md" if view.site.find(page) is not None else ""
    return f"[{text}]({view.site.markdown_path(page) if suffix else page}{'#' + anchor if anchor else ''})"


class _Writer:
    """The blocks of a page as lines, a method for each kind."""

    def __init__(self, view: View) -> None:
        self._view = view

    def lines(self, block: Block) -> Iterator[str]:
        """Those of one block, and an empty one behind it."""
        by_kind: Callable[[Any], Iterator[str]] = getattr(self, f"_{block.kind}")
        yield from by_kind(block)

    def _prose(self, block: Prose) -> Iterator[str]:
        yield from (block.text.strip(), "")

    def _heading(self, block: Heading) -> Iterator[str]:
        yield from (f"{'#' * block.level} {block.text}", "")

    def _fields(self, block: Fields) -> Iterator[str]:
        words = self._view.words
        yield f"| {words['parameter' if block.asked else 'field']} | {words['type']} | {words['meaning']} |"
        yield "|---|---|---|"
        for row in block.rows:
            required = f" **{words['required']}**" if block.asked and row.required else ""
            nullable = f" {words['or_null']}" if row.nullable and not block.asked else ""
            limits = f" *{_cell('; '.join(row.limits))}*" if row.limits else ""
            yield f"| `{row.name}`{required} | {row.kind}{nullable} | {_cell(row.sentence)}{limits} |"
        yield ""

    def _table(self, block: Table) -> Iterator[str]:
        yield f"| {' | '.join(block.head)} |"
        yield "|" + "---|" * len(block.head)
        yield from (f"| {' | '.join(map(_cell, row[: len(block.head)]))} |" for row in block.rows)
        yield ""

    def _code(self, block: Code) -> Iterator[str]:
        yield from ([f"**{block.title}**", ""] if block.title else [])
        yield from (f"```{block.language}", block.text.rstrip(), "```", "")

    def _tabs(self, block: Tabs) -> Iterator[str]:
        for sample in block.samples:
            yield from self.lines(sample)

    def _steps(self, block: Steps) -> Iterator[str]:
        for place, step in enumerate(block.steps, 1):
            code = f" → `{step.code}`" if step.code else ""
            sent = f" `{' '.join(step.sent.split())}`" if step.sent else ""
            yield f"{place}. `{step.verb} {step.path}`{sent}{code}{' ' + step.note if step.note else ''}"
        yield ""

    def _links(self, block: Links) -> Iterator[str]:
        served = [link for link in block.links if self._view.href(link.path) is not None]
        yield from (f"- [{link.title}]({link.path}){': ' + link.sentence if link.sentence else ''}" for link in served)
        yield ""

    def _drawing(self, block: Drawing) -> Iterator[str]:
        yield from (block.words, "")

    def _call(self, block: Call) -> Iterator[str]:
        marks = " · ".join(f"[{mark.title}]({mark.path})" if mark.path else mark.title for mark in block.marks)
        yield from (f"`{block.verb} {block.path}`{' · ' + marks if marks else ''}", "")

    def _text(self, block: Text) -> Iterator[str]:
        yield from (f"> {text}\n>" for text in block.by_language.values())
        yield ""

    def _more(self, block: More) -> Iterator[str]:
        yield from (f"**{self._view.words[block.summary]}**", "")
        for inner in block.blocks:
            yield from self.lines(inner)

    def _debugger(self, _: Debugger) -> Iterator[str]:
        yield from ("`POST /sandbox/v1/sign-check` does the same without a browser.", "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
