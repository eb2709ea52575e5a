"""The rooms that have something of a merchant's, in one value."""

from dataclasses import dataclass

from bursar.accounting.assembly import AccountingRoom
from bursar.cards.assembly import CardRoom
from bursar.customers.assembly import CustomerRoom
from bursar.merchants.assembly import MerchantRoom
from bursar.payouts.assembly import PayoutRoom
from bursar.payouts.statements.assembly import StatementRoom
from bursar.wallet.assembly import PayingRoom, WalletRoom


@dataclass(frozen=True, slots=True)
class Administered:
    """The rooms that have something of a merchant's."""

    merchants: MerchantRoom
    customers: CustomerRoom
    cards: CardRoom
    wallet: WalletRoom
    paying: PayingRoom
    payouts: PayoutRoom
    statements: StatementRoom
    accounting: AccountingRoom
