"""The details of a payee, checked and brought into one spelling. Pure.

An IBAN's country, length and check digits follow ISO 13616, with the table that the `schwifty` package keeps; a
merchant may have only its format looked at. The sandbox's test accounts are exempt, as their check digits are wrong on
purpose.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

import phonenumbers
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from bursar.merchants.payout.model import IbanCheck
from bursar.payouts.payees.banks import IBAN_COUNTRY, Bank, find_bank
from bursar.payouts.payees.errors import (
    AccountMissing,
    BankAccountMalformed,
    BankMissing,
    MobileMalformed,
    NameMissing,
    StcAccountMalformed,
)
from bursar.payouts.payees.model import Method, PayeeDetails
from bursar.payouts.payees.ports import TestAccounts

IBAN_CHARS_MAX: Final = 34
_STC: Final = re.compile(r"(?:\+?966|0)?(5[0-9]{8})", re.ASCII)
_CARD_NUMBER: Final = re.compile(r"[0-9]{13,19}", re.ASCII)


@dataclass(frozen=True, slots=True)
class AccountRules:
    """The rules for bank accounts."""

    tests: TestAccounts
    iban_check: IbanCheck = IbanCheck.FULL


def checked(details: PayeeDetails, rules: AccountRules, *, with_card: bool = True) -> PayeeDetails:
    """The same in one spelling, fit to register a payee; a bank account needs a card number only `with_card`.

    Raises the first that applies of: NameMissing, AccountMissing, BankMissing, BankAccountMalformed,
    StcAccountMalformed, MobileMalformed.
    """
    said = details.blanks_dropped()
    if said.name_en is None or said.name_ar is None:
        raise NameMissing
    if not said.has_bank_account and said.stc_account is None:
        raise AccountMissing
    return _spelt(said, rules, with_card=with_card)


def checked_for_payment(details: PayeeDetails, method: Method, rules: AccountRules) -> PayeeDetails:
    """The same in one spelling, fit to pay at once: a bank transfer needs names, bank and IBAN, but no card number.

    Raises as `checked` does.
    """
    said = details.blanks_dropped()
    if method is Method.BANK_TRANSFER and (said.name_en is None or said.name_ar is None):
        raise NameMissing
    if method is Method.BANK_TRANSFER and not said.has_bank_account:
        raise AccountMissing
    if method is Method.STC_PAY and said.stc_account is None:
        raise AccountMissing
    return _spelt(said, rules, with_card=False)


def _spelt(said: PayeeDetails, rules: AccountRules, *, with_card: bool) -> PayeeDetails:
    iban = read_iban(said, rules, with_card=with_card) if said.has_bank_account else None
    stc = read_stc_account(said.stc_account) if said.stc_account is not None else None
    mobile = read_mobile(said.mobile) if said.mobile is not None else None
    return replace(said, iban=iban, stc_account=stc, mobile=mobile)


def read_stc_account(text: str) -> str:
    """`5xxxxxxxx` from any of the published spellings; raises StcAccountMalformed."""
    match = _STC.fullmatch(text)
    if match is None:
        raise StcAccountMalformed
    return match[1]


def spelt_iban(text: str) -> str:
    """An IBAN in one spelling: without the blanks of printed groups, in capitals."""
    return "".join(text.split()).upper()


def read_iban(said: PayeeDetails, rules: AccountRules, *, with_card: bool) -> str:
    """The IBAN of a bank account that holds together; raises BankMissing or BankAccountMalformed."""
    if said.bank_code is None:
        raise BankMissing
    bank = find_bank(said.bank_code)
    if bank is None:
        raise BankAccountMalformed("there is no such bank")
    if said.card_number is None and with_card:
        raise BankAccountMalformed("the card number is missing")
    if said.card_number is not None and not _CARD_NUMBER.fullmatch(said.card_number):
        raise BankAccountMalformed("a card number has 13 to 19 digits")
    iban = spelt_iban(said.iban or "")
    if rules.tests.bank_account(iban) is None:
        _check_format(iban)
        if rules.iban_check is IbanCheck.FULL:
            _check_iban(iban, bank)
    return iban


def _check_format(iban: str) -> None:
    if not 0 < len(iban) <= IBAN_CHARS_MAX or not iban.isascii() or not iban.isalnum():
        raise BankAccountMalformed("the IBAN is missing or malformed")


def _check_iban(iban: str, bank: Bank) -> None:
    if not iban.startswith(IBAN_COUNTRY[bank.country]):
        raise BankAccountMalformed("the IBAN is not of the bank's country")
    try:
        IBAN(iban)
    except SchwiftyException as fault:
        raise BankAccountMalformed(f"the IBAN is wrong ({type(fault).__name__})") from None


def read_mobile(text: str) -> str:
    """A number in E.164; raises MobileMalformed."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        raise MobileMalformed from None
    if phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) != text:
        raise MobileMalformed
    if not phonenumbers.is_possible_number(number):
        raise MobileMalformed
    return text
