"""The index of listed names by the keys of their words, and the names that one of ours has to be compared with. Pure.

A key that many names have finds nobody alone: a name is a candidate if it shares a rare word, or half of its words. All
but one of our words must find their like, or all but two beside a rare one, as two words may be one elsewhere; a common
word alone finds nobody.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from bursar.screening.names.comparison import Likeness, Reading, analysed, compared

COMMON_FROM: Final = 60
"""Listed names that share a key, from which on it is a common one."""
CANDIDATES_MAX: Final = 20
"""Listed names that one reading of ours is compared with, the ones that share most first."""
ANALYSED_MAX: Final = 20_000
"""Listed names that are kept analysed, and as many more in a cache; a name takes a few kilobytes."""
COMMON_WORDS_MAX: Final = 256
"""Words whose names are kept together; a common word has thousands."""


@dataclass(frozen=True, slots=True)
class ListedName:
    """A name of an entry, and where it stands."""

    entry_id: int
    text: str
    organisation: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """A listed name that is like one of ours."""

    entry_id: int
    text: str
    likeness: Likeness


class Index:
    """Listed names, added once and searched often."""

    def __init__(self) -> None:
        self._names: list[ListedName] = []
        self._words = array("B")
        self._by_key: dict[str, array[int]] = {}
        self._kept: dict[int, list[Reading]] = {}
        self._analysed = lru_cache(ANALYSED_MAX)(self._analyse)
        self._sharing_word = lru_cache(COMMON_WORDS_MAX)(self._having)

    def __len__(self) -> int:
        return len(self._names)

    def add(self, names: Iterable[ListedName]) -> None:
        """More names; those without letters are passed over."""
        for name in names:
            found = analysed(name.text, organisation=name.organisation)
            if not found:
                continue
            number = len(self._names)
            if number < ANALYSED_MAX:
                self._kept[number] = found
            self._names.append(name)
            self._words.append(min(len(reading.keys) for reading in found))
            for key in frozenset().union(*(keys for reading in found for keys in reading.keys)):
                self._by_key.setdefault(key, array("L")).append(number)
        self._sharing_word.cache_clear()

    def find(self, text: str, score_min: float, *, organisation: bool = False) -> list[Match]:
        """The listed names that are at least so much like this one, the best name of each entry."""
        ours = analysed(text, organisation=organisation)
        best: dict[int, Match] = {}
        for number in self._candidates(ours):
            likeness = compared(ours, self._kept.get(number) or self._analysed(number), score_min)
            listed = self._names[number]
            known = best.get(listed.entry_id)
            if likeness.score >= score_min and (known is None or likeness.score > known.likeness.score):
                best[listed.entry_id] = Match(listed.entry_id, listed.text, likeness)
        return sorted(best.values(), key=lambda match: -match.likeness.score)

    def _analyse(self, number: int) -> list[Reading]:
        listed = self._names[number]
        return analysed(listed.text, organisation=listed.organisation)

    def _candidates(self, ours: Sequence[Reading]) -> list[int]:
        found: dict[int, float] = {}
        for reading in ours:
            for number, share in self._sharing(reading):
                found[number] = max(found.get(number, 0.0), share)
        return sorted(found, key=lambda number: (-found[number], number))[: CANDIDATES_MAX * len(ours)]

    def _sharing(self, reading: Reading) -> list[tuple[int, float]]:
        """The names that share words with a reading, with the share of their words, the largest shares first."""
        words: Counter[int] = Counter()
        rare: set[int] = set()
        for keys in reading.keys:
            sharing, found_by_rare = self._sharing_word(keys)
            words.update(sharing)
            rare |= found_by_rare
        own, listed = len(reading.keys), self._words
        least = max(own - 1, min(own, 2))
        found = {
            number: count
            for number, count in words.items()
            if count >= least and count * 2 >= listed[number] and (count > 1 or listed[number] == 1)
        }
        found |= {
            number: words[number] for number in rare if words[number] >= own - 2 and words[number] * 3 >= listed[number]
        }
        shared = [(number, count / max(own, listed[number])) for number, count in found.items()]
        return sorted(shared, key=_largest)[:CANDIDATES_MAX]

    def _having(self, keys: frozenset[str]) -> tuple[frozenset[int], frozenset[int]]:
        """The names that have one of a word's keys, and those that have one which few names have."""
        postings = [self._by_key[key] for key in keys if key in self._by_key]
        rare = [posting for posting in postings if len(posting) < COMMON_FROM]
        return frozenset().union(*postings), frozenset().union(*rare)


def _largest(pair: tuple[int, float]) -> tuple[float, int]:
    return -pair[1], pair[0]
