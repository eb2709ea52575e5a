"""The outside of a process: one port for everything that is not ours.

`main` chooses who stands behind each. Rooms are given the ports that they need and never this value, so that no room
learns of another's.
"""

from dataclasses import dataclass

from bursar.cards.catalogue.issuer import IssuerCatalogue
from bursar.cards.issuer import Issuer
from bursar.customers.kyc.verifier import KycVerifier
from bursar.files.storage import Storage
from bursar.messages.mail import Mail
from bursar.messages.sms import Sms
from bursar.otp.model import TestNumbers
from bursar.payouts.payees.ports import TestAccounts
from bursar.payouts.ports import Bank
from bursar.wallet.pools import Pool
from bursar.wallet.ports import Chains, Screening, Signer
from bursar.webhooks.ports import Prober, PushDelays, Sender


@dataclass(frozen=True, slots=True)
class ChainAccess:
    """The chains of a process, who signs for them, and which pools an install has on them."""

    chains: Chains
    signer: Signer
    pools: tuple[Pool, ...] = ()
    """As the operator wrote them down; every start makes them so."""
    first_pools: tuple[Pool, ...] = ()
    """Of a new install; later starts leave them as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """All ports."""

    issuer: Issuer
    issuer_catalogue: IssuerCatalogue
    verifier: KycVerifier
    storage: Storage
    mail: Mail
    sms: Sms
    bank: Bank
    test_accounts: TestAccounts
    test_numbers: TestNumbers | None
    access: ChainAccess
    screening: Screening
    sender: Sender
    prober: Prober
    """Checks the URLs that merchants name; nothing planted strikes it."""
    pace: PushDelays | None
