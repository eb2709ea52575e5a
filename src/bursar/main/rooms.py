"""All rooms of a process, each by its own assembly."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bursar.accounting.assembly import AccountingRoom, build_accounting
from bursar.administration.assembly import Administered, AdministrationRoom, build_administration
from bursar.api.payout.statements import StatementLayout
from bursar.cards.assembly import CardRoom, build_cards
from bursar.customers.assembly import CustomerRoom, build_customers
from bursar.customers.desk.assembly import DeskRoom, build_desk
from bursar.decisions.assembly import Deciding, DecisionRoom, build_decisions
from bursar.files.service import Files
from bursar.ground import Ground
from bursar.install.settings import Settings
from bursar.keys.assembly import build_keys
from bursar.keys.service import Keys
from bursar.main.differences import DifferenceRoom, Settling, differences_of
from bursar.main.quotes import Exchange, Quotes, exchange_of, quotes_of, with_held_rates
from bursar.main.screening import ScreeningRoom, screening_of, with_hits
from bursar.main.velocities import codes_of, passwords_of
from bursar.merchants.assembly import MerchantRoom
from bursar.merchants.service import Merchants
from bursar.messages.assembly import MessageRoom, build_messages
from bursar.ordering.assembly import OrderingRoom, build_ordering
from bursar.otp.service import Otp
from bursar.outside import Outside
from bursar.payouts.assembly import PayoutRoom, build_payouts
from bursar.payouts.open_orders import OpenPayouts
from bursar.payouts.payees.assembly import PayeeRoom, build_payees
from bursar.payouts.statements.assembly import StatementRoom, build_statements
from bursar.payouts.statements.service import StatementDependencies
from bursar.reports.assembly import ReportRoom, build_reports
from bursar.staff.assembly import StaffRoom, build_staff
from bursar.staff.signin.model import Rules
from bursar.staff.users.assembly import UserRoom, build_users
from bursar.wallet.assembly import PayingRoom, WalletRoom, build_paying, build_wallet

MADE_IN: Final = "statements-under-way"
"""The folder in an install's home where statements lie while they are written."""


@dataclass(frozen=True, slots=True)
class Rooms:
    """All capabilities of a process, in the order in which they stand on each other."""

    messages: MessageRoom
    merchants: MerchantRoom
    files: Files
    customers: CustomerRoom
    cards: CardRoom
    wallet: WalletRoom
    paying: PayingRoom
    otp: Otp
    exchange: Exchange
    payees: PayeeRoom
    payouts: PayoutRoom
    statements: StatementRoom
    staff: StaffRoom
    quotes: Quotes
    users: UserRoom
    ordering: OrderingRoom
    accounting: AccountingRoom
    decisions: DecisionRoom
    differences: DifferenceRoom
    keys: Keys
    administration: AdministrationRoom
    reports: ReportRoom
    screening: ScreeningRoom
    desk: DeskRoom


def build_rooms(settings: Settings, ground: Ground, outside: Outside, merchants: MerchantRoom) -> Rooms:
    """The rooms on one ground."""
    messages = build_messages(ground, outside.mail, outside.sms)
    files = Files(ground, outside.storage)
    exchange = exchange_of(ground, settings.rates)
    rules = Rules(settings.operator_url, live=not settings.is_sandbox)
    staff = build_staff(ground, outside.mail, exchange, rules)
    quotes = quotes_of(ground, exchange, staff, settings.rates)
    screening = screening_of(ground, staff, merchants.merchants)
    customers = build_customers(ground, merchants.merchants, files, messages, outside.verifier, codes_of(settings))
    cards = build_cards(ground, customers, outside.issuer, outside.issuer_catalogue)
    wallet = build_wallet(ground, merchants.merchants, outside.access.chains, outside.screening)
    otp = _otp(settings, ground, merchants, messages, outside)
    payees = build_payees(ground, merchants, files, otp, outside.test_accounts, OpenPayouts())
    payouts = build_payouts(ground, merchants, payees.payees, exchange, outside.bank)
    made_in, known = settings.home / MADE_IN, merchants.merchants
    paying = build_paying(ground, wallet, outside.access.signer)
    days = _statements(ground, known, payouts, outside, made_in)
    accounting = build_accounting(ground, merchants.merchants, staff)
    administered = Administered(merchants, customers, cards, wallet, paying, payouts, days, accounting)
    deciding = _deciding(customers, cards, payees, payouts, wallet, paying)
    decisions = with_hits(build_decisions(ground, staff, deciding), screening)
    with_held_rates(decisions, quotes, exchange, staff)
    users = build_users(ground, staff, known, outside.mail, replace(rules, url=settings.base_url))
    return Rooms(
        messages,
        merchants,
        files,
        customers,
        cards,
        wallet,
        paying,
        otp,
        exchange,
        payees,
        payouts,
        days,
        staff,
        quotes,
        users,
        build_ordering(ground, users, known, payouts.batches, paying.withdrawals),
        accounting,
        decisions,
        differences_of(ground, Settling(staff, decisions, accounting.accounting, wallet, paying)),
        build_keys(ground, merchants.merchants, staff.actions),
        build_administration(ground, administered, exchange, staff, live=not settings.is_sandbox),
        build_reports(ground, staff, decisions.sources, paying.reconciliation.differences, known, made_in),
        screening,
        build_desk(ground, customers, files, staff),
    )


def _otp(settings: Settings, ground: Ground, merchants: MerchantRoom, messages: MessageRoom, outside: Outside) -> Otp:
    return Otp(
        ground,
        merchants.payout,
        messages.sms,
        messages.receipts,
        velocity=passwords_of(settings),
        test_numbers=outside.test_numbers,
    )


def _statements(
    ground: Ground, merchants: Merchants, payouts: PayoutRoom, outside: Outside, made_in: Path
) -> StatementRoom:
    layout = StatementLayout()
    return build_statements(StatementDependencies(ground, merchants, payouts.days, outside.storage, layout, made_in))


def _deciding(
    customers: CustomerRoom,
    cards: CardRoom,
    payees: PayeeRoom,
    payouts: PayoutRoom,
    wallet: WalletRoom,
    paying: PayingRoom,
) -> Deciding:
    return Deciding(
        customers.kyc,
        payees.payees,
        payouts.progress,
        paying.progress,
        wallet.deposits,
        cards.authorizations,
        cards.lifecycle,
        cards.freezes,
        paying.blocks,
    )
