"""A new epoch after a restore, and the numbers that each room gives up for it."""

from collections.abc import Callable
from typing import Final

from bursar.cards.due import RechargeCard, RegisterCard
from bursar.db.migrate import migrated
from bursar.differences import service as differences
from bursar.install.service import begin_epoch
from bursar.install.settings import Settings
from bursar.kernel.errors import ProviderUnavailable
from bursar.main.schema import schema_of
from bursar.main.standings import StandingUnknown, records_of
from bursar.payouts.due import SendPayout
from bursar.providers.bank_files.due import CutOff, DeliverFile
from bursar.sandbox.issuer.issuer import queries as issuer
from bursar.wallet import address_book
from bursar.wallet.due import AdvancePayment

RENEWALS: Final = (address_book.RENEWAL, differences.BEGINNING)
PARKED: Final = tuple(
    payload.kind for payload in (SendPayout, CutOff, DeliverFile, AdvancePayment, RegisterCard, RechargeCard)
)
"""Kinds of due work that send money, or have others give something out: the restored database does not know which of
them were done."""
OF_A_SANDBOX: Final = (issuer.skip_serials,)


async def renew(settings: Settings, tell: Callable[[str], None]) -> int:
    """Bring a restored database up to date and begin its next epoch; the epoch's number.

    Raises ProcessesRunning, EpochsExhausted or CannotStart.
    """
    renewals = (*RENEWALS, *(OF_A_SANDBOX if settings.is_sandbox else ()))
    async with migrated(settings.addresses, schema_of(settings.mode), tell):
        try:
            return await begin_epoch(settings.addresses, records_of(settings), renewals, PARKED)
        except ProviderUnavailable as fault:
            raise StandingUnknown(fault) from fault
