"""The machine-readable zone: examples of ICAO Doc 9303, and what readers make of them."""

from datetime import date

import pytest

from bursar.customers.desk.mrz import Zone, check_digit, find_zone
from tests.desk.documents import passport_zone

TODAY = date(2026, 3, 1)
PASSPORT = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)
CARD = ("I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<")
SMALL = ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6")


def read(*lines: str) -> Zone:
    zone = find_zone("\n".join(lines), TODAY)
    assert zone is not None
    return zone


@pytest.mark.parametrize(("text", "digit"), [("520727", 3), ("AB2134<<<", 5), ("L898902C3", 6), ("D23145890", 7)])
def test_check_digits_are_those_of_the_standard(text: str, digit: int) -> None:
    assert check_digit(text) == digit


@pytest.mark.parametrize(
    ("lines", "form", "number"),
    [(PASSPORT, "TD3", "L898902C3"), (CARD, "TD1", "D23145890"), (SMALL, "TD2", "D23145890")],
)
def test_the_standards_examples(lines: tuple[str, ...], form: str, number: str) -> None:
    zone = read("REPUBLIC OF UTOPIA", *lines)
    assert (zone.form, zone.number, zone.failed) == (form, number, ())
    assert (zone.family_name, zone.given_names) == ("ERIKSSON", "ANNA MARIA")
    assert (zone.born_on, zone.expires_on) == (date(1974, 8, 12), date(2012, 4, 15))
    assert (zone.issuer, zone.nationality) == ("UTO", "UTO")


def test_fillers_that_a_reader_lost_or_added_at_the_end_do_not_matter() -> None:
    assert read(PASSPORT[0][:-9], PASSPORT[1]) == read(*PASSPORT) == read(PASSPORT[0] + "<<", PASSPORT[1])


def test_a_changed_number_fails_its_digit_and_that_of_all() -> None:
    assert read(PASSPORT[0], PASSPORT[1].replace("L898902C3", "L898903C3")).failed == ("number", "all of it")


def test_letters_in_the_place_of_digits_are_read_as_these() -> None:
    assert read(PASSPORT[0], PASSPORT[1].replace("740812", "74O8I2")).born_on == date(1974, 8, 12)


def test_centuries_are_told_by_what_a_date_is_of() -> None:
    zone = read(*passport_zone(born="300101", expires="350101"))
    assert (zone.born_on, zone.expires_on) == (date(1930, 1, 1), date(2035, 1, 1))


@pytest.mark.parametrize(
    "text", ["", "hello", "<" * 44 + "\n" + "<" * 44, "P" * 44 + "\n" + "9" * 44, "A\n" * 5_000, "\x00<<<<" * 300]
)
def test_what_is_no_zone_is_none(text: str) -> None:
    assert find_zone(text, TODAY) is None
