"""The sandbox's test accounts, as published: the decision about each owner, and the end of payments to it."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from bursar.payouts.model import Outcome
from bursar.payouts.payees.model import PayeeStatus

_OWNER: Final = {"1": PayeeStatus.NORMAL, "2": PayeeStatus.REJECTED}
_PAYMENT: Final = {"1": Outcome.PAID, "2": Outcome.FAILED}


@dataclass(frozen=True, slots=True)
class TestAccount:
    """One of them."""

    owner: PayeeStatus
    payment: Outcome


@cache
def test_accounts() -> dict[str, TestAccount]:
    """The accounts by IBAN, or by nine digits of a mobile number for STC Pay."""
    with resources.files(__package__).joinpath("accounts.csv").open(encoding="utf-8") as file:
        return {
            row["iban"] or row["cardno_or_mobile"]: TestAccount(
                _OWNER[row["customer_status"]], _PAYMENT[row["order_status"]]
            )
            for row in csv.DictReader(file)
        }


def published_accounts() -> list[list[str]]:
    """Method, bank, IBAN, card or mobile number, decision about the owner and end of a payment, in words."""
    with resources.files(__package__).joinpath("accounts.csv").open(encoding="utf-8") as file:
        return [
            [
                row["paymentmethod"],
                row["bankcode"],
                row["iban"],
                row["cardno_or_mobile"],
                _OWNER[row["customer_status"]].value,
                _PAYMENT[row["order_status"]].value,
            ]
            for row in csv.DictReader(file)
        ]


class SandboxTestAccounts:
    """The port's sandbox adapter."""

    def bank_account(self, iban: str | None) -> PayeeStatus | None:
        """The decision about the owner."""
        return _owner(iban)

    def stc_account(self, number: str | None) -> PayeeStatus | None:
        """The decision about the owner."""
        return _owner(number)


def _owner(account: str | None) -> PayeeStatus | None:
    found = None if account is None else test_accounts().get(account)
    return found.owner if found else None
