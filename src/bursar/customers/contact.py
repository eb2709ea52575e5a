"""Email addresses and phone numbers: their form, and the kinds that are not accepted.

Promises one spelling for each email address and each phone number, and refusals in a fixed order. Refuses to know if
anybody answers there: that is the purpose of binding by a code. Nothing here uses the network.

Phone numbers are judged by their shape, not by the numbering plan of their country. Plans change faster than any table
of them, merchants send test numbers (the published example, `+1 127897890`, is not a number any US operator could
assign), and a wrong number is found out when the code does not arrive.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import phonenumbers
from disposable_email_domains import blocklist
from email_validator import EmailNotValidError, validate_email

from bursar.customers.errors import (
    DiallingCodeMalformed,
    DiallingCodeMissing,
    DiallingCodeRefused,
    EmailDisposable,
    EmailMalformed,
    PhoneMalformed,
)

EMAIL_CHARS_MAX: Final = 254
"""RFC 5321 4.5.3.1.3: a path has 256 octets, two of which are its angle brackets."""

REFUSED_DIALLING_CODES: Final = frozenset({"+850"})
"""Area codes that are refused unless the settings say otherwise."""

NUMBER_DIGITS_MIN: Final = 5
"""The shortest subscriber numbers that are common to find (Falkland Islands, Saint Helena)."""

E164_DIGITS_MAX: Final = 15
"""ITU-T E.164: area code and number together."""

_DIALLING_CODE: Final = re.compile(r"\+[1-9][0-9]{0,3}")
_NUMBER: Final = re.compile(rf"[0-9]{{{NUMBER_DIGITS_MIN},{E164_DIGITS_MAX}}}")
_NORTH_AMERICA: Final = 1
_SATELLITE: Final = frozenset({870, 878, 881, 882, 883})
"""ITU country codes of satellite and international networks."""
_UNREACHABLE: Final[Mapping[int, str]] = {
    phonenumbers.PhoneNumberType.PREMIUM_RATE: "premium rate",
    phonenumbers.PhoneNumberType.SHARED_COST: "shared cost",
    phonenumbers.PhoneNumberType.TOLL_FREE: "toll free",
    phonenumbers.PhoneNumberType.UAN: "company",
    phonenumbers.PhoneNumberType.PAGER: "pager",
    phonenumbers.PhoneNumberType.VOICEMAIL: "voicemail",
    phonenumbers.PhoneNumberType.FIXED_LINE: "fixed line",
}
_NO_REGION: Final = phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY


def normalise_email(email: str) -> str:
    """The one spelling of an address: Unicode NFC, domain in lower case, local part as it was given.

    Raises EmailMalformed, then EmailDisposable for a domain on the list of throw-away providers or below one. Domains
    under `.test` pass: they exist for testing and reach nobody.
    """
    if len(email) > EMAIL_CHARS_MAX:
        raise EmailMalformed(f"longer than {EMAIL_CHARS_MAX} characters")
    try:
        address = validate_email(email, check_deliverability=False, strict=True, test_environment=True)
    except EmailNotValidError as fault:
        raise EmailMalformed(str(fault)) from None
    if _is_disposable(address.ascii_domain):
        raise EmailDisposable(address.ascii_domain)
    return address.normalized


def _is_disposable(domain: str) -> bool:
    labels = domain.split(".")
    return any(".".join(labels[start:]) in blocklist for start in range(len(labels) - 1))


@dataclass(frozen=True, slots=True)
class Phone:
    """A number under an area code, both as the merchant wrote them ("+966", "0501234567"), made by `read_phone`.

    Two spellings of one number differ here and have the same `e164`; compare that.
    """

    dialling_code: str
    number: str

    @property
    def e164(self) -> str:
        """The whole number as E.164 has it, without a national trunk prefix where the library can tell it."""
        return phonenumbers.format_number(self._parsed(), phonenumbers.PhoneNumberFormat.E164)

    @property
    def region(self) -> str | None:
        """Alpha-2 code of the region the number belongs to; None for a code of no region (satellites, +800).

        Area codes that several regions share are told apart by the number. One that fits none of them belongs to the
        code's main region (+1 United States, +7 Russia, +44 United Kingdom).
        """
        phone = self._parsed()
        region = phonenumbers.region_code_for_number(phone) or _region_by_leading_digits(phone)
        return None if region == _NO_REGION else region

    @property
    def unreachable_kind(self) -> str | None:
        """The kind of number, if no text message reaches it or one costs more than a message; else None.

        A number that no plan contains is of no kind and passes: plans change, and merchants send test numbers.
        """
        phone = self._parsed()
        if phonenumbers.region_code_for_country_code(phone.country_code or 0) == _NO_REGION:
            return "satellite" if phone.country_code in _SATELLITE else "service of no country"
        return _UNREACHABLE.get(phonenumbers.number_type(phone))

    def _parsed(self) -> phonenumbers.PhoneNumber:
        return phonenumbers.parse(self.dialling_code + self.number)


def read_phone(dialling_code: str | None, number: str, *, refused: Collection[str] = REFUSED_DIALLING_CODES) -> Phone:
    """The phone behind an area code such as "+1" and a number of 5 to 15 digits (15 with the area code).

    Raises, in this order: DiallingCodeMissing, DiallingCodeMalformed, DiallingCodeRefused, PhoneMalformed. A refused
    code is refused however the digits are divided between the two: `refused={"+1876"}` stops `+1 8765551234` too.
    """
    if not dialling_code:
        raise DiallingCodeMissing
    if not _DIALLING_CODE.fullmatch(dialling_code) or not _is_in_use(dialling_code[1:]):
        raise DiallingCodeMalformed(dialling_code)
    whole = dialling_code + number
    if whole.startswith(tuple(refused)):
        raise DiallingCodeRefused(dialling_code)
    if not _NUMBER.fullmatch(number) or len(whole) - len("+") > E164_DIGITS_MAX:
        raise PhoneMalformed
    return Phone(dialling_code, number)


def _is_in_use(digits: str) -> bool:
    """True for a country code, or one of the North American plan's islands with its area (+1876, Jamaica)."""
    if int(digits) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        return True
    return digits.startswith(str(_NORTH_AMERICA)) and _region_starting(_NORTH_AMERICA, digits[1:], whole=True) != ""


def _region_by_leading_digits(phone: phonenumbers.PhoneNumber) -> str:
    """The region of a number that no plan contains: by its first digits, else the area code's main region."""
    code = phone.country_code or 0
    number = phonenumbers.national_significant_number(phone)
    return _region_starting(code, number, whole=False) or phonenumbers.region_code_for_country_code(code)


def _region_starting(country_code: int, digits: str, *, whole: bool) -> str:
    """The region under the country code whose leading digits these are (`whole`) or begin with; "" if none."""
    match = re.fullmatch if whole else re.match
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[country_code]:
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
        if metadata and metadata.leading_digits and match(metadata.leading_digits, digits):
            return region
    return ""
