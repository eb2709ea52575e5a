"""The tree of areas: complete, stable and consistent; addresses and nationalities are judged by it."""

from collections import Counter
from collections.abc import Iterable, Iterator

import pycountry
import pytest

from bursar.customers.areas import Area, AreaKind, area_tree, check_address, get_country, subdivision_id
from bursar.customers.errors import UnknownCity, UnknownCountry, UnknownNationality, UnknownProvince

UNITED_STATES, CALIFORNIA = 840, 1436410
SAUDI_ARABIA = 682
FRANCE, GRAND_EST, BAS_RHIN = 250, 26475220, 735055
HONG_KONG, ALL_HONG_KONG = 344, 1061517312


def below(areas: Iterable[Area]) -> Iterator[Area]:
    for area in areas:
        yield area
        yield from below(area.children)


EVERY_AREA = tuple(below(area_tree()))


def test_every_iso_country_stands_in_the_tree_once():
    assert sorted(area.value for area in area_tree()) == sorted(country.alpha_2 for country in pycountry.countries)


def test_every_iso_subdivision_stands_in_the_tree_once():
    placed = [area.value for area in EVERY_AREA if "-" in area.value]
    assert sorted(placed) == sorted(subdivision.code for subdivision in pycountry.subdivisions)


def test_no_two_areas_share_an_id_and_all_fit_a_signed_32_bit_number():
    assert max(Counter(area.id for area in EVERY_AREA).values()) == 1
    assert all(0 < area.id < 2**31 for area in EVERY_AREA)


def test_every_area_names_its_parent_and_its_country():
    for area in EVERY_AREA:
        for child in area.children:
            assert (child.parent_id, child.alpha2, child.alpha3) == (area.id, area.alpha2, area.alpha3)


def test_levels_are_country_province_city_and_nothing_lies_in_a_city():
    next_level = {AreaKind.COUNTRY: AreaKind.PROVINCE, AreaKind.PROVINCE: AreaKind.CITY}
    assert {area.kind for area in area_tree()} == {AreaKind.COUNTRY}
    for area in EVERY_AREA:
        assert {child.kind for child in area.children} <= {next_level.get(area.kind)}


def test_every_country_has_a_province_to_name():
    assert [country.value for country in area_tree() if not country.children] == []


def test_ids_are_those_that_were_published_once():
    china = get_country("CN")
    assert china.id == 156
    assert get_country("US").id == UNITED_STATES
    assert get_country("SA").id == SAUDI_ARABIA
    assert subdivision_id("US-CA") == CALIFORNIA
    assert subdivision_id("FR-GES") == GRAND_EST
    assert subdivision_id("FR-67") == BAS_RHIN
    assert [province.id for province in get_country("HK").children] == [ALL_HONG_KONG]


def test_areas_have_english_and_chinese_names():
    names = {area.id: (area.name_en, area.name_zh) for area in EVERY_AREA}
    assert names[156] == ("China", "中国")
    assert names[CALIFORNIA] == ("California", "加利福尼亚州")
    assert names[ALL_HONG_KONG] == ("Hong Kong", "香港")


def test_an_area_without_a_translation_keeps_its_english_name_in_chinese():
    assert all(area.name_zh for area in EVERY_AREA)
    translated = sum(area.name_zh != area.name_en for area in EVERY_AREA)
    assert len(EVERY_AREA) // 2 < translated < len(EVERY_AREA)


def test_countries_stand_in_the_order_of_their_names_accents_aside():
    names = [country.name_en for country in area_tree()]
    assert names[:4] == ["Afghanistan", "Åland Islands", "Albania", "Algeria"]
    assert names[-1] == "Zimbabwe"


@pytest.mark.parametrize(
    ("country_id", "province_id", "city_id"),
    [
        (UNITED_STATES, CALIFORNIA, None),
        (FRANCE, GRAND_EST, BAS_RHIN),
        (HONG_KONG, ALL_HONG_KONG, None),
    ],
)
def test_an_address_whose_areas_lie_in_each_other_passes(country_id, province_id, city_id):
    assert check_address(country_id, province_id, city_id) is None


def test_an_unknown_country_is_named_before_its_province():
    with pytest.raises(UnknownCountry) as refusal:
        check_address(999, 0, 0)
    assert refusal.value.country_id == 999


@pytest.mark.parametrize("province_id", [0, -1, 475, GRAND_EST, SAUDI_ARABIA, 2**70])
def test_a_province_must_be_one_of_the_country(province_id):
    with pytest.raises(UnknownProvince) as refusal:
        check_address(UNITED_STATES, province_id, BAS_RHIN)
    assert (refusal.value.province_id, refusal.value.country_id) == (province_id, UNITED_STATES)


def test_a_city_is_not_a_province():
    with pytest.raises(UnknownProvince):
        check_address(FRANCE, BAS_RHIN)


@pytest.mark.parametrize(
    ("country_id", "province_id", "city_id"),
    [(FRANCE, GRAND_EST, GRAND_EST), (FRANCE, GRAND_EST, 0), (UNITED_STATES, CALIFORNIA, BAS_RHIN)],
)
def test_a_city_that_is_given_must_be_one_of_the_province(country_id, province_id, city_id):
    with pytest.raises(UnknownCity) as refusal:
        check_address(country_id, province_id, city_id)
    assert (refusal.value.city_id, refusal.value.province_id) == (city_id, province_id)


def test_a_nationality_is_a_country():
    assert get_country("SA").alpha3 == "SAU"


@pytest.mark.parametrize("alpha2", ["", "XX", "sa", "SAU", "682", "UK", "XK"])
def test_what_is_no_iso_code_in_capitals_is_no_nationality(alpha2):
    with pytest.raises(UnknownNationality) as refusal:
        get_country(alpha2)
    assert refusal.value.alpha2 == alpha2
