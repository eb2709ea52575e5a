"""One-time passwords as rows."""

from datetime import datetime
from typing import Final

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.context import Context
from bursar.ledger.model import Machine
from bursar.otp.model import StoredOtp

queries = load_queries(__package__)

OTP: Final = Machine("one-time password", queries.lock_otps, queries.move_otps)
OPEN: Final = frozenset({"open"})
USED: Final = "used"


class OtpStore:
    """The only SQL on the tables of one-time passwords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, ctx: Context, session: str) -> StoredOtp | None:
        """The password of a session."""
        named = {"merchant_id": ctx.merchant_id, "session": session}
        return await self._database.fetch_one(queries.find_otp, named, StoredOtp)

    async def find_session(self, ctx: Context, otp_id: int) -> str | None:
        """The session of a one-time password."""
        named = {"merchant_id": ctx.merchant_id, "id": otp_id}
        session: str | None = await self._database.fetch_value(queries.find_session, named)
        return session

    async def forget_before(self, before: datetime, most: int) -> int:
        """Drop at most so many one-time passwords, and pauses, that are older; how many."""
        named = {"before": before, "most": most}
        dropped = await self._database.execute(queries.forget_otps, named)
        return dropped + await self._database.execute(queries.forget_paces, named)
