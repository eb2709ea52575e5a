"""Use cases of the verification password.

There is one password of a merchant, so there is one count of wrong tries at it, wherever they are made: five in a row
lock it for fifteen minutes, and a new password does not unlock it. Setting a password does not enable it; enabling and
disabling it takes the password.
"""

from collections.abc import Callable
from typing import Final

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.errors import Fact
from bursar.ledger.errors import StateChanged
from bursar.ledger.model import Operation, Transition, Write, fingerprint
from bursar.merchants.verification.errors import (
    EnabledSoAlready,
    OldPasswordWrong,
    PasswordLocked,
    PasswordMissing,
    PasswordNotNew,
    PasswordNotSet,
    PasswordSetAlready,
    PasswordWrong,
)
from bursar.merchants.verification.model import StoredPassword, check_new
from bursar.merchants.verification.store import PASSWORD, VerificationStore, queries
from bursar.vault.lockout import USUAL_LIMIT, LockoutKey, Verdict

_PURPOSE: Final = "verification password"
_KEY: Final = LockoutKey(_PURPOSE, "merchant")


class VerificationPassword:
    """The verification password of a merchant."""

    def __init__(self, ground: Ground) -> None:
        self._store = VerificationStore(ground.database)
        self._ledger = ground.ledger
        self._passwords = ground.passwords
        self._lockout = ground.lockout

    async def is_enabled(self, ctx: Context) -> bool:
        """True if the password is asked for."""
        stored = await self._store.find(ctx.merchant_id)
        return stored is not None and stored.enabled

    async def check(self, ctx: Context, password: str | None) -> None:
        """Let pass who knows the password, and everybody while it is not enabled.

        Raises PasswordMissing, PasswordWrong or PasswordLocked.
        """
        stored = await self._store.find(ctx.merchant_id)
        if stored is None or not stored.enabled:
            return
        if not password:
            raise PasswordMissing
        await self._prove(ctx, stored, password, PasswordWrong)

    # ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def set(self, ctx: Context, password: str, confirmation: str) -> None:
        """The merchant's first password.

        Raises PasswordsDiffer, PasswordMalformed, PasswordSetAlready or PasswordNotStored, in this order.
        """
        check_new(password, confirmation)
        asked = self._asked(ctx, "set", password)
        if await self._ledger.find_receipt(ctx, ctx.request_key, asked):
            return
        if await self._store.find(ctx.merchant_id) is not None:
            raise PasswordSetAlready
        stored = await self._passwords.hash(ctx.merchant_id, _PURPOSE, password)
        operation = Operation(
            key=ctx.request_key,
            fingerprint=asked,
            kind="verification_password_set",
            subject=f"merchant:{ctx.merchant_id}",
            writes=(Write(queries.add_password, {"hash": stored, "at": ctx.now()}),),
            refusals={"verification_password_key": PasswordSetAlready},
        )
        await self._ledger.commit(ctx, operation)

    async def update(self, ctx: Context, old: str, new: str, confirmation: str) -> None:
        """Another password.

        Raises PasswordNotSet, PasswordsDiffer, PasswordMalformed, OldPasswordWrong or PasswordLocked, PasswordNotNew,
        PasswordNotStored, in this order.
        """
        asked = self._asked(ctx, "update", old, new)
        if await self._ledger.find_receipt(ctx, ctx.request_key, asked):
            return
        stored = await self._get(ctx)
        check_new(new, confirmation)
        await self._prove(ctx, stored, old, OldPasswordWrong)
        if new == old:
            raise PasswordNotNew
        hashed = await self._passwords.hash(ctx.merchant_id, _PURPOSE, new)
        try:
            await self._ledger.commit(ctx, _change(ctx, asked, "updated", stored, hashes=hashed))
        except StateChanged:
            raise OldPasswordWrong from None  # another change came first, and the old password is no longer the one

    async def enable(self, ctx: Context, enabled: bool, password: str) -> None:
        """Have it asked for from now on, or no longer.

        Raises PasswordNotSet, PasswordWrong or PasswordLocked, EnabledSoAlready, EnabledNotStored, in this order.
        """
        asked = self._asked(ctx, f"enabled {enabled}", password)
        if await self._ledger.find_receipt(ctx, ctx.request_key, asked):
            return
        stored = await self._get(ctx)
        await self._prove(ctx, stored, password, PasswordWrong)
        if stored.enabled == enabled:
            raise EnabledSoAlready(enabled)
        kind = "enabled" if enabled else "disabled"
        try:
            await self._ledger.commit(ctx, _change(ctx, asked, kind, stored, enableds=enabled))
        except StateChanged:
            raise await self._overtaken(ctx, enabled) from None

    async def _overtaken(self, ctx: Context, enabled: bool) -> Fact:
        """Another change came first: either the same one, or the password is another now."""
        now_enabled = await self.is_enabled(ctx) == enabled
        return EnabledSoAlready(enabled) if now_enabled else PasswordWrong()

    # ── shared ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _get(self, ctx: Context) -> StoredPassword:
        stored = await self._store.find(ctx.merchant_id)
        if stored is None:
            raise PasswordNotSet
        return stored

    async def _prove(self, ctx: Context, stored: StoredPassword, password: str, wrong: Callable[[], Fact]) -> None:
        async def matches() -> bool:
            return await self._passwords.matches(ctx.merchant_id, _PURPOSE, password, stored.hash)

        verdict = await self._lockout.attempt(ctx, _KEY, USUAL_LIMIT, matches)
        if verdict is Verdict.LOCKED_OUT:
            raise PasswordLocked
        if verdict is Verdict.WRONG:
            raise wrong()

    def _asked(self, ctx: Context, what: str, *passwords: str) -> bytes:
        """The fingerprint of a request: it stays in the books, so the passwords are in it as keyed hashes only."""
        proofs = [self._passwords.code_proof(ctx.merchant_id, _PURPOSE, "asked", secret).hex() for secret in passwords]
        return fingerprint(_PURPOSE, what, proofs)


def _change(ctx: Context, asked: bytes, what: str, stored: StoredPassword, **values: object) -> Operation:
    """A change of the stored password, which must not have changed since it was read."""
    columns = {"changed_at": ctx.now(), **values}
    after = str(stored.version + 1)
    return Operation(
        key=ctx.request_key,
        fingerprint=asked,
        kind=f"verification_password_{what}",
        subject=f"merchant:{ctx.merchant_id}",
        transitions=(Transition(PASSWORD, ctx.merchant_id, frozenset({str(stored.version)}), after, columns),),
    )
