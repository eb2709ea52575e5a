"""A new epoch after a restore, and the numbers that each room gives up for it."""

from collections.abc import Callable
from typing import Final

from bursar.db.migrate import migrated
from bursar.install.service import begin_epoch
from bursar.install.settings import Settings
from bursar.main.schema import schema_of
from bursar.sandbox.issuer.issuer import queries as issuer
from bursar.wallet import address_book

RENEWALS: Final = (address_book.RENEWAL,)
OF_A_SANDBOX: Final = (issuer.skip_serials,)


async def renew(settings: Settings, tell: Callable[[str], None]) -> int:
    """Bring a restored database up to date and begin its next epoch; the epoch's number.

    Raises ProcessesRunning, EpochsExhausted or CannotStart.
    """
    renewals = (*RENEWALS, *(OF_A_SANDBOX if settings.is_sandbox else ()))
    async with migrated(settings.addresses, schema_of(settings.mode), tell):
        return await begin_epoch(settings.addresses, settings.home, renewals)
