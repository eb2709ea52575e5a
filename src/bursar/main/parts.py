"""Everything one process is made of, and how it is connected and let go."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Self

from bursar.api.card.call import Services
from bursar.api.card.webhooks import CardWebhooks
from bursar.api.key_process import KeyProcess
from bursar.api.payout import call as payout_call
from bursar.api.payout import key_holder
from bursar.api.payout.answering import Cryptography
from bursar.api.payout.webhooks import PayoutWebhooks, Render
from bursar.bootstrap import live_install_needs
from bursar.cards.authorizations.service import Authorizations
from bursar.cards.catalogue.service import Catalogue
from bursar.cards.fees import MonthlyFees
from bursar.cards.jobs import CardJobs
from bursar.cards.offers import Offers
from bursar.cards.rates.service import Rates
from bursar.cards.reconciliation import Reconciliation
from bursar.cards.remainders import Remainders
from bursar.cards.service import Cards
from bursar.customers.binding.model import code_velocity
from bursar.customers.binding.service import Binding
from bursar.customers.groups.service import Groups
from bursar.customers.kyc.service import Kyc
from bursar.customers.service import Customers
from bursar.db.access import check_access, connected
from bursar.db.database import Database, configure_session
from bursar.db.notices import Notice, Notices
from bursar.db.presence import Presence
from bursar.db.schema import check_schema
from bursar.files.service import Files
from bursar.install.service import Epochs, check_standing
from bursar.kernel.ids import Ids
from bursar.ledger.engine import Ledger, queries
from bursar.main.cards import card_lives
from bursar.main.gateways import Gateways, build_gateways
from bursar.main.held import holds
from bursar.main.paying import PayingParts, paying_side
from bursar.main.payout import PayoutWork, one_time_passwords, payout_side
from bursar.main.wallet import Treasury, WalletParts, treasury, wallet_side
from bursar.merchants.payout.service import PayoutMerchants
from bursar.merchants.service import Merchants
from bursar.merchants.verification.service import VerificationPassword
from bursar.payees.service import PayeeParts
from bursar.payouts.open_orders import OpenPayouts
from bursar.providers.sandbox_bank import SandboxTestAccounts
from bursar.providers.sandbox_catalogue import SandboxIssuerCatalogue
from bursar.providers.sandbox_clock import SandboxClock
from bursar.providers.sandbox_custody import SandboxCustody
from bursar.providers.sandbox_faults import Faults
from bursar.providers.sandbox_issuer import SandboxIssuer, SandboxPayments
from bursar.providers.sandbox_kyc import SandboxKycVerifier
from bursar.providers.sandbox_storage import SandboxStorage
from bursar.providers.sandbox_webhooks.faults import WebhookFaultStore
from bursar.providers.sandbox_webhooks.unreliable import UnpunctualPace, UnreliableSender
from bursar.providers.storage_folder import StorageFolder
from bursar.requests.service import Requests
from bursar.settings import Settings
from bursar.vault.guessing import Guesses
from bursar.vault.passwords import Passwords
from bursar.vault.service import Vault
from bursar.webhooks.ports import Dialect
from bursar.webhooks.sender import HttpSender
from bursar.webhooks.service import Webhooks


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything one process is made of."""

    settings: Settings
    database: Database
    ids: Ids
    clock: SandboxClock
    vault: Vault
    ledger: Ledger
    faults: Faults
    webhook_faults: WebhookFaultStore
    services: Services
    authorizations: Authorizations
    requests: Requests
    card_jobs: CardJobs
    payout: payout_call.Services
    payout_work: PayoutWork
    cryptography: Cryptography
    gateways: Gateways
    reconciliation: Reconciliation
    monthly_fees: MonthlyFees
    wallet: WalletParts
    paying: PayingParts
    epochs: Epochs
    notices: Notices


@dataclass(frozen=True, slots=True)
class _Ground:
    """What everything else stands on."""

    database: Database
    ids: Ids
    vault: Vault
    ledger: Ledger
    merchants: Merchants
    clock: SandboxClock
    faults: Faults
    requests: Requests
    notices: Notices

    @classmethod
    def of(cls, settings: Settings, database: Database, notices: Notices, faults_quiet_s: float, presence: int) -> Self:
        ids, clock = Ids(partial(database.fetch_value, queries.lease_ids, {})), SandboxClock(database)
        vault = Vault(database, ids, settings.master_key)
        ledger = Ledger(database, ids, planned=partial(notices.tell, Notice.JOBS))
        requests = Requests(database, clock, vault.keyed_hash("requests", "fingerprints"), presence)
        merchants, faults = Merchants(database, ledger, ids, vault, holds(database)), Faults(database, faults_quiet_s)
        return cls(database, ids, vault, ledger, merchants, clock, faults, requests, notices)


async def check_database(settings: Settings) -> bool:
    """Whether the way to the database shares sessions.

    Raises CannotStart, SchemaUnfit or DatabaseRestored when nothing can run on it.
    """
    shared = await check_access(settings.addresses)
    async with connected(settings.database_url, "DATABASE_URL") as connection:
        if not shared:
            await configure_session(connection)
        await check_schema(connection)
        await check_standing(connection, settings.home)
    return shared


@asynccontextmanager
async def assembled(settings: Settings, *, faults_quiet_s: float = 0.0) -> AsyncIterator[Parts]:
    """The parts of one process, connected; raises what `check_database` does, or DatabaseUnavailable."""
    live_install_needs(settings)
    shared = await check_database(settings)
    database = Database(settings.database_url, size=settings.database_pool, shared=shared)
    await database.open()
    sender = HttpSender(allow_private=settings.is_sandbox)
    notices = Notices(database)
    presence = Presence(settings.addresses.direct, notices)
    try:
        ground = _Ground.of(settings, database, notices, faults_quiet_s, presence.number)
        parts = _assemble(settings, ground, sender, await treasury(settings, ground.merchants))
        notices.listen(Notice.CLOCK, parts.clock.hear)
        await parts.ids.top_up()
        following = [
            asyncio.create_task(parts.clock.follow()), asyncio.create_task(_end_when_restored(parts.epochs))
        ]  # fmt: skip
        try:
            async with presence:
                await parts.clock.refresh()  # from here on every move of it is heard
                async with parts.gateways.running():
                    yield parts
        finally:
            for task in following:
                task.cancel()
            await notices.close()
            await parts.cryptography.keys.end()
            await parts.wallet.close()
    finally:
        await sender.close()
        await database.close()


async def _end_when_restored(epochs: Epochs) -> None:
    """What this process knows is not so any more: it stops in good order, and its next start is refused."""
    await epochs.follow()
    signal.raise_signal(signal.SIGTERM)


def _assemble(settings: Settings, ground: _Ground, sender: HttpSender, treasury: Treasury) -> Parts:
    database, ids, vault, ledger, merchants = ground.database, ground.ids, ground.vault, ground.ledger, ground.merchants
    clock, faults, webhook_faults = ground.clock, ground.faults, WebhookFaultStore(database)
    gateways = build_gateways(settings, database, clock, faults)
    passwords, guesses = Passwords(vault), Guesses(database)
    groups = Groups(database, ledger, ids)
    customers = Customers(database, ledger, ids, merchants, groups)
    storage = SandboxStorage(StorageFolder(settings.home / "files"), faults)
    uploads = Files(database, ledger, ids, vault, storage)
    verifications = Kyc(database, ledger, ids, vault, customers, uploads, SandboxKycVerifier(faults))
    catalogue = Catalogue(database, ledger, SandboxIssuerCatalogue(faults))
    rates = Rates(database, ledger, ids, catalogue, groups)
    payout_merchants = PayoutMerchants(database, ledger, ids, vault, merchants)
    cryptography = Cryptography(faults.strike, KeyProcess(key_holder.PROGRAM))
    issuer = SandboxIssuer(database, faults, clock, vault.keyed_hash("sandbox issuer", "numbers"))
    all_cards = Cards(database, ledger, ids, vault, catalogue, rates, customers, SandboxPayments(faults))
    remainders = Remainders(database, ids, catalogue)
    lives = card_lives(database, ledger, ids, vault, passwords, guesses, catalogue, all_cards, issuer, remainders)
    payee_parts = PayeeParts(
        database, ledger, ids, vault, merchants, uploads, SandboxCustody(faults), SandboxTestAccounts(), OpenPayouts(),
        payout_merchants,
    )  # fmt: skip
    codes = one_time_passwords(settings, payee_parts, passwords, guesses, payout_merchants, gateways)
    webhooks_with = partial(
        _webhooks, database, ledger, ids, sender, webhook_faults, CardWebhooks(merchants, lives.challenges),
        partial(PayoutWebhooks, payout_merchants, cryptography),
    )  # fmt: skip
    payout, payout_work = payout_side(
        settings, payee_parts, payout_merchants, codes, clock, faults, storage, webhooks_with)  # fmt: skip
    wallet = wallet_side(treasury, database, ledger, ids, merchants, faults, clock)
    paying = paying_side(wallet, database, ledger, ids, merchants)
    services = Services(
        merchants, groups, customers, verifications, uploads, catalogue, rates, all_cards, payout.webhooks,
        lives.lifecycle, lives.closing, lives.challenges, lives.logistics,
        Offers(database, catalogue, rates, customers, groups),
        verification=VerificationPassword(database, ledger, passwords, guesses, SandboxCustody(faults)),
        binding=Binding(
            database, ledger, ids, customers, passwords, guesses, gateways.mail, gateways.sms,
            velocity=code_velocity(settings.otp_per_merchant, settings.otp_per_prefix),
        ),
        wallet=wallet.wallet, addresses=wallet.addresses, deposits=wallet.deposits, withdrawals=paying.withdrawals,
    )  # fmt: skip
    authorizations = Authorizations(database, ledger, ids, remainders)
    return Parts(
        settings, database, ids, clock, vault, ledger, faults, webhook_faults, services, authorizations,
        ground.requests, CardJobs(database, ledger, ids, vault, catalogue, issuer, authorizations, remainders), payout,
        payout_work, cryptography, gateways, lives.reconciliation,
        MonthlyFees(database, ledger, ids, customers, rates), wallet, paying, Epochs(database, settings.home),
        ground.notices,
    )  # fmt: skip


def _webhooks(
    database: Database, ledger: Ledger, ids: Ids, sender: HttpSender, faults: WebhookFaultStore, card: CardWebhooks,
    payout: Callable[[Mapping[str, Render]], PayoutWebhooks], renderers: Mapping[str, Render],
) -> Webhooks:  # fmt: skip
    """Webhooks of both APIs, whose pushes go wrong as a tester has planted; the renderers are the payout side's."""
    dialects: list[Dialect] = [card, payout(renderers)]
    unreliable, pace = UnreliableSender(sender, faults), UnpunctualPace(faults)
    return Webhooks(database, ledger, ids, dialects, unreliable, sender, pace=pace)
