"""The first start of an install: its keys, and in a sandbox its one merchant and the file that says how to reach it.

Every step is done once however often it is run, so that a start that was cut off is finished by the next.
"""

import asyncio
import json
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bursar.api.card.call import Services
from bursar.api.card.jwe import OwnKey
from bursar.api.payout import call as payout_call
from bursar.api.payout.keys import SystemKey
from bursar.db.home import make_home
from bursar.kernel.clock import Clock
from bursar.kernel.context import Context
from bursar.kernel.ids import Ids
from bursar.kernel.money import Money
from bursar.merchants.model import Permission
from bursar.merchants.payout.service import NewPayoutMerchant
from bursar.merchants.service import NewMerchant
from bursar.providers.sandbox_catalogue import SANDBOX_PRODUCTS
from bursar.providers.sandbox_exchange import SANDBOX_EXCHANGE
from bursar.settings import Mode, SettingMissing, Settings

PLATFORM_KEY: Final = "card platform key"
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
RSA_BITS: Final = 2048


def live_install_needs(settings: Settings) -> None:
    """Raises SettingMissing: the providers of a live install are adapters that this version does not bring."""
    if settings.mode is Mode.LIVE:
        raise SettingMissing("BURSAR_MODE", "cannot be live: this version has sandbox providers only")


async def bootstrap(
    settings: Settings, services: Services, payout: payout_call.Services, ids: Ids, clock: Clock
) -> Path:
    """Make what is missing, and write `sandbox.json`; its path."""
    merchants = services.merchants
    platform, own, payout_own = await asyncio.gather(
        *(_kept(services, name, _new_rsa_key) for name in (PLATFORM_KEY, MERCHANT_KEY, PAYOUT_MERCHANT_KEY))
    )
    token = await _kept(services, SANDBOX_TOKEN, lambda: secrets.token_urlsafe(32).encode())
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
        "base_url": settings.base_url,
        "card": {
            "merchant_no": str(merchant_id),
            "api_key": key,
            "secret_key": credential.secret,
            "platform_public_key": OwnKey.from_pem(platform.decode("ascii")).recipient.base64_der,
            "merchant_private_key": own.decode("ascii"),
        },
        "payout": payout_section,
        "sandbox_token": token.decode("ascii"),
    }
    path = settings.home / "sandbox.json"
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


async def _kept(services: Services, name: str, make: Callable[[], bytes]) -> bytes:
    """The key of that name, made in a thread if there is none, since an RSA key takes a while."""
    known = await services.merchants.platform_key(name)
    return (
        known if known is not None else await services.merchants.keep_platform_key(name, await asyncio.to_thread(make))
    )


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
        system_key=_new_rsa_key(),
        product_names=PRODUCT_NAMES,
        funds=PAYOUT_FUNDS,
        callback_version=1,  # what clients of the published API verify; an engineer may try 2 by changing it
    )


def _new_rsa_key() -> bytes:
    return rsa.generate_private_key(65537, RSA_BITS).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
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
