"""The first start of a sandbox: its products, its one merchant with funds, and the file that says how to reach it.

Every step is done once however often it is run, so that a start that was cut off is finished by the next.
"""

import asyncio
import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bursar.api.card.call import Services
from bursar.api.card.jwe import OwnKey
from bursar.api.payout import call as payout_call
from bursar.api.payout.keys import SystemKey
from bursar.install.home import make_home
from bursar.kernel.clock import Clock
from bursar.kernel.context import Context
from bursar.kernel.ids import Ids
from bursar.kernel.money import Money
from bursar.merchants.model import Permission
from bursar.merchants.payout.service import NewPayoutMerchant
from bursar.merchants.service import NewMerchant
from bursar.sandbox.catalogue import SANDBOX_PRODUCTS
from bursar.sandbox.exchange import SANDBOX_EXCHANGE
from bursar.vault.rsa import new_rsa_key

MERCHANT_KEY: Final = "sandbox merchant's card key"
PAYOUT_MERCHANT_KEY: Final = "sandbox merchant's payout key"
SANDBOX_TOKEN: Final = "sandbox token"  # noqa: S105 - what it is called
FUNDS: Final = (Money.parse("1000000", "USDT"), Money.zero("BTC"), Money.zero("ETH"))
PAYOUT_FUNDS: Final = (
    Money.parse("1000000", "SAR"),
    Money.parse("100000", "AED"),
    Money.parse("100000", "KWD"),
)
PRODUCT_NAMES: Final = ("Bursar", "Demo")


@dataclass(frozen=True, slots=True)
class Install:
    """The install as its first merchant meets it."""

    home: Path
    base_url: str
    platform_key: bytes
    """The private key of the card API, as PEM."""


async def bootstrap(install: Install, services: Services, payout: payout_call.Services, ids: Ids, clock: Clock) -> Path:
    """Make the parts of a sandbox that are missing, and write `sandbox.json`; its path."""
    merchants = services.merchants
    own, payout_own = await asyncio.gather(
        *(merchants.ensure_platform_key(name, new_rsa_key) for name in (MERCHANT_KEY, PAYOUT_MERCHANT_KEY))
    )
    token = await merchants.ensure_platform_key(SANDBOX_TOKEN, lambda: secrets.token_urlsafe(32).encode())
    ctx = Context(0, clock, "bootstrap", "bootstrap")
    for product in SANDBOX_PRODUCTS:
        await services.catalogue.add(ctx, product)
    if await merchants.first_key("card") is None:
        await merchants.add(replace(ctx, merchant_id=ids.next()), _sandbox_merchant(own))
    key, merchant_id = await merchants.first_key("card") or ("", 0)
    ctx = replace(ctx, merchant_id=merchant_id)
    await services.groups.add_default(ctx)
    await services.rates.add_default(ctx)
    payout_section = await _payout(ctx, services, payout, payout_own)
    credential = await merchants.card_credential(merchant_id)
    document = {
        "base_url": install.base_url,
        "card": {
            "merchant_no": str(merchant_id),
            "api_key": key,
            "secret_key": credential.secret,
            "platform_public_key": OwnKey.from_pem(install.platform_key.decode("ascii")).recipient.base64_der,
            "merchant_private_key": own.decode("ascii"),
        },
        "payout": payout_section,
        "sandbox_token": token.decode("ascii"),
    }
    path = install.home / "sandbox.json"
    _write_private(path, document)
    return path


async def _payout(ctx: Context, services: Services, payout: payout_call.Services, own: bytes) -> dict[str, str]:
    """The payout side of the context's merchant, and how to reach it."""
    for (source, target), rate in SANDBOX_EXCHANGE.items():
        await payout.exchange.set_rate(ctx, source, target, rate)
    if await services.merchants.first_key("payout") is None:
        await payout.merchants.add(replace(ctx, request_key="bootstrap payout"), _sandbox_payout_merchant(own))
    await payout.statements.plan_first(ctx)
    credential = await payout.merchants.credential(ctx.merchant_id)
    return {
        "merchant_id": str(ctx.merchant_id),
        "api_key": credential.key,
        "system_public_key": SystemKey.from_pem(credential.system_key).public_der,
        "merchant_private_key": own.decode("ascii"),
    }


def _sandbox_merchant(private_key: bytes) -> NewMerchant:
    return NewMerchant(
        name="Sandbox Merchant",
        permissions=tuple(Permission),
        card_key=f"sk_sandbox_{secrets.token_hex(16)}",
        card_secret=secrets.token_urlsafe(32),
        card_public_key=OwnKey.from_pem(private_key.decode("ascii")).recipient.base64_der,
        funds=FUNDS,
    )


def _sandbox_payout_merchant(private_key: bytes) -> NewPayoutMerchant:
    return NewPayoutMerchant(
        key=f"pk_sandbox_{secrets.token_hex(16)}",
        public_key=SystemKey.from_pem(private_key).public_der,
        system_key=new_rsa_key(),
        product_names=PRODUCT_NAMES,
        funds=PAYOUT_FUNDS,
        callback_version=1,  # what clients of the published API verify; an engineer may try 2 by changing it
    )


def _write_private(path: Path, document: Mapping[str, Any]) -> None:
    """Whole or not at all, and readable by its owner only."""
    make_home(path.parent)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".sandbox-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).replace(path)
