"""Use cases of binding.

A code is made and committed first, then sent while the caller waits, so that it never stands anywhere in a form that
can be read. Sending that fails withdraws the code, and the customer may ask for another at once. A process that dies in
between leaves a code that nobody knows; another can be asked for a minute later.

That a code is used once, and that an address belongs to one customer, is held inside the commit that binds it. A caller
whose customer another request has bound, just before or at once, is told that it is bound.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Final

from bursar.customers.binding.errors import (
    BindingCodeWrong,
    CodeSentRecently,
    EmailBindingLocked,
    EmailBoundAlready,
    NothingToSendTo,
    PhoneBindingLocked,
    PhoneBoundAlready,
    PhoneCannotReceive,
    TooManyCodes,
)
from bursar.customers.binding.model import CODE_LIVES, PAUSE, Channel, CodeStatus, SentCode, code_velocity
from bursar.customers.binding.store import BOUND, CODE, EMAIL, OPEN, PHONE, BindingStore, queries
from bursar.customers.contact import Phone, normalise_email
from bursar.customers.errors import EmailTaken, PhoneTaken
from bursar.customers.model import Customer
from bursar.customers.service import Customers
from bursar.customers.store import email_key
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.errors import Fact, ProviderRefused, ProviderUnavailable
from bursar.ledger.errors import StateChanged
from bursar.ledger.model import Machine, Operation, Transition, Write, fingerprint
from bursar.messages import texts
from bursar.messages.mail import Mail
from bursar.messages.sms import Sms
from bursar.messages.velocity import KEPT, Velocity
from bursar.vault.lockout import USUAL_LIMIT, LockoutKey, Verdict
from bursar.vault.passwords import new_code

_PURPOSE: Final = "binding code"
_RECIPIENT: Final = "binding code's recipient"
_SENT: Final = frozenset({CodeStatus.SENT.value})
_MINUTES: Final = int(CODE_LIVES.total_seconds() // 60)


@dataclass(frozen=True, slots=True)
class _Channel:
    """The differences between the channels."""

    name: Channel
    machine: Machine
    is_bound: Callable[[Customer], bool]
    bound_already: Callable[[int], Fact]
    locked: Callable[[int], Fact]


_EMAIL: Final = _Channel(Channel.EMAIL, EMAIL, attrgetter("email_bound"), EmailBoundAlready, EmailBindingLocked)
_PHONE: Final = _Channel(Channel.PHONE, PHONE, attrgetter("phone_bound"), PhoneBoundAlready, PhoneBindingLocked)


class Binding:
    """Sends codes to customers, and binds the address to which a code was sent once it comes back."""

    def __init__(
        self, ground: Ground, customers: Customers, mail: Mail, sms: Sms, *, velocity: Velocity | None = None
    ) -> None:
        self._store = BindingStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._customers = customers
        self._passwords = ground.passwords
        self._lockout = ground.lockout
        self._mail = mail
        self._sms = sms
        self._velocity = velocity or code_velocity()

    # ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def send_email_code(self, ctx: Context, customer_id: int, email: str | None) -> datetime:
        """Send a code to the address, or the one that is known; the instant until which it can be used.

        Raises, in this order: CustomerUnknown; NothingToSendTo; EmailMalformed, EmailDisposable; EmailTaken;
        TooManyCodes, CodeSentRecently; the errors of `Mail.send`.
        """
        customer = await self._customers.get(ctx, customer_id)
        given = email or customer.email
        if given is None:
            raise NothingToSendTo(customer_id)
        address = await self._free_email(ctx, customer_id, given)

        async def send(code: str) -> None:
            await self._mail.send(address, texts.BINDING_SUBJECT, texts.binding(code, _MINUTES))

        return await self._send(ctx, customer_id, Channel.EMAIL, email_key(address), send)

    async def send_phone_code(
        self, ctx: Context, customer_id: int, dialling_code: str | None, number: str | None
    ) -> datetime:
        """Send a code to the number, or the one that is known; the instant until which it can be used.

        Raises, in this order: CustomerUnknown; NothingToSendTo; DiallingCodeMissing, DiallingCodeMalformed,
        DiallingCodeRefused, PhoneMalformed, PhoneCannotReceive; PhoneTaken; TooManyCodes, CodeSentRecently; what
        `Sms.send` raises.
        """
        customer = await self._customers.get(ctx, customer_id)
        given = _given_phone(customer, dialling_code, number)
        _check_receiving(self._customers.read_phone(*given))
        phone = await self._free_phone(ctx, customer_id, *given)

        async def send(code: str) -> None:
            await self._sms.send(phone.e164, texts.binding(code, _MINUTES))

        return await self._send(ctx, customer_id, Channel.PHONE, phone.e164, send)

    async def _send(
        self, ctx: Context, customer_id: int, channel: Channel, address: str, send: Callable[[str], Awaitable[None]]
    ) -> datetime:
        code_id, code = self._ids.next(), new_code()
        proof = self._passwords.code_proof(ctx.merchant_id, _PURPOSE, _subject(code_id, address), code)
        asked = self._asked(ctx, customer_id, channel, address, "")
        made = _made(ctx, code_id, customer_id, channel, proof, asked)
        receipt = await self._ledger.commit(
            ctx, replace(made, writes=(*self._counted(ctx, channel, address), *made.writes))
        )
        if receipt.replayed:
            sent = await self._store.find_code(ctx, customer_id, channel)
            return sent.expires_at if sent else ctx.now()
        try:
            await send(code)
        except (ProviderRefused, ProviderUnavailable):
            await self._withdraw(ctx, code_id)
            raise
        return ctx.now() + CODE_LIVES

    def _counted(self, ctx: Context, channel: Channel, address: str) -> tuple[Write, ...]:
        """The writes that count a code; of the address a keyed hash is kept."""
        recipient = self._passwords.code_proof(ctx.merchant_id, _RECIPIENT, address, "")
        return self._velocity.counted(
            ctx.now(), mobile=address if channel is Channel.PHONE else None, recipient=recipient
        )

    async def _withdraw(self, ctx: Context, code_id: int) -> None:
        operation = Operation(
            key=f"{ctx.request_key}:withdrawn",
            fingerprint=fingerprint("withdrawn", code_id),
            kind="binding_code_withdrawn",
            subject=f"binding_code:{code_id}",
            transitions=(Transition(CODE, code_id, _SENT, CodeStatus.WITHDRAWN),),
        )
        with suppress(StateChanged):  # a newer one has taken its place
            await self._ledger.commit(ctx, operation)

    # ── binding ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def bind_email(self, ctx: Context, customer_id: int, email: str, code: str) -> None:
        """The customer's email address is this one from now on, and bound.

        Raises, in this order: CustomerUnknown; EmailBoundAlready; EmailMalformed, EmailDisposable; EmailTaken;
        EmailBindingLocked; BindingCodeWrong.
        """
        asked = self._asked(ctx, customer_id, Channel.EMAIL, email, code)
        if await self._ledger.find_receipt(ctx, ctx.request_key, asked):
            return
        await self._check_open(ctx, _EMAIL, customer_id)
        address = await self._free_email(ctx, customer_id, email)
        sent = await self._prove(ctx, _EMAIL, customer_id, email_key(address), code)
        values = {"emails": address, "email_keys": email_key(address)}
        await self._bind(ctx, asked, _EMAIL, customer_id, sent, values)

    async def bind_phone(
        self, ctx: Context, customer_id: int, dialling_code: str | None, number: str, code: str
    ) -> None:
        """The customer's phone number is this one from now on, and bound.

        Raises, in this order: CustomerUnknown; PhoneBoundAlready; DiallingCodeMissing, DiallingCodeMalformed,
        DiallingCodeRefused, PhoneMalformed; PhoneTaken; PhoneBindingLocked; BindingCodeWrong.
        """
        asked = self._asked(ctx, customer_id, Channel.PHONE, f"{dialling_code}|{number}", code)
        if await self._ledger.find_receipt(ctx, ctx.request_key, asked):
            return
        await self._check_open(ctx, _PHONE, customer_id)
        phone = await self._free_phone(ctx, customer_id, dialling_code, number)
        sent = await self._prove(ctx, _PHONE, customer_id, phone.e164, code)
        values = {"dialling_codes": phone.dialling_code, "numbers": phone.number, "e164s": phone.e164}
        await self._bind(ctx, asked, _PHONE, customer_id, sent, values)

    async def _prove(self, ctx: Context, channel: _Channel, customer_id: int, address: str, code: str) -> SentCode:
        """The code that was sent, if this is it; every other try counts as a wrong guess, for any fault."""
        sent = await self._store.find_code(ctx, customer_id, channel.name)

        async def matches() -> bool:
            subject = _subject(sent.id, address) if sent else ""
            proof = sent.proof if sent else b""
            same = self._passwords.code_matches(ctx.merchant_id, _PURPOSE, subject, code, proof)
            return same and sent is not None and sent.is_open(ctx.now())

        key = LockoutKey(f"{channel.name} binding", str(customer_id))
        verdict = await self._lockout.attempt(ctx, key, USUAL_LIMIT, matches)
        if verdict is Verdict.RIGHT and sent is not None:
            return sent
        await self._check_open(ctx, channel, customer_id)  # a code that was used meanwhile bound the customer
        raise channel.locked(customer_id) if verdict is Verdict.LOCKED_OUT else BindingCodeWrong(customer_id)

    async def _check_open(self, ctx: Context, channel: _Channel, customer_id: int) -> None:
        """Raises the channel's fact if the customer's address is bound."""
        if channel.is_bound(await self._customers.get(ctx, customer_id)):
            raise channel.bound_already(customer_id)

    async def _bind(
        self,
        ctx: Context,
        asked: bytes,
        channel: _Channel,
        customer_id: int,
        sent: SentCode,
        values: Mapping[str, object],
    ) -> None:
        operation = Operation(
            key=ctx.request_key,
            fingerprint=asked,
            kind=f"customer_{channel.name}_bound",
            subject=f"customer:{customer_id}",
            transitions=(
                Transition(channel.machine, customer_id, OPEN, BOUND, values),
                Transition(CODE, sent.id, _SENT, CodeStatus.USED),
            ),
            refusals={"customer_email_key": EmailTaken, "customer_phone_key": PhoneTaken},
        )
        try:
            await self._ledger.commit(ctx, operation)
        except StateChanged as changed:
            if changed.machine == channel.machine.name:
                raise channel.bound_already(customer_id) from None
            raise BindingCodeWrong(customer_id) from None  # used, or replaced by a newer one, meanwhile

    # ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _free_email(self, ctx: Context, customer_id: int, email: str) -> str:
        address = normalise_email(email)
        if await self._store.email_is_anothers(ctx, customer_id, email_key(address)):
            raise EmailTaken
        return address

    async def _free_phone(self, ctx: Context, customer_id: int, dialling_code: str | None, number: str) -> Phone:
        phone = self._customers.read_phone(dialling_code, number)
        if await self._store.phone_is_anothers(ctx, customer_id, phone.e164):
            raise PhoneTaken
        return phone

    def _asked(self, ctx: Context, customer_id: int, channel: Channel, address: str, code: str) -> bytes:
        """The fingerprint of a request: it stays in the books, so an address or code is in it as a keyed hash only."""
        proof = self._passwords.code_proof(ctx.merchant_id, _PURPOSE, f"asked|{address}", code)
        return fingerprint("bind", channel, customer_id, proof.hex())


def _made(ctx: Context, code_id: int, customer_id: int, channel: Channel, proof: bytes, asked: bytes) -> Operation:
    now = ctx.now()
    row = {
        "customer_id": customer_id,
        "channel": channel,
        "id": code_id,
        "proof": proof,
        "sent_at": now,
        "free_at": now + PAUSE,
        "expires_at": now + CODE_LIVES,
    }
    return Operation(
        key=ctx.request_key,
        fingerprint=asked,
        kind="binding_code_made",
        subject=f"binding_code:{code_id}",
        writes=(Write(queries.put_code, row),),
        refusals={"binding_code_pace": lambda: CodeSentRecently(customer_id), KEPT: TooManyCodes},
    )


def _check_receiving(phone: Phone) -> None:
    """Raises PhoneCannotReceive."""
    kind = phone.unreachable_kind
    if kind is not None:
        raise PhoneCannotReceive(kind)


def _given_phone(customer: Customer, dialling_code: str | None, number: str | None) -> tuple[str | None, str]:
    """The dialling code and number to send to: those given, or else the customer's; raises NothingToSendTo."""
    if number is not None:
        return dialling_code, number
    if customer.phone is None:
        raise NothingToSendTo(customer.id)
    return customer.phone.dialling_code, customer.phone.number


def _subject(code_id: int, address: str) -> str:
    """The subject of a code's proof: the address is a part of it, so a code proves no other one."""
    return f"{code_id}|{address}"
