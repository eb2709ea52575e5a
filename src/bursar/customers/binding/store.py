"""Codes that were sent, and the addresses that they bind, as rows."""

from typing import Final

from bursar.customers.binding.model import Channel, SentCode
from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.context import Context
from bursar.ledger.model import Machine

queries = load_queries(__package__)

CODE: Final = Machine("binding code", queries.lock_codes, queries.move_codes)
EMAIL: Final = Machine("customer email", queries.lock_emails, queries.bind_emails)
PHONE: Final = Machine("customer phone", queries.lock_phones, queries.bind_phones)
OPEN: Final = frozenset({"open"})
BOUND: Final = "bound"


class BindingStore:
    """The only SQL on codes, and on the columns of customers that binding changes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_code(self, ctx: Context, customer_id: int, channel: Channel) -> SentCode | None:
        """The code that was last sent."""
        named = {"merchant_id": ctx.merchant_id, "customer_id": customer_id, "channel": channel}
        return await self._database.fetch_one(queries.get_code, named, SentCode)

    async def email_is_anothers(self, ctx: Context, customer_id: int, email_key: str) -> bool:
        """True if another customer of the merchant has it."""
        named = {"merchant_id": ctx.merchant_id, "customer_id": customer_id, "email_key": email_key}
        return bool(await self._database.fetch_value(queries.email_is_anothers, named))

    async def phone_is_anothers(self, ctx: Context, customer_id: int, phone_e164: str) -> bool:
        """True if another customer of the merchant has it."""
        named = {"merchant_id": ctx.merchant_id, "customer_id": customer_id, "phone_e164": phone_e164}
        return bool(await self._database.fetch_value(queries.phone_is_anothers, named))
