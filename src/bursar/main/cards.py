"""What happens to cards once they are made, put together."""

from dataclasses import dataclass

from bursar.cards.catalogue.service import Catalogue
from bursar.cards.closing import Closing
from bursar.cards.issuer import Issuer
from bursar.cards.lifecycle import Lifecycle
from bursar.cards.logistics import Logistics
from bursar.cards.reconciliation import Reconciliation
from bursar.cards.remainders import Remainders
from bursar.cards.service import Cards
from bursar.cards.threeds import Challenges
from bursar.db.database import Database
from bursar.kernel.ids import Ids
from bursar.ledger.engine import Ledger
from bursar.vault.guessing import Guesses
from bursar.vault.passwords import Passwords
from bursar.vault.service import Vault


@dataclass(frozen=True, slots=True)
class CardLives:
    """What happens to cards once they are made."""

    lifecycle: Lifecycle
    closing: Closing
    challenges: Challenges
    logistics: Logistics
    reconciliation: Reconciliation


def card_lives(
    database: Database, ledger: Ledger, ids: Ids, vault: Vault, passwords: Passwords, guesses: Guesses,
    catalogue: Catalogue, all_cards: Cards, issuer: Issuer, remainders: Remainders,
) -> CardLives:  # fmt: skip
    reconciliation, logistics = Reconciliation(database, ledger, ids, issuer), Logistics(database, ledger, ids)
    return CardLives(
        Lifecycle(database, ledger, ids, vault, passwords, guesses, catalogue, issuer, reconciliation, logistics),
        Closing(database, ledger, ids, catalogue, all_cards, issuer, reconciliation, remainders),
        Challenges(database, ledger, ids, vault, passwords, guesses, issuer),
        logistics,
        reconciliation,
    )
