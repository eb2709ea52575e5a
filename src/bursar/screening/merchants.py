"""Merchants as screening compares them."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from bursar.ledger.model import Part
from bursar.merchants.service import Merchants
from bursar.screening.model import Subject, SubjectKind
from bursar.screening.ports import Place


@dataclass(frozen=True, slots=True)
class MerchantSubjects:
    """The names of merchants, which are companies."""

    kind: ClassVar[SubjectKind] = SubjectKind.MERCHANT
    merchants: Merchants

    async def find(self, merchant_id: int, subject_id: int) -> Subject | None:
        """One as it is now."""
        found = await self.merchants.list_names(subject_id - 1, 1)
        return _subject(*found[0]) if found and found[0][0] == merchant_id == subject_id else None

    async def list_after(self, place: Place, limit: int) -> list[Subject]:
        """Those behind a place."""
        return [_subject(*each) for each in await self.merchants.list_names(place[0], limit)]

    def stopped(self, subject_id: int, at: datetime) -> Part:  # noqa: ARG002 - a suspension is a person's own step
        """Nothing else is written: all of the merchant's is blocked."""
        return Part()


def _subject(merchant_id: int, name: str) -> Subject:
    return Subject(SubjectKind.MERCHANT, merchant_id, merchant_id, organisations=(name,))
