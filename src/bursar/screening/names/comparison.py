"""The comparison of two names: a score from 0 to 1, and its explanation for a person.

The parts of names are paired by rigour: by its dictionary of names across languages (Mohamed and محمد, Alexander and
Александр), and what is left by spelling. Parts in scripts without vowels are paired by `abjad`. A part of the listed
name that nobody has counts little, since lists give full names; one of ours that the list does not have counts more.

Rigour's dictionary takes 400 MB and ten seconds: this module is imported in the matcher's process alone.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
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
from bursar.screening.names.outlines import Outline, nearness, outline
from bursar.screening.names.readings import pinyin, readings

NAME_CHARS_MAX: Final = 200
PARTS_MAX: Final = 12
"""Words of a name that are compared."""
WORDS_KEPT_MAX: Final = 20_000
"""Words, and pairs of words, whose keys and outlines are kept; a kilobyte each."""
LIKE_MIN: Final = 0.88
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
    words: tuple[tuple[frozenset[str], tuple[Outline, ...]], ...]
    """For each of its words, the names that it is a form of, and its outlines alone and with its neighbours; none for
    one that may be paired otherwise.
    """
    symbols: frozenset[str]
    outlines: tuple[Outline, ...]
    """Those of all words."""
    is_latin: bool
    syllables: tuple[str, ...] = ()
    """Of Chinese characters in Pinyin, the family name first. Other names have none."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """The result of a comparison."""

    score: float
    explanation: str


def analysed(text: str, *, organisation: bool = False) -> list[Reading]:
    """All readings of a name; empty when it has no letters."""
    text = text[:NAME_CHARS_MAX]
    tag = NameTypeTag.ORG if organisation else NameTypeTag.PER
    chinese = pinyin(text)
    spellings = dict.fromkeys([*readings(text)] if chinese else [_joined(text), *readings(text)])
    found = [_reading(name) for spelling in spellings for name in analyze_names(tag, [spelling], consolidate=False)]
    found += [
        replace(_reading(name), syllables=tuple(spelling.split()))
        for spelling in chinese
        for name in analyze_names(tag, [spelling], consolidate=False)
    ]
    return [reading for reading in found if reading.keys]


def compared(ours: Iterable[Reading], listed: Sequence[Reading], score_min: float = 0.0) -> Likeness:
    """The best of all readings; what stays below `score_min` is not explained, and may be told as 0."""
    best, why = 0.0, []
    for own in ours:
        for other in listed:
            if own.syllables or other.syllables:
                if _reads_alike(own, other):
                    return Likeness(1.0, f"{own.name.comparable} = {other.name.comparable}: read as Chinese, 1.00")
                continue
            if score_min and _most(own, other) < score_min:
                continue
            for alignments in _pairings(own.name, other.name):
                score = _score(alignments)
                if score > best:
                    best, why = score, alignments
    if best < score_min:
        return Likeness(best, "")
    return Likeness(best, "; ".join(_explained(alignment) for alignment in why))


def _reads_alike(own: Reading, listed: Reading) -> bool:
    """True if the syllables of Chinese characters are all of the other name, in either order of family and given name.

    The dictionary is not asked: it takes half of all syllables for forms of each other.
    """
    chinese, other = (own, listed) if own.syllables else (listed, own)
    letters = "".join(part.comparable for part in other.name.parts)
    family, *given = chinese.syllables
    return letters in ("".join((family, *given)), "".join((*given, family)))


def _most(own: Reading, listed: Reading) -> float:
    """The most that the score can be, by the outlines of those of our words that are no form of a listed one."""
    by_sound = not (own.is_latin and listed.is_latin)
    score, weight = 0.0, 0.0
    for symbols, outlines in own.words:
        near = 1.0
        if outlines and symbols.isdisjoint(listed.symbols):
            near = nearness(outlines, listed.outlines, by_sound=by_sound)
        score += near
        weight += 1.0 if near else OWN_EXTRA
    others = len(own.name.parts) - len(own.words)
    return (score + others) / (weight + others) if own.words else 1.0


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _joined(text: str) -> str:
    """Abd and Abu with the word that they belong to, and articles left out: spellings differ in these alone."""
    if _ARABIC.search(text):
        return _ARABIC_JOINED.sub(r"\1", text)
    return _ARTICLES.sub("", _FATHER_OF.sub("abu", _OF_GOD.sub("abdul", text)))


def _reading(name: Name) -> Reading:
    """The first words of a name with their keys and outlines."""
    parts = name.parts[:PARTS_MAX]
    symbols, apart = _symbols(name)
    words = [_word(part.form, part.comparable, part.latinize, part.metaphone or "") for part in parts]
    joined = [_together(one, other) for one, other in pairwise(words)]
    keys, own = list[frozenset[str]](), list[tuple[frozenset[str], tuple[Outline, ...]]]()
    for at, (part, word) in enumerate(zip(parts, words, strict=True)):
        if _is_link(part):
            continue
        forms = frozenset(symbols[part.form])
        keys.append(word.keys | forms)
        is_apart = part.form in apart or part.tag == NamePartTag.STOP or len(part.comparable) <= SHORT_MAX
        beside = [outline for one in joined[max(0, at - 1) : at + 1] for outline in one]
        own.append((forms, () if is_apart else (*word.outlines, *beside)))
    outlines = dict.fromkeys(outline for one in (*(word.outlines for word in words), *joined) for outline in one)
    is_latin = all(part.latinize for part in name.parts)
    every = frozenset().union(*(forms for forms, _ in own))
    return Reading(name, tuple(keys), tuple(own), every, tuple(outlines), is_latin)


def _symbols(name: Name) -> tuple[defaultdict[str, set[str]], set[str]]:
    """The names that each word is a form of, as keys; and the words that may be paired by something else."""
    found, apart = defaultdict[str, set[str]](set), set[str]()
    for span in name.spans:
        category = span.symbol.category
        is_name = category in (Symbol.Category.NAME, Symbol.Category.NICK)
        for part in span.parts:
            if is_name:
                found[part.form].add(f"{category.value}:{span.symbol.id}")
            else:
                apart.add(part.form)
    return found, apart


@dataclass(frozen=True, slots=True)
class _Word:
    """A word by itself, whatever name it stands in."""

    latin: str
    """Empty in scripts that are not read letter by letter."""
    units: str
    keys: frozenset[str]
    outlines: tuple[Outline, ...]


@lru_cache(WORDS_KEPT_MAX)
def _word(form: str, comparable: str, latinize: bool, metaphone: str) -> _Word:
    units = _units_of(form, comparable, latinize)
    bare = _bare(comparable) if latinize else ""
    bare_units = latin_units(bare) if latinize else units
    sounds = {sound for sound in (skeleton(units), skeleton(bare_units)) if len(sound) > 1}
    keys = {f"'{comparable[:PREFIX]}", *(f"~{sound}" for sound in sounds)}
    if metaphone:
        keys.add(f"={metaphone}")
    latin = comparable if latinize else ""
    outlines = dict.fromkeys((outline(latin, units), outline(bare, bare_units)))
    return _Word(latin, units, frozenset(keys), tuple(outlines))


@lru_cache(WORDS_KEPT_MAX)
def _together(one: _Word, other: _Word) -> tuple[Outline, ...]:
    """The outlines of two words that are one elsewhere."""
    latin = one.latin + other.latin
    units = latin_units(latin) if one.latin and other.latin else one.units + other.units
    return tuple(dict.fromkeys((outline(latin, units), outline(latin, one.units + other.units))))


PREFIX: Final = 5
"""Characters of a word by which it is found too, as typing errors stand seldom in the beginning."""
SHORT_MAX: Final = 2
"""Letters of a word that may be an initial."""


def _is_link(part: NamePart) -> bool:
    return part.comparable in _LINKS


def _bare(word: str) -> str:
    """A word in Latin letters without an article that was written with it."""
    return _JOINED_ARTICLE.sub("", word)


def _units(part: NamePart) -> str:
    return _units_of(part.form, part.comparable, part.latinize)


@lru_cache(WORDS_KEPT_MAX)
def _units_of(form: str, comparable: str, latinize: bool) -> str:
    if latinize:
        return latin_units(comparable)
    return arabic_units(form) if _ARABIC.search(form) else latin_units(_ascii(form))


@lru_cache(WORDS_KEPT_MAX)
def _ascii(form: str) -> str:
    return "".join(char for char in anyascii(form).lower() if char.isalnum())


# ── pairs ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _pairings(own: Name, listed: Name) -> Iterator[list[Alignment]]:
    for edges in pair_symbols(own, listed):
        for edge in edges:
            assert edge.symbol is not None
            edge.score = 1.0 if edge.qstr == edge.rstr else SYMBOL_SCORES.get(edge.symbol.category, 0.9)
            edge.weight = SYMBOL_WEIGHTS.get(edge.symbol.category, 1.0) * min(len(edge.qps), len(edge.rps))
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
    """Pairs of words of two scripts, the most alike first, single words before two that are one in the other script."""
    found = sorted(
        (
            (_like(own, other), -len(own) - len(other), own, other)
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
    spelt = "".join(part.comparable if part.latinize else _ascii(part.form) for part in latin)
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
