"""Markdown as HTML: links through the site, tables and code that scroll by themselves, and nothing taken for HTML."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final, TypeAlias

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

Href: TypeAlias = Callable[[str], str | None]
"""The address that a path of the site has for a reader; None where nothing is served there."""

LEXERS: Final = {"curl": "bash", "text": "", "sh": "bash"}
_PLAIN: Final = re.compile(r'<span class="[wpo]">([^<]*)</span>')
"""Spaces and punctuation, which look like any text."""
_formatter: Final = HtmlFormatter(nowrap=True)
_parser: Final = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")


def rendered(text: str, href: Href) -> Markup:
    """Paragraphs."""
    return _shown(_parser.parse(text), href)


def rendered_phrase(text: str, href: Href) -> Markup:
    """A phrase, without a paragraph around it."""
    return _shown(_parser.parseInline(text), href)


def colored(text: str, language: str) -> Markup:
    """A program or a document with its parts marked; as it is, in a language that has none."""
    name = LEXERS.get(language, language)
    if not name:
        return escape(text)
    marked = _PLAIN.sub(r"\1", highlight(text, _lexer(name), _formatter))
    return Markup(marked)  # noqa: S704 - the formatter escapes


@cache
def _lexer(name: str) -> Lexer:
    return get_lexer_by_name(name)


def _shown(tokens: Sequence[Token], href: Href) -> Markup:
    for token in tokens:
        _resolve(token.children or (), href)
    return Markup(_parser.renderer.render(tokens, _parser.options, {}))  # noqa: S704 - the renderer escapes, HTML too


def _resolve(tokens: Sequence[Token], href: Href) -> None:
    """Links lead where the site says; a link to a page that is not served is no link."""
    open_links: list[bool] = []
    for token in tokens:
        if token.type == "link_open":
            target = href(str(token.attrs.get("href", "")))
            open_links.append(target is not None)
            token.attrs = {"href": target} if target is not None else {}
            token.tag = "a" if target is not None else "span"
        elif token.type == "link_close":
            token.tag = "a" if open_links.pop() else "span"


def _fence(_: Any, tokens: Sequence[Token], place: int, *__: Any) -> str:
    token = tokens[place]
    language = token.info.strip()
    shown = colored(token.content, language)
    return f'<pre tabindex="0" dir="ltr"><code class="{escape(language)}">{shown}</code></pre>\n'


def _table_open(*_: Any) -> str:
    return '<div class="wide" tabindex="0"><table>\n'


def _table_close(*_: Any) -> str:
    return "</table></div>\n"


_parser.add_render_rule("fence", _fence)
_parser.add_render_rule("table_open", _table_open)
_parser.add_render_rule("table_close", _table_close)
