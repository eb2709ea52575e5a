"""Signing in: with a password and a code, with a passkey, or through a one-time link to set these up.

Wrong tries are counted by e-mail address, known or not, with the one mechanism for guesses: five in a quarter of an
hour. A passkey is not guessed and has no such limit. Each sign-in and each that failed is in the audit; one from a
device without a known mark is told by mail.
"""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bursar.ground import Ground
from bursar.kernel.context import INSTALL, Context
from bursar.ledger.errors import StateChanged
from bursar.ledger.model import Job, Part, Transition, Write
from bursar.staff.audit.model import Event, Outcome
from bursar.staff.audit.recorder import Recorder
from bursar.staff.changes import Changes
from bursar.staff.errors import (
    ChallengeUnusable,
    CodeWrong,
    LinkUnusable,
    PasskeyUnusable,
    SecondFactorMissing,
    SecondFactorNeeded,
    SessionUnknown,
    SignInLocked,
    SignInWrong,
)
from bursar.staff.model import EMAIL_CHARS_MAX, Origin, Person, Principal, Status
from bursar.staff.people.store import PEOPLE, PeopleStore
from bursar.staff.realm import Realm
from bursar.staff.signin.due import TellNewDevice
from bursar.staff.signin.links import link_proof
from bursar.staff.signin.model import (
    CHALLENGE_LIVES,
    DEVICES_MAX,
    FORGOTTEN_AT_ONCE,
    PASSWORD_CHARS_MAX,
    RESETS,
    RESETS_ASKED,
    TRIES,
    Challenge,
    Purpose,
    Rules,
    Secrets,
    SignedIn,
    StoredLink,
    find_id,
    new_secret,
)
from bursar.staff.signin.passkeys import CHALLENGE_BYTES, RelyingParty, credential_of, passkey_of
from bursar.staff.signin.second_factors import Proof, SecondFactors, password_of
from bursar.staff.signin.sessions import Sessions
from bursar.staff.signin.store import CHALLENGES, LINKS, SignInStore, queries, used_once
from bursar.vault.errors import SecretUnreadable
from bursar.vault.lockout import LockoutKey, Verdict

ACTOR: Final = "signin"
"""The process that tries to recognise somebody."""
_DEVICE: Final = "staff device"
MAY_SIGN_IN: Final = frozenset({Status.INVITED.value, Status.ACTIVE.value})
Matches = Callable[[], Awaitable[bool]]
"""Compares what was typed; asked only while nobody is locked out."""


@dataclass(frozen=True, slots=True)
class _Way:
    """The way in which somebody has signed in, and the part that uses it up."""

    action: str
    factors: str
    part: Part
    purpose: Purpose = Purpose.WORK


class SignIn:
    """Recognises people and begins their sessions."""

    def __init__(self, ground: Ground, recorder: Recorder, changes: Changes, sessions: Sessions, rules: Rules) -> None:
        self.realm = sessions.realm
        self.stands = sessions.stands
        self._store = SignInStore(ground.database)
        self._people = PeopleStore(ground.database, self.realm)
        self._ground = ground
        self._recorder = recorder
        self._changes = changes
        self._sessions = sessions
        self._second_factors = SecondFactors(ground)
        self._party = RelyingParty.of(rules.url)
        self._rules = rules
        self._no_password = ""

    # ── password and code ────────────────────────────────────────────────────────────────────────────────────────

    async def with_password(
        self, origin: Origin, email: str, password: str, code: str | None = None, of_merchant: int | None = None
    ) -> SignedIn:
        """Begin a session with a password, and the code of an authenticator or a recovery code.

        An address that users of several merchants have needs the number of one, `of_merchant`.

        Raises SignInLocked; SignInWrong, whatever of them is wrong and whether anybody has the address; and after the
        right password SecondFactorNeeded without a code, or SecondFactorMissing where the install demands a second
        factor and the person has none.
        """
        ctx, typed = self._context(), email.strip().lower()[:EMAIL_CHARS_MAX]
        person = await self._find(email=typed, of_merchant=of_merchant)
        proof = await self._prove(ctx, origin, typed, person, password, code)
        if person is None:
            raise SignInWrong
        if proof is None and person.has_totp:
            raise SecondFactorNeeded
        if proof is None and self._rules.live:
            await self._failed(ctx, origin, "signin.password", person, "second factor missing")
            raise SecondFactorMissing
        factors, part = (f"password+{proof.factor}", proof.part) if proof else ("password", Part())
        try:
            return await self._begin(ctx, origin, person, _Way("signin.password", factors, part))
        except (CodeWrong, StateChanged):
            await self._failed(ctx, origin, "signin.password", person, "code used, or person disabled meanwhile")
            raise SignInWrong from None

    async def _prove(
        self, ctx: Context, origin: Origin, email: str, person: Person | None, password: str, code: str | None
    ) -> Proof | None:
        """The proof of the code, if one was given; raises SignInLocked or SignInWrong."""
        stored = await self._store.find_secrets(person.id) if person else None
        found: list[Proof] = []

        async def matches() -> bool:
            right = await self._is_password(person, stored, password)
            if not right or person is None or stored is None or code is None:
                return right
            proof = await self._second_factors.find_proof(ctx, person.id, stored, code)
            found.extend([proof] if proof else [])
            return proof is not None

        await self._guess(ctx, origin, email, person, matches)
        return found[0] if found else None

    async def _guess(self, ctx: Context, origin: Origin, email: str, person: Person | None, matches: Matches) -> None:
        guesses = self.realm.guesses
        key = LockoutKey(guesses, self._ground.vault.keyed_hash(guesses, email).hex())
        verdict = await self._ground.lockout.attempt(ctx, key, TRIES, matches)
        if verdict is Verdict.LOCKED_OUT:
            await self._failed(ctx, origin, "signin.password", person, "locked")
            raise SignInLocked
        if verdict is Verdict.WRONG:
            await self._failed(ctx, origin, "signin.password", person, "wrong")
            raise SignInWrong

    async def _is_password(self, person: Person | None, stored: Secrets | None, password: str) -> bool:
        """Takes the same time whether anybody has the address or not."""
        passwords, purpose = self._ground.passwords, password_of(person.id if person else 0)
        if not self._no_password:
            self._no_password = await passwords.hash(INSTALL, purpose, new_secret())
        kept = stored.password if stored and stored.password else self._no_password
        return await passwords.matches(INSTALL, purpose, password[: PASSWORD_CHARS_MAX + 1], kept)

    async def prove_again(self, ctx: Context, by: Principal, code: str) -> None:
        """Prove a second factor once more in a session, before a secret is shown.

        Raises SessionUnknown for what is no session, SignInLocked, or CodeWrong.
        """
        person, session_id = await self._in_session(by)
        proof = await self.prove(ctx, by.origin, person, code)
        await self._proved(ctx, by, session_id, proof.factor, proof.part)

    async def prove(self, ctx: Context, origin: Origin, person: Person, code: str) -> Proof:
        """The proof of a code of somebody's second factor; raises SignInLocked or CodeWrong."""
        stored = await self._store.find_secrets(person.id)
        found: list[Proof] = []

        async def matches() -> bool:
            proof = await self._second_factors.find_proof(ctx, person.id, stored, code) if stored else None
            found.extend([proof] if proof else [])
            return proof is not None

        try:
            await self._guess(ctx, origin, person.email, person, matches)
        except SignInWrong:
            raise CodeWrong from None
        return found[0]

    async def prove_again_with_passkey(self, ctx: Context, by: Principal, challenge_id: int, answer: str) -> None:
        """The same with a passkey; raises SessionUnknown, ChallengeUnusable or PasskeyUnusable."""
        person, session_id = await self._in_session(by)
        owner_id, part = await self._answered(ctx, challenge_id, answer)
        if owner_id != person.id:
            raise PasskeyUnusable
        await self._proved(ctx, by, session_id, "passkey", part)

    async def _proved(self, ctx: Context, by: Principal, session_id: int, factor: str, part: Part) -> None:
        proved = Part(writes=(Write(queries.prove_session, {"id": session_id, "now": ctx.now()}),))
        event = Event("signin.prove", f"session:{session_id}", after={"factor": factor})
        await self._changes.commit(ctx, by, event, proved + part)

    async def _in_session(self, by: Principal) -> tuple[Person, int]:
        kind, _, number = (by.credential or "").partition(":")
        person = await self._find(person_id=by.person_id) if by.person_id is not None else None
        if person is None or kind != "session":
            raise SessionUnknown
        return person, int(number)

    # ── passkeys ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def passkey_options(self) -> Challenge:
        """The options for signing in with a passkey; they can be answered once, within CHALLENGE_LIVES."""
        await self._ground.ids.top_up()
        challenge, challenge_id = secrets.token_bytes(CHALLENGE_BYTES), self._ground.ids.next()
        expires_at = self._ground.clock.now() + CHALLENGE_LIVES
        row = {"id": challenge_id, "staff_id": None, "challenge": challenge, "expires_at": expires_at}
        await self._ground.database.execute(queries.add_challenge, row)
        return Challenge(challenge_id, self._party.sign_in_options(challenge))

    async def with_passkey(self, origin: Origin, challenge_id: int, answer: str) -> SignedIn:
        """Begin a session with a passkey; raises SignInWrong, or ChallengeUnusable for a challenge that is over."""
        ctx = self._context()
        try:
            person_id, part = await self._answered(ctx, challenge_id, answer)
            person = await self._find(person_id=person_id)
            if person is None:
                raise PasskeyUnusable
            return await self._begin(ctx, origin, person, _Way("signin.passkey", "passkey", part))
        except (PasskeyUnusable, StateChanged):
            await self._failed(ctx, origin, "signin.passkey", None, "wrong")
            raise SignInWrong from None

    async def _answered(self, ctx: Context, challenge_id: int, answer: str) -> tuple[int, Part]:
        """The person whose passkey answers a challenge, and the part that uses up the challenge."""
        challenge = await self._store.find_challenge(challenge_id, None, ctx.now())
        if challenge is None:
            raise ChallengeUnusable
        passkey = await self._store.find_passkey(credential_of(answer))
        if passkey is None:
            raise PasskeyUnusable
        try:
            purpose = passkey_of(passkey.staff_id, passkey.credential)
            public_key = await self._ground.vault.open(INSTALL, purpose, passkey.public_key)
        except SecretUnreadable:
            raise PasskeyUnusable from None  # put in by other means than the program
        count = self._party.signed(answer, challenge, passkey, public_key)
        used = Write(queries.use_passkey, {"id": passkey.id, "sign_count": count, "used_at": ctx.now()})
        return passkey.staff_id, Part(writes=(used,), transitions=(used_once(CHALLENGES, challenge_id, ctx.now()),))

    # ── links ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def with_link(self, origin: Origin, secret: str) -> SignedIn:
        """Begin a session in which ways to sign in can be set up, and nothing else; raises LinkUnusable."""
        ctx = self._context()
        link_id = find_id("", secret) or 0
        link = await self._store.find_link(link_id)
        person = await self._find(person_id=link.staff_id) if link else None
        if link is None or person is None or not link.is_open(ctx.now()) or not self._is_link(link, secret):
            await self._failed(ctx, origin, "signin.link", person, "used, expired or unknown")
            raise LinkUnusable
        part = Part(transitions=(used_once(LINKS, link_id, ctx.now()),))
        try:
            return await self._begin(ctx, origin, person, _Way("signin.link", "link", part, Purpose.ENROLMENT))
        except (LinkUnusable, StateChanged):
            await self._failed(ctx, origin, "signin.link", person, "used or disabled meanwhile")
            raise LinkUnusable from None

    def _is_link(self, link: StoredLink, secret: str) -> bool:
        return hmac.compare_digest(link_proof(self._ground.vault, link.staff_id, secret), link.proof)

    # ── a session begins ─────────────────────────────────────────────────────────────────────────────────────────

    async def _begin(self, ctx: Context, origin: Origin, person: Person, way: _Way) -> SignedIn:
        known = origin.mark is not None and await self._store.is_known_device(person.id, self._mark(origin.mark))
        mark = origin.mark if known and origin.mark else new_secret()
        session = self._sessions.new(ctx, person.id, way.purpose, way.factors, origin)
        working = way.purpose is Purpose.WORK
        standing = Transition(PEOPLE, person.id, MAY_SIGN_IN, Status.ACTIVE.value if working else None)
        device = {"staff_id": person.id, "proof": self._mark(mark), "name": origin.device, "now": ctx.now()}
        tell = Job(TellNewDevice(session.id), ctx.now())
        beside = Part(
            transitions=(standing,),
            writes=(Write(queries.see_device, {**device, "others_max": DEVICES_MAX - 1}),) if working else (),
            jobs=() if known else (tell,),
        )
        by = Principal(person.subject, frozenset(), person.id, f"session:{session.id}", origin)
        after = {"person": person.subject, "factors": way.factors, "new_device": not known}
        event = Event(way.action, f"session:{session.id}", after=after)
        await self._changes.commit(ctx, by, event, way.part + session.part + beside)
        given = mark if working and not known else None
        return SignedIn(session.token, session.id, person.id, way.purpose, session.expires_at, given, not known)

    async def _find(
        self, *, person_id: int | None = None, email: str | None = None, of_merchant: int | None = None
    ) -> Person | None:
        """Somebody who may sign in."""
        person = await self._people.find(person_id=person_id, email=email, of_merchant=of_merchant)
        if person is None or person.status not in MAY_SIGN_IN:
            return None
        return person if await self.stands(person.of_merchant) else None

    async def _failed(self, ctx: Context, origin: Origin, action: str, person: Person | None, why: str) -> None:
        event = Event(action, person.subject if person else None, reason=why, outcome=Outcome.FAILED)
        await self._recorder.record(ctx, Principal(ACTOR, frozenset(), origin=origin), event)

    def _context(self) -> Context:
        """A try to sign in is a request of its own, and never repeated."""
        return Context(INSTALL, self._ground.clock, f"signin:{secrets.token_hex(16)}", ACTOR)

    def _mark(self, mark: str) -> bytes:
        return self._ground.vault.keyed_hash(_DEVICE, mark)

    async def forget_old(self, now: datetime) -> int:
        """Drop a portion of what is of no use any more; how many rows."""
        dropped = await self._store.forget_before(now, FORGOTTEN_AT_ONCE)
        counted = {realm.guesses: TRIES.window for realm in Realm} | {RESETS: RESETS_ASKED.window}
        for purpose, window in counted.items():
            dropped += await self._ground.lockout.forget_before(purpose, now - window, FORGOTTEN_AT_ONCE)
        return dropped
