"""The index of listed names by the keys of their words, and the names that one of ours has to be compared with. Pure.

A key that many names have finds nobody alone: a name is a candidate if it shares a rare word, or half of its words.
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
"""Listed names that are kept analysed; a name takes a few kilobytes."""


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
        self._analysed = lru_cache(ANALYSED_MAX)(self._analyse)

    def __len__(self) -> int:
        return len(self._names)

    def add(self, names: Iterable[ListedName]) -> None:
        """More names; those without letters are passed over."""
        for name in names:
            found = analysed(name.text, organisation=name.organisation)
            if not found:
                continue
            number = len(self._names)
            self._names.append(name)
            self._words.append(min(len(reading.keys) for reading in found))
            for key in frozenset().union(*(keys for reading in found for keys in reading.keys)):
                self._by_key.setdefault(key, array("L")).append(number)

    def find(self, text: str, score_min: float, *, organisation: bool = False) -> list[Match]:
        """The listed names that are at least so much like this one, the best name of each entry."""
        ours = analysed(text, organisation=organisation)
        best: dict[int, Match] = {}
        for number in self._candidates(ours):
            likeness = compared(ours, self._analysed(number))
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
            postings = [self._by_key[key] for key in keys if key in self._by_key]
            sharing = set().union(*postings) if len(postings) > 1 else set(*postings)
            words.update(sharing)
            rare.update(number for posting in postings if len(posting) < COMMON_FROM for number in posting)
        own = len(reading.keys)
        shared = [
            (number, count / max(own, self._words[number]))
            for number, count in words.items()
            if _may_match(own, self._words[number], count, rare=number in rare)
        ]
        return sorted(shared, key=lambda pair: -pair[1])[:CANDIDATES_MAX]


def _may_match(own: int, listed: int, shared: int, *, rare: bool) -> bool:
    """True if names of so many words that share so many may be alike. All but one of our words must find their like,
    or all but two beside a rare one, as two words may be one elsewhere; a common word alone finds nobody.
    """
    if rare:
        return shared >= own - 2 and shared * 3 >= listed
    return shared >= own - 1 and shared * 2 >= listed and (shared > 1 or own == listed == 1)
