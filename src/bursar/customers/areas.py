"""Countries, their provinces and their cities, as addresses and nationalities name them.

Promises the whole of ISO 3166-1 and 3166-2 as a tree of three levels, with ids that are computed from the ISO codes
and so are the same in every process, on every machine and after every update of the reference data. Knows nothing of
postal addresses beyond these three ids, and nothing of phone codes.

How ids are made (all differ from each other and fit 32 bits):

- a country: its ISO 3166-1 numeric code, 1 to 999 (Saudi Arabia, 682);
- a province or city: its ISO 3166-2 code without the hyphen, read as a number in base 36 (US-CA: `int("USCA", 36)`),
  which can be turned back into the code, because the first two characters are always the country's letters;
- a country that ISO 3166-2 does not divide (Hong Kong, Aruba) has exactly one province, itself, so that an address
  always has one to name: its alpha-2 code and `0000`, read the same way. ISO suffixes have at most three characters,
  so no code that is assigned later can meet it.

A subdivision with a parent is a city of its topmost parent: ISO 3166-2 goes four levels deep in one place only, the
two departments of the European Collectivity of Alsace in France.
"""

import gettext
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

import pycountry

from bursar.customers.errors import UnknownCity, UnknownCountry, UnknownNationality, UnknownProvince

CHINESE: Final = "zh_CN"
UNDIVIDED: Final = "0000"
"""Stands for the ISO 3166-2 suffix in the id of an undivided country's one province."""

Record = Mapping[str, str]
Names = Callable[[str], str]


class AreaKind(StrEnum):
    """The level of an area."""

    COUNTRY = "country"
    PROVINCE = "province"
    CITY = "city"


@dataclass(frozen=True, slots=True)
class Area:
    """A country, province or city; `value` is its ISO 3166 code, `alpha2` and `alpha3` are its country's."""

    kind: AreaKind
    id: int
    name_en: str
    name_zh: str
    value: str
    parent_id: int | None
    alpha2: str
    alpha3: str
    children: tuple["Area", ...] = field(default=(), repr=False)


def subdivision_id(code: str) -> int:
    """The id of the province or city with this ISO 3166-2 code, such as "US-CA"."""
    return int(code.replace("-", ""), 36)


@cache
def area_tree() -> tuple[Area, ...]:
    """All countries with their provinces and cities, in the order of their English names; built once a process.

    Chinese names come from the translations of ISO 3166 in Debian's iso-codes; where they have none (about half of
    the subdivisions), `name_zh` is the English name.
    """
    provinces = _by_country(_records("3166-2"))
    zh_country, zh_subdivision = _translation("iso3166-1"), _translation("iso3166-2")
    return _sorted(
        _country(record, zh_country, zh_subdivision, provinces[record["alpha_2"]]) for record in _records("3166-1")
    )


def get_country(alpha2: str) -> Area:
    """The country with this ISO 3166-1 alpha-2 code, in capitals; raises UnknownNationality."""
    country = _countries_by_alpha2().get(alpha2)
    if country is None:
        raise UnknownNationality(alpha2)
    return country


def check_address(country_id: int, province_id: int, city_id: int | None = None) -> None:
    """Raise UnknownCountry, UnknownProvince or UnknownCity, in this order, unless each area lies in the one before.

    The province is always needed, and every country has one. The city is judged only when it is given; a province
    without cities in ISO 3166-2 accepts none.
    """
    country = _countries_by_id().get(country_id)
    if country is None:
        raise UnknownCountry(country_id)
    province = _child(country, province_id)
    if province is None:
        raise UnknownProvince(province_id, country_id)
    if city_id is not None and _child(province, city_id) is None:
        raise UnknownCity(city_id, province_id)


@cache
def _countries_by_id() -> dict[int, Area]:
    return {country.id: country for country in area_tree()}


@cache
def _countries_by_alpha2() -> dict[str, Area]:
    return {country.alpha2: country for country in area_tree()}


def _child(area: Area, area_id: int) -> Area | None:
    return next((child for child in area.children if child.id == area_id), None)


def _records(standard: str) -> list[Record]:
    # The files are read directly: pycountry's own index of them would stay in memory, 8 MiB for one use.
    text = Path(pycountry.DATABASE_DIR, f"iso{standard}.json").read_text(encoding="utf-8")
    records: list[Record] = json.loads(text)[standard]
    return records


def _translation(domain: str) -> Names:
    return gettext.translation(domain, pycountry.LOCALES_DIR, languages=[CHINESE]).gettext


def _by_country(records: list[Record]) -> dict[str, dict[str, list[Record]]]:
    """For each alpha-2 code: the subdivisions by the code of the parent they are shown under, "" for provinces."""
    by_code = {record["code"]: record for record in records}
    found: dict[str, dict[str, list[Record]]] = defaultdict(lambda: defaultdict(list))
    for record in records:
        found[record["code"][:2]][_topmost_parent(record, by_code)].append(record)
    return found


def _topmost_parent(record: Record, by_code: Mapping[str, Record]) -> str:
    parent = ""
    while code := record.get("parent"):
        parent = code if "-" in code else f"{record['code'][:2]}-{code}"
        record = by_code[parent]
    return parent


def _country(record: Record, zh_country: Names, zh_subdivision: Names, below: Mapping[str, list[Record]]) -> Area:
    name = record.get("common_name", record["name"])
    country = Area(
        kind=AreaKind.COUNTRY,
        id=int(record["numeric"]),
        name_en=name,
        name_zh=zh_country(name),
        value=record["alpha_2"],
        parent_id=None,
        alpha2=record["alpha_2"],
        alpha3=record["alpha_3"],
    )
    provinces = _subdivisions(AreaKind.PROVINCE, country, "", below, zh_subdivision)
    return _with_children(country, provinces or (_whole(country),))


def _subdivisions(
    kind: AreaKind, parent: Area, parent_code: str, below: Mapping[str, list[Record]], zh: Names
) -> tuple[Area, ...]:
    return _sorted(_subdivision(kind, parent, record, below, zh) for record in below.get(parent_code, ()))


def _subdivision(kind: AreaKind, parent: Area, record: Record, below: Mapping[str, list[Record]], zh: Names) -> Area:
    area = Area(
        kind=kind,
        id=subdivision_id(record["code"]),
        name_en=record["name"],
        name_zh=zh(record["name"]),
        value=record["code"],
        parent_id=parent.id,
        alpha2=parent.alpha2,
        alpha3=parent.alpha3,
    )
    return _with_children(area, _subdivisions(AreaKind.CITY, area, area.value, below, zh))


def _whole(country: Area) -> Area:
    return Area(
        kind=AreaKind.PROVINCE,
        id=subdivision_id(country.alpha2 + UNDIVIDED),
        name_en=country.name_en,
        name_zh=country.name_zh,
        value=country.value,
        parent_id=country.id,
        alpha2=country.alpha2,
        alpha3=country.alpha3,
    )


def _with_children(area: Area, children: tuple[Area, ...]) -> Area:
    return replace(area, children=children) if children else area


def _sorted(areas: Iterable[Area]) -> tuple[Area, ...]:
    return tuple(sorted(areas, key=lambda area: (pycountry.remove_accents(area.name_en).casefold(), area.value)))
