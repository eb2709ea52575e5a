"""Card numbers: valid, unique, not guessable, never shown in full; codes and expiry that belong to them."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bursar.cards.model import Expiry
from bursar.cards.pan import cvv_for, is_luhn, luhn_digit, mask, pan_for, serials_of

KEY = b"k" * 32
BIN = "456789"
LONG_BIN = "45678901"

NUMBERS = st.text("0123456789", min_size=1, max_size=25)
BINS = st.sampled_from([BIN, LONG_BIN])


@pytest.mark.parametrize("pan", ["4111111111111111", "5555555555554444", "378282246310005", "79927398713", "0", "18"])
def test_well_known_numbers_pass_the_check(pan):
    assert is_luhn(pan)
    assert luhn_digit(pan[:-1]) == pan[-1]


@pytest.mark.parametrize("text", ["", " ", "4111 1111 1111 1111", "411111111111111x", "٤٢"])
def test_only_digits_can_pass_the_check(text):
    assert not is_luhn(text)


@given(NUMBERS)
def test_exactly_one_check_digit_passes(number):
    assert [digit for digit in "0123456789" if is_luhn(number + digit)] == [luhn_digit(number)]


@given(NUMBERS, st.data())
def test_one_wrong_digit_never_passes(number, data):
    pan = number + luhn_digit(number)
    at = data.draw(st.integers(0, len(pan) - 1))
    wrong = data.draw(st.sampled_from("0123456789").filter(lambda digit: digit != pan[at]))
    assert not is_luhn(pan[:at] + wrong + pan[at + 1 :])


def test_a_mask_shows_the_first_six_and_the_last_four():
    assert mask("4567890123451234") == "456789******1234"


@given(st.text("0123456789", min_size=13, max_size=19), st.text("0123456789", min_size=1, max_size=9))
def test_a_mask_says_nothing_of_the_digits_between(pan, other):
    hidden = len(pan) - 10
    changed = pan[:6] + (other * hidden)[:hidden] + pan[-4:]
    assert mask(pan) == mask(changed)
    assert mask(pan)[6:-4] == "*" * hidden


def test_a_number_too_short_to_hide_is_not_masked():
    with pytest.raises(ValueError, match="too short"):
        mask("456789012345")


@given(BINS, st.data())
def test_a_card_number_has_sixteen_digits_its_bin_and_its_check_digit(bin_, data):
    pan = pan_for(bin_, data.draw(st.integers(0, serials_of(bin_) - 1)), KEY)
    assert len(pan) == 16
    assert pan.startswith(bin_)
    assert is_luhn(pan)


@given(BINS, st.binary(min_size=16, max_size=32), st.data())
def test_two_serials_never_share_a_card_number(bin_, key, data):
    serials = st.integers(0, serials_of(bin_) - 1)
    one = data.draw(serials)
    other = data.draw(serials.filter(lambda serial: serial != one))
    assert pan_for(bin_, one, key) != pan_for(bin_, other, key)


def test_a_run_of_serials_gives_as_many_numbers_in_no_order():
    pans = [pan_for(LONG_BIN, serial, KEY) for serial in range(5_000)]
    assert len(set(pans)) == 5_000
    rising = sum(before < after for before, after in pairwise(pans))
    assert 2_300 < rising < 2_700


def test_card_numbers_depend_on_key_and_bin_and_on_nothing_else():
    assert pan_for(BIN, 1, KEY) == pan_for(BIN, 1, KEY)
    assert pan_for(BIN, 1, KEY) != pan_for(BIN, 1, b"another key")
    assert pan_for("456788", 1, KEY)[6:15] != pan_for(BIN, 1, KEY)[6:15]


def test_a_bin_has_room_for_a_fixed_number_of_cards():
    assert (serials_of(BIN), serials_of(LONG_BIN)) == (10**9, 10**7)
    for serial in (-1, 10**7):
        with pytest.raises(ValueError, match="no such serial"):
            pan_for(LONG_BIN, serial, KEY)


@pytest.mark.parametrize("bin_", ["", "45678", "4567890", "456789012", "45678x", "45678²"])
def test_a_bin_has_six_or_eight_digits(bin_):
    with pytest.raises(ValueError, match="six or eight digits"):
        pan_for(bin_, 1, KEY)


def test_a_card_is_valid_to_the_end_of_its_month_three_years_on():
    expiry = Expiry.of_card_issued(date(2024, 2, 29))
    assert expiry == Expiry(2027, 2)
    assert str(expiry) == "02/27"
    assert not expiry.has_passed(date(2027, 2, 28))
    assert expiry.has_passed(date(2027, 3, 1))
    assert expiry.has_passed(date(2028, 1, 1))


@given(st.integers(0, 10**9 - 1), st.binary(min_size=1, max_size=32))
def test_a_security_code_is_three_digits_and_the_same_every_time(serial, key):
    pan = pan_for(BIN, serial, key)
    cvv = cvv_for(pan, Expiry(2027, 2), key)
    assert len(cvv) == 3
    assert cvv.isdigit()
    assert cvv_for(pan, Expiry(2027, 2), key) == cvv


def test_security_codes_differ_by_card_expiry_and_key():
    pans = [pan_for(BIN, serial, KEY) for serial in range(200)]
    codes = [cvv_for(pan, Expiry(2027, 2), KEY) for pan in pans]
    assert len(set(codes)) > 150
    assert codes != [cvv_for(pan, Expiry(2027, 3), KEY) for pan in pans]
    assert codes != [cvv_for(pan, Expiry(2027, 2), b"another key") for pan in pans]
