"""The outside as a sandbox plays it, and the means by which a tester moves it: the clock, faults, the outbox.

Every port is fault-wrapped here. Rooms built on the ports cannot tell the sandbox from another outside.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

from bursar.db.database import Database
from bursar.files.storage import Storage
from bursar.ground import Ground
from bursar.kernel.clock import Clock
from bursar.kernel.ids import Ids
from bursar.messages.service import Receipts
from bursar.otp.model import TestNumbers
from bursar.outside import ChainAccess, Outside
from bursar.sandbox.bank import SandboxBank, SandboxTestAccounts
from bursar.sandbox.catalogue import SandboxIssuerCatalogue
from bursar.sandbox.chain import SandboxChain, SandboxScreening
from bursar.sandbox.chain.pools import BLOCKED, SANDBOX_SPELLINGS, sandbox_pools
from bursar.sandbox.clock import SandboxClock
from bursar.sandbox.faults import Faults
from bursar.sandbox.issuer import SandboxIssuer
from bursar.sandbox.kyc import SandboxKycVerifier
from bursar.sandbox.ledger import SandboxLedger
from bursar.sandbox.messages import (
    SANDBOX_CODE,
    SANDBOX_NUMBERS,
    SandboxMail,
    SandboxOutbox,
    SandboxSms,
)
from bursar.sandbox.storage import SandboxStorage
from bursar.sandbox.vault import SandboxVault
from bursar.sandbox.webhooks.faults import WebhookFaultStore
from bursar.sandbox.webhooks.unreliable import UnpunctualPace, UnreliableSender
from bursar.vault.master import MasterKeys
from bursar.wallet.chains import ChainSpec
from bursar.wallet.ports import Signer
from bursar.webhooks.ports import Prober


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The sandbox of one process; all of them share one database."""

    database: Database
    clock: SandboxClock
    faults: Faults
    webhook_faults: WebhookFaultStore

    @classmethod
    def of(cls, database: Database, faults_quiet_s: float = 0.0) -> Self:
        """The sandbox on a database; `faults_quiet_s` is how long the absence of faults is relied on."""
        return cls(database, SandboxClock(database), Faults(database, faults_quiet_s), WebhookFaultStore(database))

    def ground(self, ids: Ids, clock: Clock, master: MasterKeys, planned: Callable[[], None] | None = None) -> Ground:
        """The ground of a process, with faults before ledger and vault; `planned` is called when work was planned."""
        ledger = SandboxLedger(self.database, ids, self.faults, planned=planned)
        return Ground.of(self.database, ledger, ids, SandboxVault(self.database, ids, master, self.faults), clock)

    def outbox(self, clock: Clock) -> SandboxOutbox:
        """The messages that went out and stayed here."""
        return SandboxOutbox(self.database, clock)

    def access(self, ground: Ground, specs: Iterable[ChainSpec], signer: Signer) -> ChainAccess:
        """The sandbox's chains of these specifications."""
        database, clock = ground.database, ground.clock
        chains = {
            spec.id: SandboxChain(spec, SANDBOX_SPELLINGS[spec.id], database, self.faults, clock) for spec in specs
        }
        blocked = {chain_id: chain.outsider(BLOCKED) for chain_id, chain in chains.items()}
        return ChainAccess(chains, signer, first_pools=tuple(sandbox_pools(blocked)))

    def outside(self, ground: Ground, access: ChainAccess, storage: Storage, http: Prober) -> Outside:
        """All ports; content of files is kept in `storage`, and pushes leave by `http`."""
        database, faults = ground.database, self.faults
        outbox = self.outbox(ground.clock)
        return Outside(
            issuer=SandboxIssuer(database, faults, ground.clock, ground.vault.keyed_hash("sandbox issuer", "numbers")),
            issuer_catalogue=SandboxIssuerCatalogue(faults),
            verifier=SandboxKycVerifier(faults),
            storage=SandboxStorage(storage, faults),
            mail=SandboxMail(outbox, faults),
            sms=SandboxSms(outbox, faults, Receipts(database, ground.clock)),
            bank=SandboxBank(database, faults),
            test_accounts=SandboxTestAccounts(),
            test_numbers=TestNumbers(SANDBOX_CODE, SANDBOX_NUMBERS),
            access=access,
            screening=SandboxScreening(faults),
            sender=UnreliableSender(http, self.webhook_faults),
            prober=http,
            pace=UnpunctualPace(self.webhook_faults),
        )
