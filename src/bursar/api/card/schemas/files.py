"""Areas and uploads on the wire."""

from functools import cache
from typing import Annotated

from pydantic import Field

from bursar.api.card.schemas.wire import OR_TEXT, Asked, Wire
from bursar.customers.areas import Area, AreaKind, area_tree
from bursar.files.purposes import FilePurpose

FILE_TYPE = {
    FilePurpose.DOCUMENT_FRONT: 1,
    FilePurpose.DOCUMENT_BACK: 2,
    FilePurpose.SELFIE: 3,
    FilePurpose.HANDHELD_FRONT: 4,
    FilePurpose.HANDHELD_BACK: 5,
    FilePurpose.HANDHELD_PASSPORT: 6,
    FilePurpose.SIGNATURE: 7,
    FilePurpose.FURTHER: 8,
    FilePurpose.FURTHER_SECOND: 9,
    FilePurpose.OTHER: 10,
}
AREA_TYPE = {AreaKind.COUNTRY: 1, AreaKind.PROVINCE: 2, AreaKind.CITY: 3}

_PURPOSES = {number: purpose for purpose, number in FILE_TYPE.items()}


class Upload(Asked):
    file: bytes
    file_type: Annotated[int, Field(ge=1, le=10), OR_TEXT]

    @property
    def purpose(self) -> FilePurpose:
        """In domain words."""
        return _PURPOSES[self.file_type]


class Uploaded(Wire):
    file_id: str
    file_type: int


class AreaOut(Wire):
    type: int
    id: str
    name_zh: str
    name_en: str
    value: str
    parent_id: str | None
    alpha3: str
    alpha2: str
    children: "list[AreaOut]"

    @classmethod
    def of(cls, area: Area) -> "AreaOut":
        return cls(
            type=AREA_TYPE[area.kind],
            id=str(area.id),
            name_zh=area.name_zh,
            name_en=area.name_en,
            value=area.value,
            parent_id=None if area.parent_id is None else str(area.parent_id),
            alpha3=area.alpha3,
            alpha2=area.alpha2,
            children=[cls.of(child) for child in area.children],
        )


@cache
def areas_out() -> list[AreaOut]:
    """The whole tree; it never changes while a process runs."""
    return [AreaOut.of(country) for country in area_tree()]
