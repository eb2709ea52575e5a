"""Ways to sign in and sessions as rows."""

from datetime import datetime
from typing import Final

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.ledger.model import Machine, Transition
from bursar.staff.errors import ChallengeUnusable, CodeWrong, LinkUnusable
from bursar.staff.model import Status
from bursar.staff.signin.model import KEPT_FOR, Passkey, Secrets, Session, StoredLink, StoredSession
from bursar.staff.signin.totp import STEP_S

queries = load_queries(__package__)

LINKS: Final = Machine("staff link", queries.lock_links, queries.use_links, LinkUnusable)
RECOVERY_CODES: Final = Machine("recovery code", queries.lock_recovery_codes, queries.use_recovery_codes, CodeWrong)
CHALLENGES: Final = Machine("passkey challenge", queries.lock_challenges, queries.use_challenges, ChallengeUnusable)
_OPEN: Final = frozenset({"open"})


def used_once(machine: Machine, object_id: int, now: datetime) -> Transition:
    """The link, code or challenge is open, and used from now on."""
    return Transition(machine, object_id, _OPEN, "used", {"at": now})


class SignInStore:
    """The SQL on the tables of signing in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_link(self, link_id: int) -> StoredLink | None:
        """By its number."""
        return await self._database.fetch_one(queries.find_link, {"id": link_id}, StoredLink)

    async def find_secrets(self, person_id: int) -> Secrets | None:
        """The stored secrets that a person's sign-in is checked against."""
        return await self._database.fetch_one(queries.get_secrets, {"id": person_id}, Secrets)

    async def find_recovery_code(self, person_id: int, proof: bytes) -> int | None:
        """The number of a recovery code that was not used."""
        named = {"staff_id": person_id, "proof": proof}
        found: int | None = await self._database.fetch_value(queries.find_recovery_code, named)
        return found

    async def count_recovery_codes(self, person_id: int) -> int:
        """Codes that are left."""
        return int(await self._database.fetch_value(queries.count_recovery_codes, {"staff_id": person_id}))

    async def find_challenge(self, challenge_id: int, person_id: int | None, now: datetime) -> bytes | None:
        """A challenge that is open."""
        named = {"id": challenge_id, "staff_id": person_id, "now": now}
        found: bytes | None = await self._database.fetch_value(queries.find_challenge, named)
        return found

    async def find_passkey(self, credential: bytes) -> Passkey | None:
        """By the number that its device gave it."""
        return await self._database.fetch_one(queries.find_passkey, {"credential": credential}, Passkey)

    async def list_passkeys(self, person_id: int) -> list[Passkey]:
        """Of somebody, oldest first."""
        return await self._database.fetch_all(queries.list_passkeys, {"staff_id": person_id}, Passkey)

    async def find_session(self, session_id: int) -> StoredSession | None:
        """By its number, with what its secret is compared with."""
        rows = await self._database.fetch_rows(queries.find_session, {"id": session_id})
        if not rows:
            return None
        *session, proof, roles, status, of_merchant = rows[0]
        return StoredSession(Session(*session), proof, tuple(roles), Status(status), of_merchant)

    async def find_session_by_id(self, session_id: int) -> Session | None:
        """By its number."""
        return await self._database.fetch_one(queries.get_session, {"id": session_id}, Session)

    async def find_merchant(self, person_id: int) -> int | None:
        """The merchant that somebody belongs to; 0: the install."""
        found: int | None = await self._database.fetch_value(queries.get_merchant, {"id": person_id})
        return found

    async def list_sessions(self, person_id: int) -> list[Session]:
        """Those that have not ended, newest first."""
        return await self._database.fetch_all(queries.list_sessions, {"staff_id": person_id}, Session)

    async def see_session(self, session_id: int, now: datetime) -> None:
        """Write down that a request has used it."""
        await self._database.execute(queries.see_session, {"id": session_id, "now": now})

    async def is_known_device(self, person_id: int, proof: bytes) -> bool:
        """True if the person has signed in from it before."""
        return bool(await self._database.fetch_value(queries.is_known_device, {"staff_id": person_id, "proof": proof}))

    async def forget_before(self, now: datetime, most: int) -> int:
        """Drop at most so many rows of each kind that are of no use any more; how many."""
        before = {"before": now - KEPT_FOR, "most": most}
        dropped = await self._database.execute(queries.forget_sessions, before)
        dropped += await self._database.execute(queries.forget_challenges, {"before": now, "most": most})
        steps = {"before_step": int(now.timestamp()) // STEP_S - 10, "most": most}
        return dropped + await self._database.execute(queries.forget_totp_uses, steps)
