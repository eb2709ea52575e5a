"""Limits on guessing secrets that people type: codes, passwords, PINs, activation codes.

A `Lockout` counts wrong tries at one object (a customer's email code, a merchant's password, a card's activation code)
and says whether a try is right, wrong or locked out. It promises:

- exactness under concurrency: two tries at once never share the last one that is left, and any number of right tries at
  once are all right;
- that a try which is locked out learns nothing: the secret is not even looked at, and the answer is the same whether it
  was right or wrong;
- that the count belongs to the object, not to the secret: a new code or password leaves it as it is.

It refuses to know the secret and the way it is compared; that is `matches`, which runs before anything is locked and so
may take its time (Argon2id). A room that stores a short code stores `Vault.keyed_hash` of it and compares with
`hmac.compare_digest`; passwords are `vault.passwords`.

    verdict = await lockout.attempt(ctx, LockoutKey("card activation", str(card_id)), USUAL_LIMIT, matches)
    if verdict is Verdict.LOCKED_OUT:
        raise ActivationLocked(card_id)

The counts are its own bookkeeping, made of plain statements: they must stay when the use case is refused, and an
operation that the ledger refuses leaves no trace.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.context import Context

WRONG_MAX: Final = 5
"""Wrong tries until an object is locked: the fifth is still called wrong, the sixth is locked out."""
LOCKED_FOR: Final = timedelta(minutes=15)
"""The time that an object stays locked after the last wrong try, where tries in a row count."""

queries = load_queries(__package__)

Instants = tuple[datetime, ...]
"""The instants of wrong tries, oldest first."""


class Verdict(StrEnum):
    """The verdict on a try."""

    RIGHT = "right"
    WRONG = "wrong"
    LOCKED_OUT = "locked_out"


class LockoutLimit(Protocol):
    """The limit of wrong tries at an object. Pure."""

    def standing(self, wrong_at: Instants, now: datetime) -> Instants:
        """Those of the wrong tries that still count at `now`."""
        ...

    def is_locked(self, standing: Instants) -> bool:
        """True if these tries exclude a further one."""
        ...

    def after_right(self, standing: Instants) -> Instants:
        """The tries that still count after a right one."""
        ...


@dataclass(frozen=True, slots=True)
class ConsecutiveLimit:
    """So many wrong tries in a row lock the object for a while; a right one starts the count anew."""

    wrong_max: int = WRONG_MAX
    locked_for: timedelta = LOCKED_FOR

    def standing(self, wrong_at: Instants, now: datetime) -> Instants:
        """All of them, however old, until a lock is over; then none."""
        served = len(wrong_at) >= self.wrong_max and now >= wrong_at[-1] + self.locked_for
        return () if served else wrong_at

    def is_locked(self, standing: Instants) -> bool:
        """True at `wrong_max` tries."""
        return len(standing) >= self.wrong_max

    def after_right(self, standing: Instants) -> Instants:  # noqa: ARG002 - the row is broken, however long it was
        """None."""
        return ()


@dataclass(frozen=True, slots=True)
class RollingLimit:
    """So many wrong tries within a rolling window lock the object until the oldest has left it; right ones are free."""

    wrong_max: int
    window: timedelta

    def standing(self, wrong_at: Instants, now: datetime) -> Instants:
        """Those made less than `window` ago."""
        return tuple(at for at in wrong_at if at > now - self.window)

    def is_locked(self, standing: Instants) -> bool:
        """True at `wrong_max` tries."""
        return len(standing) >= self.wrong_max

    def after_right(self, standing: Instants) -> Instants:
        """As before: being right once does not make wrong tries undone."""
        return standing


USUAL_LIMIT: Final = ConsecutiveLimit()
"""The limit of every secret that has no other one of its own."""


@dataclass(frozen=True, slots=True)
class LockoutKey:
    """The secret guessed at: a purpose, and an object of the merchant. Stored in clear, so no personal data."""

    purpose: str
    object: str


def judged(limit: LockoutLimit, wrong_at: Instants, right: bool, now: datetime) -> tuple[Verdict, Instants]:
    """The verdict on a try and the wrong tries on record after it."""
    standing = limit.standing(wrong_at, now)
    if limit.is_locked(standing):
        return Verdict.LOCKED_OUT, standing
    if right:
        return Verdict.RIGHT, limit.after_right(standing)
    return Verdict.WRONG, (*standing, now)


class Lockout:
    """The record of wrong tries, and the verdict on each further one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def attempt(
        self, ctx: Context, key: LockoutKey, limit: LockoutLimit, matches: Callable[[], Awaitable[bool]]
    ) -> Verdict:
        """Have one try judged and counted. `matches` says whether it is right; it is not asked while locked out."""
        wrong_at = await self._find(ctx, key)
        if limit.is_locked(limit.standing(wrong_at, ctx.now())):
            return Verdict.LOCKED_OUT
        # A right try waits for the row too: of a thousand at once, only the first few may be right.
        return await self._settle(ctx, key, limit, await matches())

    async def is_locked(self, ctx: Context, key: LockoutKey, limit: LockoutLimit) -> bool:
        """True if the next try would be locked out."""
        return limit.is_locked(limit.standing(await self._find(ctx, key), ctx.now()))

    async def forget(self, ctx: Context, key: LockoutKey) -> None:
        """Start the count anew, where a contract or an operator says so."""
        await self._database.execute(queries.forget_guesses, _named(ctx, key))

    async def forget_before(self, purpose: str, before: datetime, most: int) -> int:
        """Drop at most so many counts in which nothing is newer, of all merchants; how many.

        For purposes whose limit forgets by itself: dropped tries count no more.
        """
        named = {"purpose": purpose, "before": before, "most": most}
        return await self._database.execute(queries.forget_old_guesses, named)

    async def _find(self, ctx: Context, key: LockoutKey) -> Instants:
        found: Sequence[datetime] | None = await self._database.fetch_value(queries.find_guesses, _named(ctx, key))
        return tuple(found or ())

    async def _settle(self, ctx: Context, key: LockoutKey, limit: LockoutLimit, right: bool) -> Verdict:
        """The row is held from reading to writing; nothing slow happens in between."""
        named = _named(ctx, key)
        async with self._database.connection() as connection, connection.transaction():
            cursor = await connection.execute(queries.hold_guesses.sql, named)
            row = await cursor.fetchone()
            wrong_at = tuple(row[0]) if row else ()
            verdict, kept = judged(limit, wrong_at, right, ctx.now())
            if not kept:
                await connection.execute(queries.forget_guesses.sql, named)  # no row where nothing is on record
            elif kept != wrong_at:
                await connection.execute(queries.keep_guesses.sql, {**named, "wrong_at": list(kept)})
        return verdict


def _named(ctx: Context, key: LockoutKey) -> dict[str, object]:
    return {"merchant_id": ctx.merchant_id, "purpose": key.purpose, "object": key.object}
