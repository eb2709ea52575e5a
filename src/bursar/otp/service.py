"""Use cases of one-time passwords: sent under a product's name, checked, and looked up.

A password is made and committed first, then sent while the caller waits, who has to learn the gateway's answer; so it
never stands anywhere in a form that can be read. How sending ended is a second commit. Sending that fails gives the
pause back, but not the count against pumping.

One number bears five wrong passwords in a rolling hour, for all its sessions together.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.errors import Fact, ProviderRefused, ProviderUnavailable
from bursar.ledger.errors import StateChanged
from bursar.ledger.model import Operation, Transition, Write, fingerprint
from bursar.messages import texts
from bursar.messages.errors import GatewayFailed
from bursar.messages.service import Receipts
from bursar.messages.sms import Sms
from bursar.messages.velocity import KEPT, Velocity
from bursar.otp.errors import (
    CodeExpired,
    CodeWrong,
    MessageGatewayUnreachable,
    MessageNotPushed,
    MessageRefused,
    MobileMalformed,
    MobileMismatch,
    ProductNameMissing,
    ProductNameUnknown,
    SentRecently,
    SessionUnknown,
    TriesUsedUp,
    VelocityReached,
)
from bursar.otp.metrics import CHECKED, SENT
from bursar.otp.model import (
    CODE_LIVES,
    FORGOTTEN_AT_ONCE,
    KEPT_FOR,
    PAUSE,
    SESSION_BYTES,
    TRIES,
    OtpDetail,
    OtpStatus,
    SentOtp,
    StoredOtp,
    TestNumbers,
    check_kind,
    read_mobile,
    report_of,
)
from bursar.otp.products import ProductNames
from bursar.otp.store import OPEN, OTP, USED, OtpStore, queries
from bursar.vault.lockout import LockoutKey, Verdict
from bursar.vault.passwords import new_code

_PURPOSE: Final = "one-time password"
_MOBILE: Final = "one-time password's number"
_MINUTES: Final = int(CODE_LIVES.total_seconds() // 60)
_SEND: Final = "sms.send"


class Otp:
    """One-time passwords of a merchant."""

    def __init__(
        self,
        ground: Ground,
        products: ProductNames,
        sms: Sms,
        receipts: Receipts,
        *,
        velocity: Velocity | None = None,
        test_numbers: TestNumbers | None = None,
    ) -> None:
        self._store = OtpStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._vault = ground.vault
        self._passwords = ground.passwords
        self._lockout = ground.lockout
        self._products = products
        self._sms = sms
        self._receipts = receipts
        self._velocity = velocity or Velocity()
        self._test_numbers = test_numbers or TestNumbers()

    # ── product names ────────────────────────────────────────────────────────────────────────────────────────────

    async def product_names(self, ctx: Context) -> Sequence[str]:
        """The names that the merchant can send under."""
        return await self._products.product_names(ctx)

    async def check_product_name(self, ctx: Context, name: str) -> None:
        """Raises ProductNameMissing when the merchant has none, ProductNameUnknown when this is not one of them."""
        names = await self._products.product_names(ctx)
        if not names:
            raise ProductNameMissing
        if name not in names:
            raise ProductNameUnknown(name)

    # ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def send(self, ctx: Context, mobile: str, product: str, kind: str = "stcpay") -> SentOtp:
        """Send a one-time password to a mobile number under one of the merchant's product names.

        Raises, in this order: MobileMalformed; KindUnknown; ProductNameMissing, ProductNameUnknown; VelocityReached;
        SentRecently; MessageRefused, MessageGatewayUnreachable or MessageNotPushed.
        """
        number = read_mobile(mobile)
        check_kind(kind)
        await self.check_product_name(ctx, product)
        session = self._test_numbers.sessions.get(number)
        code = new_code() if session is None else self._test_numbers.code
        otp_id = self._ids.next()
        row = self._row(ctx, otp_id, number, session or secrets.token_hex(SESSION_BYTES), code)
        status = OtpStatus.SENDING if session is None else OtpStatus.SUCCEEDED
        made = self._made(ctx, number, {**row, "product": product, "kind": kind, "status": status})
        receipt = await self._ledger.commit(ctx, made)
        if receipt.replayed:
            return await self._sent_before(ctx, receipt.subject_id)
        if session is None:
            await self._push(ctx, row, number, texts.one_time_password(code, product, _MINUTES))
        return SentOtp(str(row["session"]), ctx.now() + CODE_LIVES)

    def _row(self, ctx: Context, otp_id: int, number: str, session: str, code: str) -> dict[str, object]:
        now = ctx.now()
        return {
            "id": otp_id,
            "session": session,
            "mobile_hash": self._hash(ctx, number),
            "proof": self._passwords.code_proof(ctx.merchant_id, _PURPOSE, session, code),
            "created_at": now,
            "expires_at": now + CODE_LIVES,
            "free_at": now + PAUSE,
        }

    def _made(self, ctx: Context, number: str, row: Mapping[str, object]) -> Operation:
        prefix = self._velocity.prefix_of(number)
        return Operation(
            key=f"{ctx.request_key}:otp",
            fingerprint=fingerprint("otp", self._hash(ctx, number).hex(), row["product"], row["kind"]),
            kind="otp_made",
            subject=f"otp:{row['id']}",
            writes=(
                *self._velocity.counted(ctx.now(), mobile=number),
                Write(queries.keep_pace, row),
                Write(queries.put_otp, row),
            ),
            refusals={KEPT: lambda: VelocityReached(prefix), "otp_pace_kept": SentRecently},
        )

    async def _sent_before(self, ctx: Context, otp_id: int) -> SentOtp:
        session = await self._store.find_session(ctx, otp_id)
        stored = await self._store.find(ctx, session or "")
        if stored is None:
            raise SessionUnknown
        return SentOtp(stored.session, stored.expires_at)

    async def _push(self, ctx: Context, row: Mapping[str, object], number: str, text: str) -> None:
        try:
            message_id = await self._sms.send(number, text)
        except (ProviderRefused, ProviderUnavailable) as fault:
            refused = isinstance(fault, ProviderRefused)
            SENT.labels("refused" if refused else "unreachable").inc()
            await self._settle(ctx, row, OtpStatus.FAILED if refused else OtpStatus.UNKNOWN, None)
            raise _meaning(fault) from fault
        SENT.labels("sent").inc()
        await self._settle(ctx, row, OtpStatus.SUCCEEDED, message_id)

    async def _settle(self, ctx: Context, row: Mapping[str, object], status: OtpStatus, message_id: str | None) -> None:
        settled = Write(queries.settle_otp, {"id": row["id"], "status": status, "message_id": message_id})
        released = Write(queries.release_pace, {"id": row["id"], "mobile_hash": row["mobile_hash"]})
        operation = Operation(
            key=f"{ctx.request_key}:otp_settled",
            fingerprint=fingerprint("otp settled", row["id"], status),
            kind="otp_settled",
            subject=f"otp:{row['id']}",
            writes=(settled,) if status is OtpStatus.SUCCEEDED else (settled, released),
        )
        await self._ledger.commit(ctx, operation)

    # ── checking ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def check(self, ctx: Context, mobile: str, code: str, session: str) -> None:
        """Take a one-time password, once.

        Raises, in this order: SessionUnknown; MobileMismatch; CodeExpired; TriesUsedUp; CodeWrong.
        """
        try:
            await self._check(ctx, mobile, code, session)
        except Fact as fact:
            CHECKED.labels(type(fact).__name__).inc()
            raise
        CHECKED.labels("verified").inc()

    async def _check(self, ctx: Context, mobile: str, code: str, session: str) -> None:
        if self._test_numbers.mobile_of(session) is not None:
            await self._check_test_number(ctx, mobile, code, session)
            return
        asked = fingerprint("otp checked", self._passwords.code_proof(ctx.merchant_id, _PURPOSE, session, code).hex())
        if await self._ledger.find_receipt(ctx, f"{ctx.request_key}:otp_used", asked):
            return
        stored = await self._get(ctx, mobile, session)
        if not stored.is_open(ctx.now()):
            raise CodeExpired
        await self._prove(ctx, stored.mobile_hash, code, session, stored.proof)
        await self._use(ctx, stored, asked)

    async def _check_test_number(self, ctx: Context, mobile: str, code: str, session: str) -> None:
        """As any other, but there is nothing to expire or to use up."""
        number = self._test_numbers.mobile_of(session) or ""
        if _read(mobile) != number:
            raise MobileMismatch
        proof = self._passwords.code_proof(ctx.merchant_id, _PURPOSE, session, self._test_numbers.code)
        await self._prove(ctx, self._hash(ctx, number), code, session, proof)

    async def _prove(self, ctx: Context, mobile_hash: bytes, code: str, session: str, proof: bytes) -> None:
        async def matches() -> bool:
            return self._passwords.code_matches(ctx.merchant_id, _PURPOSE, session, code, proof)

        verdict = await self._lockout.attempt(ctx, LockoutKey(_PURPOSE, mobile_hash.hex()), TRIES, matches)
        if verdict is Verdict.LOCKED_OUT:
            raise TriesUsedUp
        if verdict is Verdict.WRONG:
            raise CodeWrong

    async def _use(self, ctx: Context, stored: StoredOtp, asked: bytes) -> None:
        operation = Operation(
            key=f"{ctx.request_key}:otp_used",
            fingerprint=asked,
            kind="otp_used",
            subject=f"otp:{stored.id}",
            transitions=(Transition(OTP, stored.id, OPEN, USED),),
        )
        try:
            await self._ledger.commit(ctx, operation)
        except StateChanged:
            raise CodeExpired from None  # somebody else used it a moment ago

    # ── looking up ───────────────────────────────────────────────────────────────────────────────────────────────

    async def detail(self, ctx: Context, mobile: str, session: str) -> OtpDetail:
        """The standing of a one-time password; raises SessionUnknown or MobileMismatch."""
        stored = await self._get(ctx, mobile, session)
        status = stored.status_at(ctx.now())
        receipt = await self._receipts.status_of(stored.message_id) if stored.message_id else None
        return OtpDetail(session, status, report_of(status, receipt), stored.created_at)

    async def _get(self, ctx: Context, mobile: str, session: str) -> StoredOtp:
        stored = await self._store.find(ctx, session)
        if stored is None:
            raise SessionUnknown
        number = _read(mobile)
        if number is None or self._hash(ctx, number) != stored.mobile_hash:
            raise MobileMismatch
        return stored

    # ── forgetting ───────────────────────────────────────────────────────────────────────────────────────────────

    async def forget_old(self, now: datetime) -> int:
        """Drop some of the rows that nobody may ask for any more, of all merchants; the number of rows dropped.

        Wrong tries that are still within their window stay, and so do pauses that are not over.
        """
        dropped = await self._store.forget_before(now - KEPT_FOR, FORGOTTEN_AT_ONCE)
        return dropped + await self._lockout.forget_before(_PURPOSE, now - TRIES.window, FORGOTTEN_AT_ONCE)

    def _hash(self, ctx: Context, number: str) -> bytes:
        return self._vault.keyed_hash(_MOBILE, f"{ctx.merchant_id}|{number}")


def _read(mobile: str) -> str | None:
    try:
        return read_mobile(mobile)
    except MobileMalformed:
        return None


def _meaning(fault: ProviderRefused | ProviderUnavailable) -> Fact:
    if isinstance(fault, ProviderRefused):
        return MessageRefused(_SEND)
    return MessageNotPushed(_SEND) if isinstance(fault, GatewayFailed) else MessageGatewayUnreachable(_SEND)
