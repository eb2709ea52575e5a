"""The ports of payees: codes for STC accounts, the sandbox's test accounts, and open orders."""

from typing import Protocol

from bursar.kernel.context import Context
from bursar.ledger.model import Write
from bursar.payouts.payees.model import PayeeStatus


class OwnershipCodes(Protocol):
    """One-time codes that prove the owner of a mobile number. Its facts go to the caller."""

    async def check_product(self, ctx: Context, product: str | None) -> None:
        """Raises unless codes can be sent under this product name; None: under any."""
        ...

    async def send(self, ctx: Context, mobile: str, product: str | None) -> str:
        """Send a code to a mobile number in E.164; the session that it is checked with."""
        ...

    async def check(self, ctx: Context, mobile: str, code: str, session: str) -> None:
        """Raises unless it is the code that was sent."""
        ...


class TestAccounts(Protocol):
    """Test accounts, whose owners' decisions are known beforehand; a live install has none."""

    def bank_account(self, iban: str | None) -> PayeeStatus | None:
        """Normal or rejected, or None: not a test account."""
        ...

    def stc_account(self, number: str | None) -> PayeeStatus | None:
        """As `bank_account`, for nine digits that start with 5."""
        ...


class NoTestAccounts:
    """A live install's test accounts: none."""

    def bank_account(self, iban: str | None) -> PayeeStatus | None:  # noqa: ARG002 - none of them is
        """Not a test account."""
        return None

    def stc_account(self, number: str | None) -> PayeeStatus | None:  # noqa: ARG002 - none of them is
        """Not a test account."""
        return None


class OpenOrders(Protocol):
    """Knows whether an order to a payee is under way."""

    def none_open(self, ctx: Context, payee_id: int) -> tuple[Write, str]:
        """A row that the database refuses while an order to the payee is open, and the constraint's name."""
        ...
