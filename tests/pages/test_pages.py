"""Every page of the site is whole: its links lead somewhere, it loads nothing from outside, and it is small."""

import gzip
import re
import tomllib
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bursar.api.docs.blocks import Links, Table
from bursar.api.docs.codes import CodeLists
from bursar.api.docs.contents import Contents, paths_of
from bursar.api.docs.guides import NAMES, guide, products
from bursar.api.docs.html import POLICY
from bursar.api.docs.words import LANGUAGES, read_words
from bursar.sandbox.catalogue import SANDBOX_PRODUCTS
from tests.e2e.install import Install

COMPRESSED_MAX_BYTES = 100_000
PLACE = re.compile(r"^\{\{ \w+ \}\}$", re.MULTILINE)
HEADING = re.compile(r"^#+ ", re.MULTILINE)
ARABIC, CHINESE = re.compile("[\u0600-\u06ff]"), re.compile("[\u4e00-\u9fff]")

NAMED = re.compile("`[^`]+`")
FOREIGN_CODE = re.compile("/docs/(ar|zh)/errors/")
READ_MAX_MIB = 4.0
"""By so much an API process grows with the pages that it has served; they are made elsewhere."""


class Seen(HTMLParser):
    """The ids, links, and loaded files of a page, and attributes that its policy forbids."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.inline: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids += [given["id"]] if "id" in given else []
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        self.inline += [tag] if tag == "style" or (tag == "script" and "src" not in given) else []
        if tag == "a":
            self.links |= {given["href"]} if "href" in given else set()
        elif given.get("rel") != "alternate":
            self.loaded |= {given[name] for name in ("src", "href", "srcset", "action", "data") if name in given}


@pytest.fixture(scope="module")
def served(contents: Contents) -> dict[str, bytes]:
    """Everything by path; of the pages of codes in other languages, which are alike, every twentieth."""
    paths = [path for place, path in enumerate(paths_of(contents)) if not FOREIGN_CODE.match(path) or place % 20 == 0]
    found = {path: contents.at(path) for path in paths}
    assert None not in found.values()
    return {path: content.content for path, content in found.items() if content is not None}


@pytest.fixture(scope="module")
def seen(contents: Contents, served: dict[str, bytes]) -> dict[str, Seen]:
    """Every page, read as a browser reads it."""
    return {path: Seen(served[path].decode()) for path in contents.site.paths if path in served}


def test_every_link_leads_to_a_page_and_a_place_on_it(
    contents: Contents, seen: dict[str, Seen], served: dict[str, bytes]
) -> None:
    broken = []
    for path, page in seen.items():
        for link in page.links:
            target, _, anchor = link.partition("#")
            ids = seen[target or path].ids if (target or path) in seen else []
            known = target in served or contents.site.find(target.removesuffix(".md")) is not None
            if (target and not known) or (anchor and target in seen and anchor not in ids):
                broken.append((path, link))
    assert broken == []


def test_no_page_names_one_that_is_not_served(contents: Contents, served: dict[str, bytes]) -> None:
    assert "/docs/start.md" in served
    assert contents.site.missing == set()


def test_a_page_loads_its_own_style_and_scripts_and_nothing_else(
    seen: dict[str, Seen], served: dict[str, bytes]
) -> None:
    assert {name for page in seen.values() for name in page.inline} == set()
    loaded = {link.partition("?")[0] for page in seen.values() for link in page.loaded}
    assert {link for link in loaded if not link.startswith("data:image/svg+xml,")} <= served.keys()
    style = served["/docs/assets/site.css"].decode()
    assert not re.search(r"url\(|@import", style)
    assert "unsafe" not in POLICY


def test_ids_are_used_once(seen: dict[str, Seen]) -> None:
    assert [path for path, page in seen.items() if len(page.ids) != len(set(page.ids))] == []


def test_everything_is_small(served: dict[str, bytes]) -> None:
    large = {
        path: size for path, content in served.items() if (size := len(gzip.compress(content))) > COMPRESSED_MAX_BYTES
    }
    assert large == {}


@pytest.mark.parametrize("keys", [("operator",), ("payout",), ("card", "operator")], ids="+".join)
def test_an_install_without_some_apis_shows_the_others(
    documents: dict[str, tuple[str, dict[str, Any]]], keys: tuple[str, ...]
) -> None:
    part = Contents.of({key: documents[key] for key in keys})
    first = part.elsewhere("/docs") if part.at("/docs") is None else "/docs"
    assert first is not None
    page = part.at(first)
    assert page is not None
    known = {*part.site.paths, *part.documents, "/docs", "/llms.txt", *map(part.site.markdown_path, part.site.paths)}
    assert {link.partition("#")[0] for link in Seen(page.content.decode()).links} - {""} <= known


def test_every_endpoint_event_and_code_has_a_page(contents: Contents) -> None:
    site = contents.site
    for api in site.apis.values():
        assert all(path in site.paths for path in api.paths.values())
        assert all(api.event_path(event) in site.paths for event in api.reading.events)
    for key in ("card", "payout"):
        numbers = [code.number for code in site.apis[key].reading.codes]
        assert len(numbers) > 60
        for prefix in ("/docs", "/docs/ar", "/docs/zh"):
            assert all(f"{prefix}/errors/{key}/{number}" in site.paths for number in numbers)


def test_a_code_is_shown_in_three_languages_with_the_calls_that_bring_it_about(served: dict[str, bytes]) -> None:
    page = served["/docs/errors/card/10082.md"].decode()
    assert "Insufficient" in page
    assert ARABIC.search(page)
    assert CHINESE.search(page)
    assert re.search(r"`POST card/operate/recharge` `\{ .*\}` → `10082`", page)
    assert "`PATCH /sandbox/v1/cards/products/V-USD-1`" in page


def test_every_code_says_how_it_is_brought_about(contents: Contents) -> None:
    pages = [page for page in contents.site.pages if page.chapter == "errors" and page.group and page.language == "en"]
    without = [page.path for page in pages if not any(block.kind == "steps" and block.steps for block in page.blocks)]
    assert len(pages) > 200
    assert without == []


def test_pages_and_documents_are_served_and_found_unchanged(http: httpx2.Client) -> None:
    first = http.get("/docs/errors/card/10082")
    assert (first.status_code, first.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert first.headers["content-security-policy"] == POLICY
    plain = http.get("/docs/errors/card/10082", headers={"Accept-Encoding": "identity"})
    assert plain.text == first.text
    assert "content-encoding" not in plain.headers
    again = http.get("/docs/errors/card/10082", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert http.post("/docs").status_code == 405
    assert http.get("/", follow_redirects=False).headers["location"] == "/docs"
    assert http.get("/docs/errors/", follow_redirects=False).headers["location"] == "/docs/errors"
    assert http.get("/docs/no-such-page").status_code == 404
    assert "](/docs/start.md)" in http.get("/llms.txt").text


# ── languages ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_frame_has_all_of_its_words_in_every_language(language: str) -> None:
    words = read_words()
    assert words[language].by_key.keys() == words["en"].by_key.keys()


@pytest.mark.parametrize("name", [*NAMES, "order"])
def test_a_guide_has_the_same_chapters_and_places_in_every_language(name: str) -> None:
    first = guide(name, "en")
    for language, script in (("ar", ARABIC), ("zh", CHINESE)):
        other = guide(name, language)
        assert script.search(other), f"{language}/{name}.md is not translated"
        assert PLACE.findall(other) == PLACE.findall(first)
        assert HEADING.findall(other) == HEADING.findall(first)
        assert links(other) == links(first)
        assert other.count("\n|") == first.count("\n|"), "a row of a table is missing"


@pytest.mark.parametrize(("language", "script"), [("ar", ARABIC), ("zh", CHINESE)], ids=["ar", "zh"])
def test_causes_and_remedies_are_translated_and_name_the_same_things(language: str, script: re.Pattern[str]) -> None:
    for code in codes():
        assert code["chapter"][language] == code["chapter"]["en"] or script.search(code["chapter"][language])
        for case in code["cases"]:
            for texts in (case["brings"], case["client"]):
                assert script.search(texts[language]), texts
                assert sorted(NAMED.findall(texts[language])) == sorted(NAMED.findall(texts["en"])), texts


@pytest.mark.parametrize("language", ["ar", "zh"])
def test_a_page_of_a_code_says_nothing_in_english_but_names(contents: Contents, language: str) -> None:
    english = {texts["en"] for code in codes() for case in code["cases"] for texts in (case["brings"], case["client"])}
    pages = [page for page in contents.site.pages if page.chapter == "errors" and page.language == language]
    said = {
        cell
        for page in pages
        for block in page.blocks
        if isinstance(block, Table)
        for row in block.rows
        for cell in row
    }
    titles = {
        link.sentence for page in pages for block in page.blocks if isinstance(block, Links) for link in block.links
    }
    assert len(pages) > 200
    assert said & english == set()
    assert titles <= {""}


def test_a_sentence_without_a_translation_stops_the_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "tools"))
    site_codes = import_module("site_codes")
    translations = tomllib.loads(site_codes.SENTENCES.read_text("utf-8"))
    site_codes.check_translated(translations)
    for wrong in (
        {**translations, "Use `POST`.": {"ar": "استعمل `POST`."}},
        {**translations, "Use `POST`.": {"ar": "استعمل `POST`.", "zh": ""}},
        {name: texts for name, texts in translations.items() if name != "Use `POST`."},
        {**translations, "Use `PUT`.": {"ar": "استعمل `PUT`.", "zh": "使用 `PUT`。"}},
    ):
        with pytest.raises(site_codes.SentenceWithoutTranslation):
            site_codes.check_translated(wrong)


def codes() -> list[Any]:
    """All published codes, as the pages have them."""
    return [code for by_number in CodeLists().codes.values() for code in by_number.values()]


def links(text: str) -> list[str]:
    """The targets of all links."""
    return sorted(re.findall(r"\]\(([^)]+)\)", text))


def test_every_product_of_the_sandbox_is_described_in_every_language() -> None:
    ids = {product.id for product in SANDBOX_PRODUCTS}
    assert {language: set(says) for language, says in products().items()} == dict.fromkeys(LANGUAGES, ids)


# ── the search ───────────────────────────────────────────────────────────────────────────────────────────────────────


def found(index: list[list[Any]], query: str) -> list[str]:
    """The addresses of entries that have all words of the query."""
    terms = query.lower().split()
    return [entry[1] for entry in index if all(term in f"{entry[0]} {entry[4]} {entry[5]}".lower() for term in terms)]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("signature", "/docs/signing"),
        ("insufficient", "/docs/errors/card/10082"),
        ("kid", "/docs/card/guide/encryption"),
        ("sandbox", "/docs/sandbox"),
        ("10082", "/docs/errors/card/10082"),
        ("test card", "/docs/testing"),
        ("thirdOrderNo", "/docs/card/card/operate/recharge"),
    ],
)
def test_the_index_has_it(http: httpx2.Client, query: str, path: str) -> None:
    assert path in found(http.get("/docs/search.json").json(), query)


def test_readers_leave_little_behind_in_an_api_process(install: Install, http: httpx2.Client) -> None:
    pid = install.running["api"].pid
    assert http.get("/health/ready").status_code == 200
    assert http.get("/docs/start").status_code == 200
    before = _memory_mib(pid)
    for language in ("", "/ar", "/zh"):
        for number in (10022, 10078, 10082, 10123):
            assert http.get(f"/docs{language}/errors/card/{number}").status_code == 200
    assert _memory_mib(pid) - before < READ_MAX_MIB


def _memory_mib(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024
