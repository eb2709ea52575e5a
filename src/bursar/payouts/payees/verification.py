"""Proving that a payee's STC account is its own: a code is sent there and comes back."""

from contextlib import suppress
from datetime import timedelta
from typing import Final

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.errors import Fact, Refused
from bursar.ledger.model import Operation, Write, fingerprint
from bursar.payouts.payees.due import SendCode
from bursar.payouts.payees.errors import AutoApprovalOff, AutoApprovalUnchangeable, NothingToVerify
from bursar.payouts.payees.model import Payee, PayeeDetails
from bursar.payouts.payees.ports import OwnershipCodes
from bursar.payouts.payees.sealed_rows import RowSealer
from bursar.payouts.payees.store import PayeeStore, queries

OPEN_FOR: Final = timedelta(minutes=5)
"""The time in which a code can be answered, and counts as open."""


class Verification:
    """Codes for the STC accounts of payees."""

    def __init__(self, ground: Ground, codes: OwnershipCodes, sealing: RowSealer) -> None:
        self._store = PayeeStore(ground.database)
        self._ledger = ground.ledger
        self._codes = codes
        self._sealing = sealing

    async def check_product(self, ctx: Context, details: PayeeDetails, *, wanted: bool) -> None:
        """Raises the refusal of the product name by codes, if one is given or a code is `wanted` for an STC account."""
        if details.otp_product is not None or (wanted and details.stc_account is not None):
            await self._codes.check_product(ctx, details.otp_product)

    async def check_switch(self, ctx: Context, payee: Payee, *, on: bool) -> None:
        """Raises AutoApprovalUnchangeable if it is so already, or while a code can be answered."""
        if payee.auto_approval == on or (payee.awaits_code and await self._is_open(ctx, payee)):
            raise AutoApprovalUnchangeable(payee.id)

    async def _is_open(self, ctx: Context, payee: Payee) -> bool:
        sent = await self._store.find_code(ctx, payee.id)
        return sent is not None and sent.stc_hash == payee.stc_hash and ctx.now() < sent.sent_at + OPEN_FOR

    async def send(self, ctx: Context, payee: Payee, details: PayeeDetails) -> None:
        """Send a code; raises AutoApprovalOff, NothingToVerify, or the errors of codes."""
        _check_verifiable(payee)
        session = await self._codes.send(ctx, _mobile(details), details.otp_product)
        row = {"payee_id": payee.id, "stc_hash": payee.stc_hash, "session": session, "sent_at": ctx.now()}
        await self._ledger.commit(
            ctx,
            Operation(
                key=f"{ctx.request_key}:payee_code_sent",
                fingerprint=fingerprint("payee code sent", payee.id),
                kind="payee_code_sent",
                subject=f"payee:{payee.id}",
                writes=(Write(queries.keep_code, row),),
            ),
        )

    async def send_quietly(self, ctx: Context, payee: Payee, details: PayeeDetails) -> None:
        """Send a code because of something else that has happened already; one that cannot be sent can be resent."""
        with suppress(Fact):
            await self.send(ctx, payee, details)

    async def send_due(self, ctx: Context, due: SendCode) -> None:
        """The job that sends the code of a payee that came with others; raises the errors of codes when it may help."""
        payee = (await self._store.find_all(ctx, [due.payee_id]))[0]
        with suppress(Refused):  # switched off or verified meanwhile, or a number that cannot be reached
            await self.send(ctx, payee, await self._sealing.read(ctx, payee))

    async def check(self, ctx: Context, payee: Payee, details: PayeeDetails, code: str) -> None:
        """Raises AutoApprovalOff, NothingToVerify, or the errors of codes unless it is the code that was sent."""
        _check_verifiable(payee)
        sent = await self._store.find_code(ctx, payee.id)
        session = sent.session if sent is not None and sent.stc_hash == payee.stc_hash else ""
        await self._codes.check(ctx, _mobile(details), code, session)


def _check_verifiable(payee: Payee) -> None:
    if not payee.auto_approval:
        raise AutoApprovalOff(payee.id)
    if not payee.awaits_code:
        raise NothingToVerify(payee.id)


def _mobile(details: PayeeDetails) -> str:
    """An STC account is a Saudi mobile number."""
    return f"+966{details.stc_account}"
