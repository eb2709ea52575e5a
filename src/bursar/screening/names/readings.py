"""The readings of a name in Latin letters, where its script is not read letter by letter. Pure.

Chinese characters are read as Chinese (pypinyin), and as Japanese where a dictionary of Japanese knows all of them as
names (janome). Hangul is read by its letters (Revised Romanization), family names by custom as well. All of them are
candidates: a name matches if one of its readings does.
"""

import re
from functools import cache
from typing import Any, Final

FAMILY_SYLLABLES_MAX: Final = 2
"""Syllables of the longest family names; a name must have one more."""
_HAN: Final = re.compile("[\u3400-\u9fff]")
_HANGUL: Final = re.compile("[\uac00-\ud7a3]")
_KANA: Final = re.compile("[\u3040-\u30ff]")
_HANGUL_FIRST: Final = 0xAC00
_MEDIALS, _FINALS = 21, 28
_INITIAL: Final = ("g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h")
_MEDIAL: Final = (
    *("a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo"),
    *("u", "wo", "we", "wi", "yu", "eu", "ui", "i"),
)
_FINAL: Final = (
    *("", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l", "p", "l", "m", "p", "p", "t", "t"),
    *("ng", "t", "t", "k", "t", "p", "t"),
)
_FAMILY: Final = {
    "김": "kim",
    "이": "lee",
    "박": "park",
    "최": "choi",
    "정": "jung",
    "강": "kang",
    "조": "cho",
    "윤": "yoon",
    "임": "lim",
    "오": "oh",
    "서": "seo",
    "신": "shin",
    "권": "kwon",
    "안": "ahn",
    "유": "yoo",
    "류": "ryu",
    "고": "ko",
    "문": "moon",
    "백": "paik",
    "허": "huh",
    "심": "shim",
    "노": "roh",
    "우": "woo",
    "구": "koo",
    "주": "joo",
    "리": "ri",
}
"""Family names in Hangul that are seldom written by the rule."""
_CUSTOMARY: Final = (("eo", "u"), ("eo", "o"))
"""Customary spellings of a vowel that the rule writes as `eo`."""
_HEPBURN: Final = {
    "si": "shi",
    "ti": "chi",
    "tu": "tsu",
    "hu": "fu",
    "zi": "ji",
    "sya": "sha",
    "syu": "shu",
    "syo": "sho",
    "tya": "cha",
    "tyu": "chu",
    "tyo": "cho",
    "zya": "ja",
    "zyu": "ju",
    "zyo": "jo",
    "ou": "o",
    "oo": "o",
    "uu": "u",
}


def readings(name: str) -> list[str]:
    """The name in Latin letters, in each way but Pinyin; empty for scripts that are read letter by letter."""
    if _HANGUL.search(name):
        return _korean(name)
    if _KANA.search(name) or _HAN.search(name):
        return [reading for reading in _japanese(name) if reading.strip()]
    return []


def pinyin(name: str) -> list[str]:
    """The name read as Chinese, the family name first: by syllables, and with the given name as one word. Empty where
    it has no Chinese characters, or kana too.
    """
    if not _HAN.search(name) or _KANA.search(name) or _HANGUL.search(name):
        return []
    from pypinyin import lazy_pinyin

    syllables = " ".join(lazy_pinyin(name)).replace("ü", "u").split()
    families = (1, 2) if len(syllables) > FAMILY_SYLLABLES_MAX else (1,)
    joined = (f"{''.join(syllables[:at])} {''.join(syllables[at:])}" for at in families)
    return list(dict.fromkeys(way.strip() for way in (" ".join(syllables), *joined) if way.strip()))


def _korean(name: str) -> list[str]:
    syllables = [char for char in name if _HANGUL.match(char)]
    family, given = syllables[:1], syllables[1:]
    spelt = " ".join(map(_syllable, given)).replace("eu", "u")
    ways = dict.fromkeys([spelt, *(spelt.replace(vowel, custom) for vowel, custom in _CUSTOMARY)])
    first = [_syllable(char) for char in family] + [_FAMILY[char] for char in family if char in _FAMILY]
    return [f"{own} {way}".strip() for own in first for way in ways]


def _syllable(char: str) -> str:
    initial, rest = divmod(ord(char) - _HANGUL_FIRST, _MEDIALS * _FINALS)
    medial, final = divmod(rest, _FINALS)
    return _INITIAL[initial] + _MEDIAL[medial] + _FINAL[final]


def _japanese(name: str) -> list[str]:
    """The reading by a dictionary; none where a part is no name there."""
    from anyascii import anyascii

    words = [word for word in _tokenizer().tokenize(name) if word.surface.strip()]
    kana = [word.surface if not _HAN.search(word.surface) else word.reading for word in words]
    if any(_HAN.search(word.surface) and "人名" not in word.part_of_speech for word in words) or "*" in kana:
        return []
    return [" ".join(_hepburn(anyascii(part).lower()) for part in kana)]


def _hepburn(text: str) -> str:
    for rule, custom in _HEPBURN.items():
        text = text.replace(rule, custom)
    return text


@cache
def _tokenizer() -> Any:
    from janome.tokenizer import Tokenizer

    return Tokenizer()
