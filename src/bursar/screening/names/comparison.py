"""The comparison of two names: a score from 0 to 1, and its explanation for a person.

The parts of names are paired by rigour: by its dictionary of names across languages (Mohamed and محمد, Alexander and
Александр), and what is left by spelling. Parts in scripts without vowels are paired by `abjad`. A part of the listed
name that nobody has counts little, since lists give full names; one of ours that the list does not have counts more.

Rigour's dictionary takes 400 MB and ten seconds: this module is imported in the matcher's process alone.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from anyascii import anyascii
from rigour.names import (
    Alignment,
    Name,
    NamePart,
    NamePartTag,
    NameTypeTag,
    Symbol,
    align_person_name_order,
    analyze_names,
    compare_parts,
    pair_symbols,
)

from bursar.screening.names.abjad import arabic_units, latin_units, likeness, skeleton
from bursar.screening.names.readings import readings

NAME_CHARS_MAX: Final = 200
PARTS_MAX: Final = 12
"""Words of a name that are compared."""
LIKE_MIN: Final = 0.83
"""Words of two scripts that are less alike are different words."""
OWN_EXTRA: Final = 0.8
LISTED_EXTRA: Final = 0.25
ONE_OF_MANY: Final = 0.7
"""The most that a single word gets against a listed name of several."""
STOP_WEIGHT: Final = 0.2
SYMBOL_WEIGHTS: Final = {Symbol.Category.ORG_CLASS: 0.4, Symbol.Category.INITIAL: 0.5, Symbol.Category.SYMBOL: 0.3}
SYMBOL_SCORES: Final = {Symbol.Category.NAME: 0.96, Symbol.Category.INITIAL: 0.85, Symbol.Category.NICK: 0.8}
_OF_GOD: Final = re.compile(
    r"\b(?:abd|abdul|abdel|abdal|abdur|abdus|abdool|abdoul)[ -]+(?:(?:al|el|ul|ar|as)[ -]+)?(?=\w)", re.I
)
_FATHER_OF: Final = re.compile(r"\b(?:abu|abou|abi|bu)[ -]+(?:(?:al|el)[ -]+)?(?=\w)", re.I)
_ARABIC: Final = re.compile("[\u0600-\u06ff]")
_ARABIC_JOINED: Final = re.compile(r"(عبد|أبو|ابو|أبي|ابي) +")
_ARTICLES: Final = re.compile(r"\b(?:al|el|as|ash|ar|ad|an|at|az|ul)[ -]+(?=\w{3})", re.I)
_JOINED_ARTICLE: Final = re.compile(r"^[ae]l(?=\w{4})")
_LINKS: Final = frozenset({"bin", "ibn", "ben", "bint", "binti", "al", "el", "ul", "بن", "ابن", "بنت", "ولد"})
"""Words between names that some spellings leave out."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way of reading a name, analysed."""

    name: Name
    keys: tuple[frozenset[str], ...]
    """For each of its words, the keys of the index that stand for it."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """The result of a comparison."""

    score: float
    explanation: str


def analysed(text: str, *, organisation: bool = False) -> list[Reading]:
    """All readings of a name; empty when it has no letters."""
    text = text[:NAME_CHARS_MAX]
    tag = NameTypeTag.ORG if organisation else NameTypeTag.PER
    spellings = dict.fromkeys([_joined(text), *readings(text)])
    found = [_reading(name) for spelling in spellings for name in analyze_names(tag, [spelling], consolidate=False)]
    return [reading for reading in found if reading.keys]


def compared(ours: Iterable[Reading], listed: Sequence[Reading]) -> Likeness:
    """The best of all readings."""
    best, why = 0.0, []
    for own in ours:
        for other in listed:
            for alignments in _pairings(own.name, other.name):
                score = _score(alignments)
                if score > best:
                    best, why = score, alignments
    return Likeness(best, "; ".join(_explained(alignment) for alignment in why))


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _joined(text: str) -> str:
    """Abd and Abu with the word that they belong to, and articles left out: spellings differ in these alone."""
    if _ARABIC.search(text):
        return _ARABIC_JOINED.sub(r"\1", text)
    return _ARTICLES.sub("", _FATHER_OF.sub("abu", _OF_GOD.sub("abdul", text)))


def _reading(name: Name) -> Reading:
    return Reading(name, tuple(keys for part in name.parts[:PARTS_MAX] if (keys := _keys(name, part))))


def _keys(name: Name, part: NamePart) -> frozenset[str]:
    """The keys of a word: the names that it is a form of, and its sound."""
    if _is_link(part):
        return frozenset()
    of_symbols = {
        f"{span.symbol.category.value}:{span.symbol.id}"
        for span in name.spans
        if part in span.parts and span.symbol.category in (Symbol.Category.NAME, Symbol.Category.NICK)
    }
    units = _units(part)
    for sound in {skeleton(units), skeleton(latin_units(_bare(part.comparable)) if part.latinize else units)}:
        if len(sound) > 1:
            of_symbols.add(f"~{sound}")
    if part.metaphone:
        of_symbols.add(f"={part.metaphone}")
    of_symbols.add(f"'{part.comparable[:PREFIX]}")
    return frozenset(of_symbols)


PREFIX: Final = 5
"""Characters of a word by which it is found too, as typing errors stand seldom in the beginning."""


def _is_link(part: NamePart) -> bool:
    return part.comparable in _LINKS


def _bare(word: str) -> str:
    """A word in Latin letters without an article that was written with it."""
    return _JOINED_ARTICLE.sub("", word)


def _units(part: NamePart) -> str:
    if part.latinize:
        return latin_units(part.comparable)
    return arabic_units(part.form) if _ARABIC.search(part.form) else latin_units(_ascii(part))


def _ascii(part: NamePart) -> str:
    return "".join(char for char in anyascii(part.form).lower() if char.isalnum())


# ── pairs ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _pairings(own: Name, listed: Name) -> Iterator[list[Alignment]]:
    for edges in pair_symbols(own, listed):
        for edge in edges:
            assert edge.symbol is not None
            edge.score = 1.0 if edge.qstr == edge.rstr else SYMBOL_SCORES.get(edge.symbol.category, 0.9)
            edge.weight = SYMBOL_WEIGHTS.get(edge.symbol.category, 1.0) * max(len(edge.qps), len(edge.rps))
        used = {id(part) for edge in edges for part in (*edge.qps, *edge.rps)}
        ours = [part for part in own.parts if id(part) not in used]
        theirs = [part for part in listed.parts if id(part) not in used]
        yield [*edges, *_rest(ours, theirs)]


def _rest(ours: list[NamePart], theirs: list[NamePart]) -> list[Alignment]:
    """The pairs of words that the dictionary does not have."""
    if all(part.latinize for part in (*ours, *theirs)):
        alignments = compare_parts(*align_person_name_order(ours, theirs))
    else:
        alignments = _across(ours, theirs)
    for alignment in alignments:
        _weigh(alignment)
    return alignments


def _across(ours: list[NamePart], theirs: list[NamePart]) -> list[Alignment]:
    """Pairs of words of two scripts, the most alike first; two words may be one in the other script."""
    found = sorted(
        (
            (_like(own, other), len(own) + len(other), own, other)
            for own in _runs(ours)
            for other in _runs(theirs)
            if len(own) == 1 or len(other) == 1
        ),
        key=lambda pair: pair[:2],
        reverse=True,
    )
    used: set[int] = set()
    alignments = []
    for like, _, own, other in found:
        taken = {id(part) for part in (*own, *other)}
        if like < LIKE_MIN or taken & used:
            continue
        used |= taken
        alignments.append(Alignment(list(own), list(other), None, like))
    left = [Alignment([part], [], None, 0.0) for part in ours if id(part) not in used]
    return alignments + left + [Alignment([], [part], None, 0.0) for part in theirs if id(part) not in used]


def _runs(parts: list[NamePart]) -> list[tuple[NamePart, ...]]:
    return [(part,) for part in parts] + list(pairwise(parts))


def _like(own: Sequence[NamePart], other: Sequence[NamePart]) -> float:
    """The likeness of words of two scripts; an article may be written with the Latin one."""
    written, latin = (other, own) if own[0].latinize else (own, other)
    units = "".join(map(_units, written))
    spelt = "".join(part.comparable if part.latinize else _ascii(part) for part in latin)
    return max(likeness(units, latin_units(way)) for way in {spelt, _bare(spelt)})


def _weigh(alignment: Alignment) -> None:
    parts = (*alignment.qps, *alignment.rps)
    if not alignment.rps:
        alignment.weight = OWN_EXTRA
    elif not alignment.qps:
        alignment.weight = LISTED_EXTRA
    else:
        alignment.weight = float(max(len(alignment.qps), len(alignment.rps)))
    if len(parts) == 1 and (_is_link(parts[0]) or parts[0].tag == NamePartTag.STOP):
        alignment.weight *= STOP_WEIGHT


def _score(alignments: Sequence[Alignment]) -> float:
    weight = sum(alignment.weight for alignment in alignments)
    score = sum(alignment.score * alignment.weight for alignment in alignments) / weight if weight else 0.0
    paired = [each for each in alignments if each.qps and each.rps and each.score]
    listed = sum(len(each.rps) for each in alignments)
    if sum(len(each.rps) for each in paired) < 2 <= listed and sum(len(each.qps) for each in paired) < 2:
        return min(score, ONE_OF_MANY)
    return score


def _explained(alignment: Alignment) -> str:
    if not alignment.rps:
        return f"{alignment.qstr}: not on the list"
    if not alignment.qps:
        return f"{alignment.rstr}: on the list alone"
    how = "the same" if alignment.qstr == alignment.rstr else "the same name" if alignment.symbol else "alike"
    return f"{alignment.qstr} = {alignment.rstr}: {how}, {alignment.score:.2f}"
