"""Forgotten passwords: a link by mail, with which somebody sets another one by the second factor that they have.

A mailbox alone changes no second factor and begins no session: whoever has lost both is sent a link by those who may
send one. Whoever asks is told the same, after the same work, whether anybody has the address; the mail leaves by a job.
"""

import hmac
import secrets
from dataclasses import replace
from typing import Final

from bursar.ground import Ground
from bursar.kernel.context import INSTALL, Context
from bursar.ledger.errors import StateChanged
from bursar.ledger.model import Job, Part, Transition, Write
from bursar.messages.mail import Mail
from bursar.staff.audit.model import Event, Outcome
from bursar.staff.audit.recorder import Recorder
from bursar.staff.changes import Changes
from bursar.staff.errors import LinkUnusable, SecondFactorNeeded
from bursar.staff.model import EMAIL_CHARS_MAX, Origin, Person, Principal
from bursar.staff.people.store import PEOPLE, PeopleStore
from bursar.staff.signin.due import SendReset
from bursar.staff.signin.model import (
    LINK_LIVES,
    RESETS,
    RESETS_ASKED,
    Rules,
    check_password,
    find_id,
    new_secret,
)
from bursar.staff.signin.second_factors import password_of
from bursar.staff.signin.service import ACTOR, MAY_SIGN_IN, SignIn
from bursar.staff.signin.store import LINKS, SignInStore, queries, used_once
from bursar.vault.lockout import LockoutKey, Verdict

SUBJECT: Final = "Set a new password for Bursar"


class PasswordResets:
    """Resets of the passwords of one realm."""

    def __init__(self, ground: Ground, changes: Changes, signin: SignIn, mail: Mail, rules: Rules) -> None:
        self._realm = signin.realm
        self._people = PeopleStore(ground.database, self._realm)
        self._store = SignInStore(ground.database)
        self._recorder = Recorder(ground)
        self._ground = ground
        self._changes = changes
        self._signin = signin
        self._mail = mail
        self._url = rules.url

    async def ask(self, origin: Origin, email: str, of_merchant: int | None = None) -> None:
        """Have a link mailed to somebody with a password, good for LINK_LIVES and once; refuses nobody.

        An address that users of several merchants have needs the number of one, `of_merchant`. Beyond
        RESETS_ASKED no further mail leaves.
        """
        ctx, typed = self._context(), email.strip().lower()[:EMAIL_CHARS_MAX]
        person = await self._people.find(email=typed, of_merchant=of_merchant)
        by, subject = Principal(ACTOR, frozenset(), origin=origin), person.subject if person else None
        key = LockoutKey(RESETS, self._ground.vault.keyed_hash(RESETS, f"{self._realm}|{typed}").hex())
        if await self._ground.lockout.attempt(ctx, key, RESETS_ASKED, _counted) is Verdict.LOCKED_OUT:
            await self._recorder.record(
                ctx, by, Event("reset.ask", subject, reason="too many", outcome=Outcome.REFUSED)
            )
            return
        await self._ground.ids.top_up()
        asked = Job(SendReset(person.id if person else 0), ctx.now())
        await self._changes.commit(ctx, by, Event("reset.ask", subject), Part(jobs=(asked,)))

    async def send(self, ctx: Context, payload: SendReset) -> None:
        """Mail the link that was asked for, if somebody may have one. May come twice after a crash.

        Raises what the mail port raises; then the job is run again.
        """
        person = await self._find(payload.person_id)
        if person is None:
            return
        await self._ground.ids.top_up()
        link_id, now = self._ground.ids.next(), ctx.now()
        secret = new_secret(f"{link_id}_")
        proof = self._proof(person.id, secret)
        row = {"id": link_id, "staff_id": person.id, "proof": proof, "created_at": now, "expires_at": now + LINK_LIVES}
        event = Event("reset.send", person.subject, after={"link": link_id})
        once = replace(ctx, request_key=f"reset:{link_id}")  # a job that is run again makes another link
        by = Principal(ACTOR, frozenset())
        await self._changes.commit(once, by, event, Part(writes=(Write(queries.add_reset, row),)))
        minutes = int(LINK_LIVES.total_seconds() // 60)
        text = (
            f"Open this link within {minutes} minutes to set a new password. It works once, and needs your second"
            f" factor.\n\n{self._url}{self._realm.reset_path}{secret}\n\nIf you have not asked for it, do nothing.\n"
        )
        await self._mail.send(person.email, SUBJECT, text)

    async def finish(self, origin: Origin, secret: str, password: str, code: str | None = None) -> None:
        """The password from now on, by the secret of a link; all sessions of the person end.

        Raises PasswordUnusable; LinkUnusable; and of somebody with an authenticator SecondFactorNeeded without a code,
        CodeWrong or SignInLocked. The link stays good after these three.
        """
        check_password(password)
        ctx = self._context()
        person, link_id = await self._opened(ctx, origin, secret)
        if person.has_totp and code is None:
            raise SecondFactorNeeded
        proved = Part()
        if person.has_totp and code is not None:
            proved = (await self._signin.prove(ctx, origin, person, code)).part
        hashed = await self._ground.passwords.hash(INSTALL, password_of(person.id), password)
        whose = {"staff_id": person.id, "now": ctx.now()}
        part = Part(
            transitions=(used_once(LINKS, link_id, ctx.now()), Transition(PEOPLE, person.id, MAY_SIGN_IN, None)),
            writes=(
                Write(queries.set_password, {"id": person.id, "password": hashed}),
                Write(queries.end_sessions, whose),
                Write(queries.drop_other_links, {"staff_id": person.id, "id": link_id}),
            ),
        )
        by = Principal(person.subject, frozenset(), person.id, f"link:{link_id}", origin)
        try:
            await self._changes.commit(ctx, by, Event("factor.password", person.subject), part + proved)
        except StateChanged:
            raise LinkUnusable from None

    async def _opened(self, ctx: Context, origin: Origin, secret: str) -> tuple[Person, int]:
        """The person of a link that is open, and its number; raises LinkUnusable, which is on record then."""
        link_id = find_id("", secret) or 0
        link = await self._store.find_link(link_id)
        person = await self._find(link.staff_id) if link else None
        right = link is not None and hmac.compare_digest(self._proof(link.staff_id, secret), link.proof)
        if link is None or person is None or not right or not link.is_open(ctx.now()):
            event = Event("reset.finish", reason="used, expired or unknown", outcome=Outcome.FAILED)
            await self._recorder.record(ctx, Principal(ACTOR, frozenset(), origin=origin), event)
            raise LinkUnusable
        return person, link_id

    async def _find(self, person_id: int) -> Person | None:
        """Somebody of the realm who signs in with a password."""
        person = await self._people.find(person_id=person_id)
        if person is None or person.status not in MAY_SIGN_IN or not person.has_password:
            return None
        return person if await self._signin.stands(person.of_merchant) else None

    def _proof(self, person_id: int, secret: str) -> bytes:
        """The stored form of the secret: of no use in the row of another person, nor as a link of the other kind."""
        return self._ground.vault.keyed_hash("password reset link", f"{person_id}|{secret}")

    def _context(self) -> Context:
        return Context(INSTALL, self._ground.clock, f"reset:{secrets.token_hex(16)}", ACTOR)


async def _counted() -> bool:
    """Each asking counts."""
    return False
