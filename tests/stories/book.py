"""A merchant's book as a story explains it: each movement is said with its reason, and nothing else has moved."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from bursar.kernel.money import Money
from tests.e2e.install import Install


@dataclass
class Book:
    """The sandbox merchant's accounts, in smallest units by `code asset`; those that are empty are left out."""

    install: Install
    expected: dict[str, int]

    @classmethod
    def of(cls, install: Install) -> Self:
        """As it stands before the story."""
        return cls(install, _read(install))

    def moved(self, amount: str, asset: str, debit: str, credit: str) -> None:
        """So much has left one account and arrived at the other."""
        minor = Money.parse(amount, asset).minor
        for account, change in ((debit, -minor), (credit, minor)):
            name = f"{account} {asset}"
            self.expected[name] = self.expected.get(name, 0) + change

    def is_explained(self) -> None:
        """Every account holds to the cent what was said, once nothing is due."""
        self.install.settled()
        assert _read(self.install) == {name: minor for name, minor in self.expected.items() if minor}

    def amount(self, account: str, asset: str) -> Decimal:
        """The amount that an account holds by what was said."""
        return Money(self.expected.get(f"{account} {asset}", 0), asset).decimal


def _read(install: Install) -> dict[str, int]:
    statement = (
        "SELECT code || ' ' || asset, balance FROM ledger_account WHERE merchant_id = %(merchant_id)s AND balance <> 0"
    )
    return {name: int(balance) for name, balance in install.rows(statement, {"merchant_id": merchant_of(install)})}


def merchant_of(install: Install) -> int:
    """The number of the sandbox merchant."""
    return int(install.described["card"]["merchant_no"])
