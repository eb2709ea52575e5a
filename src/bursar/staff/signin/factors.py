"""The ways to sign in that somebody sets up for themselves, through a link or soon after signing in."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from bursar.ground import Ground
from bursar.kernel.context import INSTALL, Context
from bursar.ledger.model import Part, Write
from bursar.staff.audit.model import Event
from bursar.staff.changes import Changes
from bursar.staff.errors import (
    ChallengeUnusable,
    CodeWrong,
    LimitOfPeople,
    PasskeyUnknown,
    PasskeyUnusable,
    SecondFactorStale,
)
from bursar.staff.model import NAME_CHARS_MAX, Person, Principal, read_text
from bursar.staff.people.store import PeopleStore
from bursar.staff.realm import Realm
from bursar.staff.signin.model import (
    CHALLENGE_LIVES,
    PASSKEYS_MAX,
    RECOVERY_CODES,
    Challenge,
    Passkey,
    Rules,
    check_password,
    new_recovery_code,
    plain_code,
)
from bursar.staff.signin.passkeys import CHALLENGE_BYTES, RelyingParty, passkey_of
from bursar.staff.signin.second_factors import SecondFactors, authenticator_of, password_of
from bursar.staff.signin.store import CHALLENGES, SignInStore, queries, used_once
from bursar.staff.signin.totp import find_step, new_secret, read_secret, uri_of


@dataclass(frozen=True, slots=True)
class NewAuthenticator:
    """A secret for an authenticator, not in use until a code of it was given."""

    secret: str = field(repr=False)
    """In Base32."""
    uri: str = field(repr=False)
    """For a picture that authenticator programs read."""


class Factors:
    """Ways to sign in of whoever asks."""

    def __init__(self, ground: Ground, changes: Changes, rules: Rules, realm: Realm = Realm.STAFF) -> None:
        self._store = SignInStore(ground.database)
        self._people = PeopleStore(ground.database, realm)
        self._ground = ground
        self._changes = changes
        self._second_factors = SecondFactors(ground)
        self._party = RelyingParty.of(rules.url)

    async def _myself(self, ctx: Context, by: Principal) -> tuple[Person, int]:
        """The person who asks, and the number of their session; raises SecondFactorStale."""
        kind, _, number = (by.credential or "").partition(":")
        person = await self._people.find(person_id=by.person_id) if by.person_id is not None else None
        if person is None or kind != "session" or not (by.enrolling or by.has_proved(ctx.now())):
            raise SecondFactorStale(by.actor)
        return person, int(number)

    # ── password, authenticator, recovery codes ──────────────────────────────────────────────────────────────────

    async def set_password(self, ctx: Context, by: Principal, password: str) -> None:
        """The password from now on; the person's other sessions end. Raises SecondFactorStale or PasswordUnusable."""
        person, session_id = await self._myself(ctx, by)
        check_password(password)
        hashed = await self._ground.passwords.hash(INSTALL, password_of(person.id), password)
        part = Part(
            writes=(
                Write(queries.set_password, {"id": person.id, "password": hashed}),
                Write(queries.end_other_sessions, {"staff_id": person.id, "id": session_id, "now": ctx.now()}),
            )
        )
        asked = self._ground.vault.keyed_hash(password_of(person.id), password).hex()
        await self._changes.commit(ctx, by, Event("factor.password", person.subject), part, asked=(person.id, asked))

    async def new_authenticator(self, ctx: Context, by: Principal) -> NewAuthenticator:
        """A new secret for an authenticator; raises SecondFactorStale."""
        person, _ = await self._myself(ctx, by)
        secret = new_secret()
        return NewAuthenticator(secret, uri_of(secret, person.email))

    async def set_authenticator(self, ctx: Context, by: Principal, secret: str, code: str) -> None:
        """The authenticator from now on, in place of the one before, shown to work by a code of it.

        Raises SecondFactorStale, or CodeWrong.
        """
        person, _ = await self._myself(ctx, by)
        raw = read_secret(secret)
        step = find_step(raw, plain_code(code), ctx.now()) if raw else None
        if raw is None or step is None:
            raise CodeWrong
        sealed = await self._ground.vault.seal(INSTALL, authenticator_of(person.id), raw)
        part = Part(writes=(Write(queries.set_totp, {"id": person.id, "totp_secret": sealed}),))
        used = self._second_factors.used_step(person.id, step)
        asked = self._ground.vault.keyed_hash(authenticator_of(person.id), secret).hex()
        event = Event("factor.authenticator", person.subject, {"set": person.has_totp}, {"set": True})
        await self._changes.commit(ctx, by, event, part + used, asked=(person.id, asked))

    async def new_recovery_codes(self, ctx: Context, by: Principal) -> tuple[str, ...]:
        """Codes to be kept on paper, each good once in place of an authenticator's; the ones before are no use.

        Raises SecondFactorStale.
        """
        person, _ = await self._myself(ctx, by)
        codes = tuple(new_recovery_code() for _ in range(RECOVERY_CODES))
        rows = [
            {
                "ids": self._ground.ids.next(),
                "staff_ids": person.id,
                "proofs": self._second_factors.recovery_proof(person.id, code),
            }
            for code in codes
        ]
        added = (Write(queries.add_recovery_codes, row) for row in rows)
        part = Part(writes=(Write(queries.drop_recovery_codes, {"staff_id": person.id}), *added))
        asked = (person.id, rows[0]["ids"])  # codes are told once: a repeat of the request is refused
        await self._changes.commit(ctx, by, Event("factor.recovery_codes", person.subject), part, asked=asked)
        return codes

    async def count_recovery_codes(self, by: Principal) -> int:
        """Codes that are left."""
        return await self._store.count_recovery_codes(by.person_id or 0)

    # ── passkeys ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def passkey_options(self, ctx: Context, by: Principal) -> Challenge:
        """The options for making a passkey; they can be answered once, within CHALLENGE_LIVES.

        Raises SecondFactorStale, or LimitOfPeople with PASSKEYS_MAX.
        """
        person, _ = await self._myself(ctx, by)
        known = await self._store.list_passkeys(person.id)
        if len(known) >= PASSKEYS_MAX:
            raise LimitOfPeople("passkeys", PASSKEYS_MAX)
        await self._ground.ids.top_up()
        challenge, challenge_id = secrets.token_bytes(CHALLENGE_BYTES), self._ground.ids.next()
        row = {"id": challenge_id, "staff_id": person.id, "challenge": challenge}
        await self._ground.database.execute(queries.add_challenge, {**row, "expires_at": ctx.now() + CHALLENGE_LIVES})
        return Challenge(challenge_id, self._party.registration_options(person, known, challenge))

    async def add_passkey(self, ctx: Context, by: Principal, challenge_id: int, answer: str, name: str) -> None:
        """The passkey that a device has made for the options.

        Raises SecondFactorStale, TextUnusable, ChallengeUnusable or PasskeyUnusable.
        """
        person, _ = await self._myself(ctx, by)
        called = read_text("name", name, NAME_CHARS_MAX)
        challenge = await self._store.find_challenge(challenge_id, person.id, ctx.now())
        if challenge is None:
            raise ChallengeUnusable
        made = self._party.registered(answer, challenge)
        row = {
            "id": self._ground.ids.next(),
            "staff_id": person.id,
            "credential": made.credential,
            "public_key": await self._ground.vault.seal(
                INSTALL, passkey_of(person.id, made.credential), made.public_key
            ),
            "sign_count": made.sign_count,
            "name": called,
            "created_at": ctx.now(),
        }
        part = Part(
            writes=(Write(queries.add_passkey, row),),
            transitions=(used_once(CHALLENGES, challenge_id, ctx.now()),),
            refusals={"staff_passkey_once": PasskeyUnusable},
        )
        event = Event("factor.passkey", person.subject, after={"name": called})
        await self._changes.commit(ctx, by, event, part, asked=(person.id, challenge_id))

    async def list_passkeys(self, by: Principal) -> Sequence[Passkey]:
        """Passkeys of whoever asks, oldest first."""
        return await self._store.list_passkeys(by.person_id or 0)

    async def remove_passkey(self, ctx: Context, by: Principal, passkey_id: int) -> None:
        """The passkey is not to be used any more; raises SecondFactorStale or PasskeyUnknown."""
        person, _ = await self._myself(ctx, by)
        known = {passkey.id: passkey for passkey in await self._store.list_passkeys(person.id)}
        if passkey_id not in known:
            raise PasskeyUnknown(passkey_id)
        part = Part(writes=(Write(queries.remove_passkey, {"id": passkey_id, "staff_id": person.id}),))
        event = Event("factor.remove_passkey", person.subject, before={"name": known[passkey_id].name})
        await self._changes.commit(ctx, by, event, part, asked=(person.id, passkey_id))
