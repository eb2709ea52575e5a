"""Payments and their attempts as rows: the only SQL on their tables.

Numbers, offers and sightings are the engine's own bookkeeping, made of plain statements: each changes a row only from
the state that was seen, so that two processes at one payment do no harm.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from psycopg import errors

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.context import Context
from bursar.ledger.model import Machine, Write
from bursar.wallet.payments.errors import PaymentUnknown
from bursar.wallet.payments.model import TOP_UP, Attempt, InFlight, Intent, NewIntent

IN_FLIGHT_MAX: Final = 16
"""Transactions of one sender that are signed and not final; nodes keep no more of one sender waiting."""
LISTED_MAX: Final = 1_000

queries = load_queries(__package__)

PAYMENTS: Final = Machine("wallet_payment", queries.lock_payments, queries.move_payments)
CAUSE_KEPT: Final = "wallet_payment_cause_key"


def intent_row(ctx: Context, payment_id: int, new: NewIntent) -> Write:
    """A new payment."""
    return Write(
        queries.add_payment,
        {
            "id": payment_id,
            "purpose": new.purpose,
            "subject_id": new.subject_id,
            "chain_id": new.key.chain_id,
            "sender": new.sender,
            "key_purpose": new.key.purpose.value,
            "key_index": new.key.index,
            "recipient": new.recipient,
            "coin": new.token.coin,
            "contract": new.token.contract,
            "units": new.units,
            "created_at": ctx.now(),
        },
    )


def attempt_row(attempt: Attempt) -> Write:
    """A signed transaction."""
    return Write(
        queries.add_attempt,
        {
            "payment_id": attempt.payment_id,
            "number": attempt.number,
            "nonce": attempt.nonce,
            "tx_hash": attempt.tx_hash,
            "raw": attempt.raw,
            "fee_max_units": attempt.fee_max_units,
            "expires_at": attempt.expires_at,
            "signed_at": attempt.signed_at,
            "voids": attempt.voids,
        },
    )


class PaymentStore:
    """Reads payments, and keeps the engine's books on them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, payment_id: int) -> Intent:
        """Raises PaymentUnknown."""
        found = await self.list_by_ids([payment_id])
        if not found:
            raise PaymentUnknown(payment_id)
        return found[0]

    async def list_by_ids(self, ids: Collection[int]) -> list[Intent]:
        """The payments with these ids; missing ones are left out."""
        return await self._database.fetch_all(queries.list_payments, {"ids": list(ids)}, Intent)

    async def find_by_cause(self, purpose: str, subject_id: int) -> Intent | None:
        """The payment that something has caused."""
        named = {"purpose": purpose, "subject_id": subject_id}
        return await self._database.fetch_one(queries.find_by_cause, named, Intent)

    async def list_under_way(self, chain_id: str) -> list[Intent]:
        """The payments of a chain that have not ended, oldest first."""
        named = {"chain_id": chain_id, "most": LISTED_MAX}
        return await self._database.fetch_all(queries.list_under_way, named, Intent)

    async def list_standing(self, held: Collection[str]) -> list[Intent]:
        """The payments of all chains that have not ended, and the failed ones of the purposes in `held`,
        oldest first.
        """
        return await self._database.fetch_all(queries.list_standing, {"held": list(held), "most": LISTED_MAX}, Intent)

    async def internal(self, chain_id: str, tx_hashes: Collection[str]) -> frozenset[str]:
        """The transactions among these that only moved coins within the house."""
        named = {"chain_id": chain_id, "tx_hashes": list(tx_hashes), "purpose": TOP_UP}
        return frozenset(row[0] for row in await self._database.fetch_rows(queries.list_internal, named))

    async def known(self, chain_id: str, tx_hashes: Collection[str]) -> frozenset[str]:
        """The transactions among these that were signed for payments of ours."""
        named = {"chain_id": chain_id, "tx_hashes": list(tx_hashes)}
        return frozenset(row[0] for row in await self._database.fetch_rows(queries.list_known, named))

    async def last_number(self, chain_id: str, sender: str) -> int | None:
        """The greatest number that a sender has used, as far as we know."""
        named = {"chain_id": chain_id, "sender": sender}
        number: int | None = await self._database.fetch_value(queries.get_last_number, named)
        return number

    async def attempts(self, payment_id: int) -> list[Attempt]:
        """The signed attempts of a payment, in order."""
        return await self._database.fetch_all(queries.list_attempts, {"payment_id": payment_id}, Attempt)

    async def in_flight(self, intent: Intent) -> InFlight:
        """The sums of the sender's attempts that are in no block."""
        named = {"chain_id": intent.chain_id, "sender": intent.sender, "contract": intent.contract}
        found = await self._database.fetch_one(queries.sum_in_flight, named, InFlight)
        return found or InFlight(0, 0, 0)

    async def take(self, intent: Intent, first_nonce: int | None, at: datetime) -> bool:
        """Gives the payment its lane; False while another one has it. Numbers below `first_nonce` are used up on the
        chain.
        """
        named = {"id": intent.id, "first_nonce": first_nonce, "at": at, "most": IN_FLIGHT_MAX}
        try:
            return await self._database.execute(queries.take, named) > 0
        except errors.UniqueViolation:
            return False  # another one was faster

    async def put_back(self, intent: Intent, at: datetime, reason: str | None = None) -> None:
        """Have the payment wait again, for the given reason, unless it has gone on since it was seen."""
        named = {"id": intent.id, "status": intent.status, "attempts": intent.attempts, "at": at, "reason": reason}
        await self._database.execute(queries.put_back, named)

    async def note_seen(self, intent: Intent, tx_hash: str, mined_height: int | None, head_height: int) -> None:
        """Record the block of an attempt and the chain's head, from which its confirmations are counted."""
        named = {"id": intent.id, "tx_hash": tx_hash, "mined_height": mined_height, "head_height": head_height}
        await self._database.execute(queries.note_seen, named)

    async def count_offer(self, attempt: Attempt) -> int:
        """Counts one more sending of an attempt, and returns the number of all."""
        named = {"payment_id": attempt.payment_id, "number": attempt.number}
        return int(await self._database.fetch_value(queries.count_offer, named))

    async def accept(self, attempt: Attempt) -> None:
        """A node has taken the attempt; the lane's next payment may have the number after it."""
        await self._database.execute(queries.accept, {"payment_id": attempt.payment_id, "number": attempt.number})

    async def is_behind_unheard(self, intent: Intent) -> bool:
        """True if the sender has signed an attempt that no node has taken yet, and that may give its number back."""
        named = {"chain_id": intent.chain_id, "sender": intent.sender, "id": intent.id}
        return bool(await self._database.fetch_value(queries.is_behind_unheard, named))
