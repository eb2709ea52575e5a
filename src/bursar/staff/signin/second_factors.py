"""Codes of a second factor: of an authenticator, or recovery codes; each is used once."""

from dataclasses import dataclass
from typing import Final

from bursar.ground import Ground
from bursar.kernel.context import INSTALL, Context
from bursar.ledger.model import Part, Write
from bursar.staff.errors import CodeWrong
from bursar.staff.signin.model import Secrets, plain_code
from bursar.staff.signin.store import RECOVERY_CODES, SignInStore, queries, used_once
from bursar.staff.signin.totp import find_step

RECOVERY: Final = "staff recovery code"


def password_of(person_id: int) -> str:
    """The vault's purpose of somebody's password: another person's hash is of no use in its place."""
    return f"staff password {person_id}"


def authenticator_of(person_id: int) -> str:
    """The vault's purpose of somebody's authenticator: another person's does not open in its place."""
    return f"staff authenticator {person_id}"


@dataclass(frozen=True, slots=True)
class Proof:
    """A code that is right, and the part that uses it up; the operation is refused with CodeWrong if it was used."""

    factor: str
    part: Part


class SecondFactors:
    """Checks codes."""

    def __init__(self, ground: Ground) -> None:
        self._store = SignInStore(ground.database)
        self._vault = ground.vault

    async def find_proof(self, ctx: Context, person_id: int, secrets: Secrets, code: str) -> Proof | None:
        """The use of a code that is right now; None for any other."""
        plain = plain_code(code)
        if secrets.totp_secret is not None:
            secret = await self._vault.open(INSTALL, authenticator_of(person_id), secrets.totp_secret)
            step = find_step(secret, plain, ctx.now())
            if step is not None:
                return Proof("totp", self.used_step(person_id, step))
        code_id = await self._store.find_recovery_code(person_id, self.recovery_proof(person_id, plain))
        if code_id is None:
            return None
        return Proof("recovery code", Part(transitions=(used_once(RECOVERY_CODES, code_id, ctx.now()),)))

    @staticmethod
    def used_step(person_id: int, step: int) -> Part:
        """The code of this step is used."""
        write = Write(queries.use_totp, {"staff_id": person_id, "step": step})
        return Part(writes=(write,), refusals={"staff_totp_use_once": CodeWrong})

    def recovery_proof(self, person_id: int, code: str) -> bytes:
        """The stored form of a recovery code."""
        return self._vault.keyed_hash(RECOVERY, f"{person_id}|{plain_code(code)}")
