"""The argument of a card endpoint: its caller and the use cases."""

from dataclasses import dataclass

from bursar.api.card.translations import Language
from bursar.cards.authorizations.challenges import Challenges
from bursar.cards.catalogue.service import Catalogue
from bursar.cards.holding.cancellation import Cancellations
from bursar.cards.holding.logistics import Logistics
from bursar.cards.holding.service import Lifecycle
from bursar.cards.orders.offers import Offers
from bursar.cards.orders.service import Orders
from bursar.cards.rates.service import Rates
from bursar.cards.service import Cards
from bursar.customers.binding.service import Binding
from bursar.customers.groups.service import Groups
from bursar.customers.kyc.service import Kyc
from bursar.customers.service import Customers
from bursar.files.service import Files
from bursar.kernel.context import Context
from bursar.merchants.model import Merchant
from bursar.merchants.service import Merchants
from bursar.merchants.verification.service import VerificationPassword
from bursar.wallet.address_book import AddressBook
from bursar.wallet.deposits import Deposits
from bursar.wallet.service import Wallet
from bursar.wallet.withdrawals.service import Withdrawals
from bursar.webhooks.service import Webhooks


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases that the card API offers."""

    merchants: Merchants
    groups: Groups
    customers: Customers
    kyc: Kyc
    files: Files
    catalogue: Catalogue
    rates: Rates
    cards: Cards
    orders: Orders
    webhooks: Webhooks
    lifecycle: Lifecycle
    cancellations: Cancellations
    challenges: Challenges
    logistics: Logistics
    offers: Offers
    verification: VerificationPassword
    binding: Binding
    wallet: Wallet
    addresses: AddressBook
    deposits: Deposits
    withdrawals: Withdrawals


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted request, and the language of texts in its answer."""

    ctx: Context
    merchant: Merchant
    services: Services
    language: Language = Language.ENGLISH
