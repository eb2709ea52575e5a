"""The likeness of a word in a script that writes few vowels and a word in Latin letters. Pure.

Arabic writes consonants and long vowels; Latin spellings of it differ in short vowels, doubled letters and digraphs.
Both words become units, and the cheapest way from one to the other is found. Short vowels cost nothing; a long vowel
without a counterpart costs, which tells Hassan from Hussein.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final

CHARS_MAX: Final = 40
"""Characters of a word that are looked at; the work grows with their square."""
UNLIKE_MAX: Final = 2
"""Consonants that one word has and the other has not: words with more of them are told apart without looking closer."""

_LONG: Final = "AYW"
_SHORT: Final = {"a": "A", "i": "Y", "u": "W"}
"""Each short vowel in Latin letters, and the long one that it may stand for."""

_ARABIC: Final[Mapping[str, str]] = {
    **dict.fromkeys("اآى", "A"),
    **dict.fromkeys("أإءؤعٱ", ""),
    "ئ": "E",
    **dict.fromkeys("يیې", "Y"),
    "و": "W",
    "ب": "b",
    "پ": "p",
    **dict.fromkeys("تط", "t"),
    "ث": "T",
    "ج": "j",
    "چ": "C",
    **dict.fromkeys("حهھ", "h"),
    "ة": "H",
    "خ": "x",
    "د": "d",
    "ذ": "D",
    "ر": "r",
    "ز": "z",
    "ژ": "z",
    **dict.fromkeys("ضظ", "Z"),
    **dict.fromkeys("سص", "s"),
    "ش": "S",
    "غ": "G",
    "ف": "f",
    "ڤ": "v",
    **dict.fromkeys("قكک", "k"),
    "گ": "g",
    "ل": "l",
    "م": "m",
    "ن": "n",
}
_DIGRAPHS: Final[Mapping[str, str]] = {
    "sh": "S",
    "ch": "C",
    "kh": "x",
    "gh": "G",
    "th": "T",
    "dh": "D",
    "dj": "j",
    "ph": "f",
    "ck": "k",
    "ou": "W",
    "oo": "W",
    "ow": "W",
    "ee": "Y",
    "ei": "Y",
    "ey": "Y",
    "ai": "Y",
    "ay": "Y",
    "ie": "Y",
    "iy": "Y",
    "aa": "A",
}
_LETTERS: Final[Mapping[str, str]] = {"e": "i", "o": "u", "y": "Y", "w": "W", "c": "k", "q": "k"}
_SIMILAR: Final[Mapping[frozenset[str], float]] = {
    frozenset(pair): cost
    for pair, cost in {
        "jg": 0.1,
        "Gg": 0.1,
        "Gk": 0.5,
        "xk": 0.3,
        "xh": 0.4,
        "SC": 0.1,
        "Ss": 0.4,
        "Cs": 0.6,
        "Tt": 0.2,
        "Ts": 0.2,
        "Dz": 0.1,
        "Dd": 0.2,
        "DT": 0.2,
        "Zz": 0.0,
        "ZD": 0.1,
        "Zd": 0.1,
        "Hh": 0.0,
        "Ht": 0.1,
        "Ha": 0.0,
        "HA": 0.1,
        "vf": 0.2,
        "Wv": 0.3,
        "pb": 0.2,
        "gk": 0.5,
        "AY": 0.9,
        "AW": 0.9,
        "YW": 0.8,
        "EY": 0.0,
        "Ei": 0.0,
    }.items()
}
_ARTICLE: Final = re.compile(r"^ال(?=.{2})")
_TASHKEEL: Final = re.compile("[\u064b-\u065f\u0670\u0640]")
_GAP_WRITTEN: Final[Mapping[str, float]] = {"E": 0.1, "A": 0.3, "Y": 0.7, "W": 0.7, "H": 0.1, "h": 0.6}
_GAP_LATIN: Final[Mapping[str, float]] = {"a": 0.0, "i": 0.0, "u": 0.0, "A": 0.2, "Y": 0.65, "W": 0.65, "h": 0.4}
_GAP: Final = 1.0


@lru_cache(maxsize=50_000)
def arabic_units(word: str) -> str:
    """The units of a word in Arabic letters, without the article and vowel signs; letters of others are left out."""
    plain = _ARTICLE.sub("", _TASHKEEL.sub("", word[:CHARS_MAX]))
    return "".join(_ARABIC.get(char, "") for char in plain)


@lru_cache(maxsize=50_000)
def latin_units(word: str) -> str:
    """The units of a word in ASCII letters, small; doubled consonants count once."""
    units, rest = [], word[:CHARS_MAX]
    while rest:
        unit = _DIGRAPHS.get(rest[:2])
        if unit is None:
            units.append(_LETTERS.get(rest[0], rest[0]))
            rest = rest[1:]
        else:
            units.append(unit)
            rest = rest[2:]
    return "".join(unit for unit, _ in groupby(units) if unit.isalpha())


@lru_cache(maxsize=200_000)
def likeness(written: str, latin: str) -> float:
    """From 0 to 1, of the units of a word in a script without vowels and those of a word in Latin letters."""
    ours, theirs = Counter(skeleton(written)), Counter(skeleton(latin))
    if ((ours - theirs) + (theirs - ours)).total() > UNLIKE_MAX:
        return 0.0
    weight = max(_weight(written), _weight(latin))
    return max(0.0, 1.0 - _cost(written, latin) / weight) if weight else 0.0


def skeleton(units: str) -> str:
    """The consonants of a word, alike ones as one: the key by which an index finds it."""
    folded = units.translate(_FOLDED)
    return "".join(unit for unit, _ in groupby(folded))


_FOLDED: Final = str.maketrans(
    {
        **dict.fromkeys("AEYWaiuHh"),
        "T": "t",
        "D": "d",
        "Z": "d",
        "z": "d",
        "x": "k",
        "G": "k",
        "g": "k",
        "j": "k",
        "S": "s",
        "C": "s",
        "p": "b",
        "v": "f",
    }
)


_WEIGHTLESS: Final = "aiuE"


def _weight(units: str) -> float:
    return sum(0.0 if unit in _WEIGHTLESS else 0.7 if unit in _LONG else 1.0 for unit in units)


def _cost(written: Sequence[str], latin: Sequence[str]) -> float:
    """The cheapest way between the two (edit distance with the costs above)."""
    before = [0.0]
    for unit in latin:
        before.append(before[-1] + _GAP_LATIN.get(unit, _GAP))
    for own in written:
        row = [before[0] + _GAP_WRITTEN.get(own, _GAP)]
        for at, other in enumerate(latin, 1):
            row.append(
                min(
                    before[at] + _GAP_WRITTEN.get(own, _GAP),
                    row[-1] + _GAP_LATIN.get(other, _GAP),
                    before[at - 1] + _change(own, other),
                )
            )
        before = row
    return before[-1]


def _change(own: str, other: str) -> float:
    long = _SHORT.get(other, other)
    if own in (other, long):
        return 0.0
    return _SIMILAR.get(frozenset((own, other)), _SIMILAR.get(frozenset((own, long)), _GAP))
