"""The room of cards put together: catalogue and rates, orders, the life of a card, and the network's requests."""

from dataclasses import dataclass

from bursar.cards.authorizations.challenges import Challenges
from bursar.cards.authorizations.service import Authorizations
from bursar.cards.catalogue.issuer import IssuerCatalogue
from bursar.cards.catalogue.service import Catalogue
from bursar.cards.due import ExpireAuthorization, RechargeCard, ReconcileCard, RedeemCard, RegisterCard, TakeMonthlyFee
from bursar.cards.holding.cancellation import Cancellations
from bursar.cards.holding.fees import MonthlyFees
from bursar.cards.holding.freezes import CustomerFreezes
from bursar.cards.holding.logistics import Logistics
from bursar.cards.holding.reconciliation import Reconciliation
from bursar.cards.holding.remainders import Remainders
from bursar.cards.holding.service import Lifecycle
from bursar.cards.issuer import Issuer
from bursar.cards.orders.jobs import OrderJobs
from bursar.cards.orders.offers import Offers
from bursar.cards.orders.service import Orders
from bursar.cards.rates.service import Rates
from bursar.cards.service import Cards
from bursar.customers.assembly import CustomerRoom
from bursar.ground import Ground
from bursar.kernel.due import Handler, Handlers


@dataclass(frozen=True, slots=True)
class CardRoom:
    """The services of cards."""

    catalogue: Catalogue
    rates: Rates
    offers: Offers
    cards: Cards
    orders: Orders
    lifecycle: Lifecycle
    freezes: CustomerFreezes
    cancellations: Cancellations
    challenges: Challenges
    logistics: Logistics
    authorizations: Authorizations
    reconciliation: Reconciliation
    jobs: OrderJobs
    monthly_fees: MonthlyFees

    @property
    def handlers(self) -> Handlers:
        """Handlers of the work that cards cause."""
        return (
            Handler(RegisterCard, self.jobs.register),
            Handler(RechargeCard, self.jobs.recharge),
            Handler(ExpireAuthorization, self.authorizations.expire),
            Handler(RedeemCard, self.cancellations.redeem),
            Handler(ReconcileCard, self.reconciliation.look),
            Handler(TakeMonthlyFee, self.monthly_fees.take),
        )


def build_cards(ground: Ground, people: CustomerRoom, issuer: Issuer, issuer_catalogue: IssuerCatalogue) -> CardRoom:
    """The room on this ground, with the issuer that makes its cards."""
    customers, groups = people.customers, people.groups
    catalogue = Catalogue(ground, issuer_catalogue)
    rates = Rates(ground, catalogue, groups)
    cards = Cards(ground)
    remainders = Remainders(ground, catalogue)
    authorizations = Authorizations(ground, remainders)
    reconciliation, logistics = Reconciliation(ground, issuer), Logistics(ground)
    return CardRoom(
        catalogue,
        rates,
        Offers(ground.database, catalogue, rates, customers, groups),
        cards,
        Orders(ground, catalogue, rates, customers),
        Lifecycle(ground, catalogue, issuer, reconciliation, logistics),
        CustomerFreezes(ground, customers),
        Cancellations(ground, catalogue, cards, issuer, reconciliation, remainders),
        Challenges(ground, issuer),
        logistics,
        authorizations,
        reconciliation,
        OrderJobs(ground, catalogue, issuer, remainders, customers),
        MonthlyFees(ground, customers, rates),
    )
