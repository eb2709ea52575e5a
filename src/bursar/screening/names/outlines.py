"""Outlines of words: sets of letters as bits, by which words that cannot be alike are told apart at once. Pure.

An edit of a word adds a letter to the set, takes one out, or does both. A comparison of names is a hundred times as
dear as one of outlines, and most candidates share a given name alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bursar.screening.names.abjad import UNLIKE_MAX, skeleton

EDITS_MAX: Final = (0, 0, 0, 0, *(1,) * 3, *(2,) * 6, *(3,) * 4)
"""Edits by the length of the longer word, up to which rigour still sees a likeness; measured, not published by it."""
EDITS_OF_LONG: Final = 8
"""The same for words that are longer; more than has been seen."""


@dataclass(frozen=True, slots=True)
class Outline:
    """The letters of a word in Latin letters, and its consonants in any script."""

    letters: int
    length: int
    sounds: int


def outline(latin: str, units: str) -> Outline:
    """Of a word by its Latin letters (none for other scripts) and its units (`abjad`)."""
    return Outline(_bits(latin), len(latin), _bits(skeleton(units)))


def nearness(ours: Iterable[Outline], listed: Iterable[Outline], *, by_sound: bool) -> float:
    """The most that a likeness of any of ours with any of the listed ones can be, 0 for none.

    `by_sound` where one of the names is not in Latin letters.
    """
    best = 0.0
    for own in ours:
        for other in listed:
            if by_sound:
                if (own.sounds ^ other.sounds).bit_count() <= UNLIKE_MAX:
                    return 1.0
                continue
            length = max(own.length, other.length)
            edits = ((own.letters ^ other.letters).bit_count() + 1) >> 1
            if edits <= (EDITS_MAX[length] if length < len(EDITS_MAX) else EDITS_OF_LONG):
                like = 1.0 - edits / length if length else 0.0
                if like > best:
                    best = like
    return best


def _bits(text: str) -> int:
    bits = 0
    for char in text:
        bits |= 1 << (ord(char) & 63)
    return bits
