"""From a payee's details to the stored row, and back."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import orjson

from bursar.kernel.context import Context
from bursar.payouts.payees.model import Payee, PayeeDetails, PayeeFilter, PayeeStatus, SealedDetails
from bursar.payouts.payees.ports import TestAccounts
from bursar.payouts.payees.store import SearchHashes
from bursar.vault.service import Vault

PURPOSE: Final = "payee"
"""The purpose under which secrets of payees are sealed."""
_PLAIN: Final = ("name_en", "name_ar", "address", "bank_code", "iban", "swift_code", "mobile", "otp_product")


class RowSealer:
    """Seals secrets of payees, and hashes them so that they can be searched for."""

    def __init__(self, vault: Vault, tests: TestAccounts) -> None:
        self._vault = vault
        self._tests = tests

    async def written(self, ctx: Context, payee: Payee, details: PayeeDetails) -> Payee:
        """The payee with these details, which have been checked."""
        secrets = {"identity": details.identity, "card": details.card_number, "stc": details.stc_account}
        stc_hash = self._hash(ctx, "stc account", details.stc_account)
        plain: dict[str, Any] = {name: getattr(details, name) for name in _PLAIN}
        return replace(
            payee,
            **plain,
            secrets=await self._vault.seal(ctx.merchant_id, PURPOSE, orjson.dumps(secrets)),
            has_card_number=details.card_number is not None,
            has_stc_account=details.stc_account is not None,
            stc_verified=payee.stc_verified and stc_hash == payee.stc_hash,
            bank_is_test=self._tests.bank_account(details.iban) is not None,
            stc_is_test=self._tests.stc_account(details.stc_account) is not None,
            identity_hash=self._hash(ctx, "identity", details.identity),
            card_hash=self._hash(ctx, "card number", details.card_number),
            stc_hash=stc_hash,
        )

    async def read(self, ctx: Context, payee: Payee) -> PayeeDetails:
        """All details of the payee."""
        secrets = await self.secrets(ctx, payee)
        plain = {name: getattr(payee, name) for name in _PLAIN}
        return PayeeDetails(
            identity=secrets.identity, card_number=secrets.card_number, stc_account=secrets.stc_account, **plain
        )

    async def secrets(self, ctx: Context, payee: Payee) -> SealedDetails:
        """The secrets of the payee's row; raises SecretUnreadable."""
        return _read(await self._vault.open(ctx.merchant_id, PURPOSE, payee.secrets))

    async def shown(self, ctx: Context, payee: Payee) -> SealedDetails:
        """As `secrets`, for an answer to the merchant; raises also the errors of `Vault.show`."""
        return _read(await self._vault.show(ctx.merchant_id, PURPOSE, payee.secrets))

    def verdict(self, details: PayeeDetails) -> PayeeStatus | None:
        """The decision about the owner of test accounts; None if none of the accounts is one."""
        verdicts = (
            self._tests.bank_account(details.iban),
            self._tests.stc_account(details.stc_account),
        )
        if PayeeStatus.REJECTED in verdicts:
            return PayeeStatus.REJECTED
        return PayeeStatus.NORMAL if PayeeStatus.NORMAL in verdicts else None

    def searched(self, ctx: Context, which: PayeeFilter) -> SearchHashes:
        """The keyed hashes that a list is searched for."""
        return SearchHashes(
            self._hash(ctx, "identity", which.identity),
            self._hash(ctx, "card number", which.card_number),
            self._hash(ctx, "stc account", which.stc_account),
        )

    def account_reference(self, ctx: Context, account: str) -> str:
        """A reference for a payee that the merchant has not named: the same for the same account."""
        return f"rapid:{self._vault.keyed_hash('payee account', f'{ctx.merchant_id}|{account}').hex()[:40]}"

    def _hash(self, ctx: Context, kind: str, value: str | None) -> bytes | None:
        return self._vault.keyed_hash(f"payee {kind}", f"{ctx.merchant_id}|{value}") if value else None


def _read(secrets: bytes) -> SealedDetails:
    told: Mapping[str, str | None] = orjson.loads(secrets)
    return SealedDetails(told["identity"], told["card"], told["stc"])
