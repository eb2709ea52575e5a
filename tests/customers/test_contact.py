"""Emails and phones: which are accepted, how they are spelt afterwards, and in which order they are refused."""

import subprocess
import sys

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bursar.customers.contact import EMAIL_CHARS_MAX, Phone, normalise_email, read_phone
from bursar.customers.errors import (
    DiallingCodeMalformed,
    DiallingCodeMissing,
    DiallingCodeRefused,
    EmailDisposable,
    EmailMalformed,
    PhoneMalformed,
)


@pytest.mark.parametrize(
    ("given_as", "kept_as"),
    [
        ("sing_demo@upb.com", "sing_demo@upb.com"),
        ("First.Last+cards@Example.COM", "First.Last+cards@example.com"),
        ("buyer@münchen.de", "buyer@münchen.de"),
        ("buyer@XN--MNCHEN-3YA.de", "buyer@münchen.de"),
        ("tester@shop.test", "tester@shop.test"),
    ],
)
def test_an_email_has_one_spelling(given_as, kept_as):
    assert normalise_email(given_as) == kept_as
    assert normalise_email(kept_as) == kept_as


@pytest.mark.parametrize(
    "email",
    [
        "",
        "buyer",
        "buyer@",
        "@example.com",
        "buyer@localhost",
        "buyer@example..com",
        "two words@example.com",
        " buyer@example.com",
        "buyer@example.com\n",
        "Buyer <buyer@example.com>",
        "buyer@[192.0.2.1]",
        "buyer@exa mple.com",
        "a@b@example.com",
        "a" * 65 + "@example.com",
    ],
)
def test_what_does_not_look_like_an_email_is_refused(email):
    with pytest.raises(EmailMalformed):
        normalise_email(email)


def email_of(length: int) -> str:
    domain = ".".join(["d" * 60] * 4) + ".com"
    return "l" * (length - len(domain) - 1) + "@" + domain


def test_an_email_may_have_254_characters_and_no_more():
    assert normalise_email(email_of(EMAIL_CHARS_MAX)) == email_of(254)
    with pytest.raises(EmailMalformed):
        normalise_email(email_of(EMAIL_CHARS_MAX + 1))


@pytest.mark.parametrize("domain", ["mailinator.com", "MAILINATOR.com", "inbox.mailinator.com"])
def test_throw_away_addresses_are_refused_below_their_domain_too(domain):
    with pytest.raises(EmailDisposable) as refusal:
        normalise_email(f"buyer@{domain}")
    assert refusal.value.domain == domain.lower()


def test_a_malformed_throw_away_address_is_malformed():
    with pytest.raises(EmailMalformed):
        normalise_email("two words@mailinator.com")


def test_a_refusal_does_not_repeat_the_address():
    with pytest.raises(EmailMalformed) as refusal:
        normalise_email("very.private name@example.com")
    assert "private" not in repr(refusal.value)


@pytest.mark.parametrize(
    ("dialling_code", "number", "e164", "region"),
    [
        ("+1", "127897890", "+1127897890", "US"),
        ("+1", "4155550100", "+14155550100", "US"),
        ("+1", "4165550100", "+14165550100", "CA"),
        ("+1", "8765550100", "+18765550100", "JM"),
        ("+1876", "5550100", "+18765550100", "JM"),
        ("+7", "7011234567", "+77011234567", "KZ"),
        ("+7", "4951234567", "+74951234567", "RU"),
        ("+7", "12345", "+712345", "RU"),
        ("+966", "0501234567", "+966501234567", "SA"),
        ("+966", "501234567", "+966501234567", "SA"),
        ("+39", "0612345678", "+390612345678", "IT"),
        ("+44", "7700900000", "+447700900000", "GB"),
        ("+98", "9121234567", "+989121234567", "IR"),
        ("+500", "55555", "+50055555", "FK"),
        ("+800", "12345678", "+80012345678", None),
    ],
)
def test_a_phone_has_one_e164_spelling_and_the_region_of_its_number(dialling_code, number, e164, region):
    phone = read_phone(dialling_code, number)
    assert phone == Phone(dialling_code, number)
    assert (phone.e164, phone.region) == (e164, region)


@pytest.mark.parametrize("dialling_code", [None, ""])
def test_a_number_without_area_code_is_refused_before_the_number_is_looked_at(dialling_code):
    with pytest.raises(DiallingCodeMissing):
        read_phone(dialling_code, "x")


@pytest.mark.parametrize(
    "dialling_code", ["1", "++1", "+1+", "+", "+-1", "+1 ", " +1", "+01", "+999", "+1999", "+12345", "+a", "+١", "001"]
)
def test_an_area_code_is_one_plus_and_digits_in_use(dialling_code):
    with pytest.raises(DiallingCodeMalformed) as refusal:
        read_phone(dialling_code, "x")
    assert refusal.value.dialling_code == dialling_code


def test_north_korean_numbers_are_refused_before_their_digits_are_looked_at():
    with pytest.raises(DiallingCodeRefused) as refusal:
        read_phone("+850", "x")
    assert refusal.value.dialling_code == "+850"


def test_the_refused_area_codes_are_a_setting():
    assert read_phone("+850", "23456789", refused=()).region == "KP"
    with pytest.raises(DiallingCodeRefused):
        read_phone("+98", "9121234567", refused=["+850", "+98"])


@pytest.mark.parametrize(("dialling_code", "number"), [("+1876", "5550100"), ("+1", "8765550100")])
def test_a_refused_area_code_is_refused_however_the_digits_are_divided(dialling_code, number):
    with pytest.raises(DiallingCodeRefused):
        read_phone(dialling_code, number, refused={"+1876"})


@pytest.mark.parametrize("number", ["", "1234", "12345x", "+12345678", "123 456", "123-456", "١٢٣٤٥٦", "1234567\n"])
def test_a_number_is_at_least_five_digits_and_nothing_else(number):
    with pytest.raises(PhoneMalformed):
        read_phone("+1", number)


def test_area_code_and_number_have_fifteen_digits_at_most():
    assert read_phone("+966", "9" * 12).number == "9" * 12
    with pytest.raises(PhoneMalformed):
        read_phone("+966", "9" * 13)


AREA_CODES = st.sampled_from([f"+{code}" for code in sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE) if code != 850])


@given(AREA_CODES, st.text("0123456789", min_size=5, max_size=12))
def test_whatever_has_the_shape_of_a_phone_has_an_e164_spelling_under_its_area_code(dialling_code, number):
    phone = read_phone(dialling_code, number)
    assert phone.e164.startswith(dialling_code)
    assert phone.e164[1:].isdigit()
    assert len(phone.e164) <= 16
    assert phone.region is None or len(phone.region) == 2


def test_the_slow_modules_of_the_phone_library_stay_unloaded():
    program = (
        "import sys, bursar.customers.contact; "
        "print(*[name for name in ('carrier', 'geocoder', 'timezone') if f'phonenumbers.{name}' in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout == "\n"
