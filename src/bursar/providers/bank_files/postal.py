"""A payee's address, which is one text to us, as a bank reads it: town and country apart, and the rest in lines. Pure.

A country or a town that the address does not name is not guessed: neither the account's country nor a part of a street
stands in for it. Towns are known by `towns.csv`; any other one is read only in front of a country that is named.
"""

import csv
import gettext
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import pycountry
from anyascii import anyascii

from bursar.providers.bank_files.charset import lines_of, swift_text

TOWN_CHARS_MAX: Final = 35
LINE_CHARS_MAX: Final = 70
LINES_MAX: Final = 2
"""Lines that stand beside town and country; banks take no more of such an address."""
TEXT_CHARS_MAX: Final = 255
"""Of an address that is looked at; payees have no longer ones."""
COUNTRY_WORDS_MAX: Final = 6
_SEPARATORS: Final = re.compile(r"[,،;\n|]| [-–—] ")
_NAME: Final = re.compile(r"[^0-9]*[A-Za-z][^0-9]*")
_POST_CODE: Final = re.compile(r"[0-9][0-9-]*")
_NO_TOWN: Final = re.compile(
    r"\b(street|st|str|road|rd|avenue|ave|boulevard|blvd|lane|highway|block|blk|building|bldg|floor|flat|apartment|apt"
    r"|villa|house|unit|room|office|tower|po|box|pobox|district|area|province|governorate)\b",
    re.IGNORECASE,
)
"""Words of a part of an address that names something smaller or larger than a town."""
_ALIASES: Final = {
    "UAE": "AE",
    "Emirates": "AE",
    "KSA": "SA",
    "UK": "GB",
    "Great Britain": "GB",
    "England": "GB",
    "USA": "US",
    "الإمارات": "AE",
    "السعودية": "SA",
    "المملكة العربية السعودية": "SA",
    "دولة الكويت": "KW",
    "الإمارات العربية المتحدة": "AE",
    "Kingdom of Bahrain": "BH",
    "Sultanate of Oman": "OM",
}
_HOME_CODES: Final = frozenset({"SA", "KW", "AE", "BH", "OM", "QA"})
"""Two letters that stand for a country when they are all of a part; others are states and provinces elsewhere."""


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """An address with the least that banks insist on; `country` in ISO 3166 alpha-2, all text in SWIFT's characters."""

    town: str
    country: str
    lines: tuple[str, ...] = ()


def postal_address(text: str) -> PostalAddress | None:
    """The address, or None when it does not name a town, or no country and a town that is not known."""
    parts = [part.strip(" .") for part in _SEPARATORS.split(text[:TEXT_CHARS_MAX])]
    parts = [part for part in parts if _key(part)]
    country, parts, is_last = _take_country(parts)
    found = _known_town(parts, country)
    if found is None and country is not None and is_last:
        found = _named_town(parts, country)
    if found is None:
        return None
    town, country, rest = found
    line = swift_text(", ".join(rest), LINE_CHARS_MAX * LINES_MAX)
    return PostalAddress(town, country, tuple(lines_of(line, LINE_CHARS_MAX, LINES_MAX)))


# ── countries ────────────────────────────────────────────────────────────────────────────────────────────────────


def _take_country(parts: list[str]) -> tuple[str | None, list[str], bool]:
    """The country that an address names, the other parts, and True if it stands at the end, where towns precede it."""
    if not parts:
        return None, parts, False
    if (country := _country(parts[-1])) is not None:
        return country, parts[:-1], True
    if (country := _country(parts[0])) is not None:
        return country, parts[1:], False
    words = parts[-1].split()
    for cut in range(max(1, len(words) - COUNTRY_WORDS_MAX), len(words)):
        if _POST_CODE.fullmatch(words[cut]):
            continue  # the town's
        country = _country(" ".join(words[cut:]))
        before = [*parts[:-1], " ".join(words[:cut])]
        if country is not None and _known_town(before[-1:], country) is not None:
            return country, before, True
    return None, parts, False


def _country(text: str) -> str | None:
    words = " ".join(word for word in text.split() if not _POST_CODE.fullmatch(word))
    code = words.strip(".")
    return code if code in _HOME_CODES else _countries().get(_key(words))


@cache
def _countries() -> Mapping[str, str]:
    """Countries by their names in English and Arabic, and by three letters."""
    arabic = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=["ar"], fallback=True)
    found: dict[str, str] = {}
    for country in pycountry.countries:
        names = (country.name, getattr(country, "common_name", ""), getattr(country, "official_name", ""))
        for name in (*names, arabic.gettext(country.name), country.alpha_3):
            found[_key(name)] = country.alpha_2
    found |= {_key(name): code for name, code in _ALIASES.items()}
    found.pop("", None)
    return found


# ── towns ────────────────────────────────────────────────────────────────────────────────────────────────────────

_Found = tuple[str, str, list[str]]
"""A town, its country, and the rest of the address."""


def _known_town(parts: list[str], country: str | None) -> _Found | None:
    """The last part that ends with a known town, of the country if one is named."""
    for at in reversed(range(len(parts))):
        words = parts[at].split()
        for end, start in _runs(words):
            for town, where in _towns().get(_key(" ".join(words[start:end])), ()):
                if country in (None, where):
                    left = " ".join([*words[:start], *words[end:]])
                    return town, where, [part for part in (*parts[:at], left, *parts[at + 1 :]) if part]
    return None


def _runs(words: list[str]) -> Iterator[tuple[int, int]]:
    """Words at the end of a part, the longest run first; a post code may follow them."""
    end = len(words)
    while end and _POST_CODE.fullmatch(words[end - 1]):
        end -= 1
    for start in range(end):
        yield end, start


@cache
def _towns() -> Mapping[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    with resources.files(__package__).joinpath("towns.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for name in {row["town"], *filter(None, row["other_names"].split("|"))}:
                found.setdefault(_key(name), []).append((row["town"], row["country"]))
    return found


def _named_town(parts: list[str], country: str) -> _Found | None:
    """The part in front of the country, if it reads like a town's name."""
    if not parts:
        return None
    words = [word for word in parts[-1].split() if not _POST_CODE.fullmatch(word)]
    codes = [word for word in parts[-1].split() if _POST_CODE.fullmatch(word)]
    plain = swift_text(" ".join(words), TEXT_CHARS_MAX)
    if len(plain) > TOWN_CHARS_MAX or _NO_TOWN.search(plain) or not _NAME.fullmatch(plain):
        return None
    return plain, country, [*parts[:-1], *codes]


def _key(text: str) -> str:
    """The common form of one name's spellings: letters and digits alone, without marks, of any script."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    return re.sub(r"[^a-z0-9]", "", anyascii(bare).lower()).removeprefix("al")
