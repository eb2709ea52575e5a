"""The ground and the outside of a live install: the system's clock, and adapters. Nothing in it plays anything."""

from collections.abc import Callable
from typing import Any

from bursar.cards.catalogue.issuer import IssuerCatalogue
from bursar.cards.issuer import Issuer
from bursar.customers.desk.service import DeskVerifier
from bursar.db.database import Database
from bursar.files.storage import Storage
from bursar.ground import Ground
from bursar.kernel.clock import SystemClock
from bursar.kernel.errors import ProviderUnavailable
from bursar.kernel.ids import Ids
from bursar.ledger.engine import Ledger
from bursar.messages.mail import Mail
from bursar.messages.sms import Sms
from bursar.outside import ChainAccess, Outside
from bursar.payouts.payees.ports import NoTestAccounts
from bursar.payouts.ports import Bank
from bursar.providers.chains.screening import ChainRules
from bursar.vault.master import MasterKeys
from bursar.vault.service import Vault
from bursar.wallet.ports import Signer
from bursar.webhooks.sender import HttpSender


class AdapterMissing(ProviderUnavailable):
    """Nobody stands behind this port of the install: the module that it belongs to is not served here."""


def absent(port: type) -> Any:
    """A port with nobody behind it: each of its calls raises AdapterMissing.

    No endpoint that is served gets here, because a module whose adapter is missing does not start. Work that an
    earlier start with more modules has left behind does, and waits, as it does for a provider that is away.
    """

    class Absent:
        def __getattr__(self, name: str) -> Any:
            if not hasattr(port, name):
                raise AttributeError(name)

            async def call(*_: object, **__: object) -> None:
                raise AdapterMissing(f"{port.__name__}.{name}")

            return call

    return Absent()


async def sound(place: str) -> None:
    """Nothing is ever planted in a live install."""


def ground(database: Database, ids: Ids, master: MasterKeys, planned: Callable[[], None]) -> Ground:
    """The ground of a process; `planned` is called when work was planned."""
    ledger, vault = Ledger(database, ids, planned=planned), Vault(database, ids, master)
    return Ground.of(database, ledger, ids, vault, SystemClock())


def outside(ground: Ground, access: ChainAccess | None, storage: Storage, bank: Bank | None) -> Outside:
    """All ports but the gateways of messages, which are put in by whoever knows their settings."""
    http = HttpSender()
    return Outside(
        issuer=absent(Issuer),
        issuer_catalogue=absent(IssuerCatalogue),
        verifier=DeskVerifier(ground),
        storage=storage,
        mail=absent(Mail),
        sms=absent(Sms),
        bank=bank or absent(Bank),
        test_accounts=NoTestAccounts(),
        test_numbers=None,
        access=access or ChainAccess({}, absent(Signer)),
        screening=ChainRules(),
        sender=http,
        prober=http,
        pace=None,
    )
