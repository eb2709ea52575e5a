"""The first start of a sandbox: its products, its one merchant with funds, and the file that says how to reach it.

Every step is done once however often it is run, so that a start that was cut off is finished by the next.
"""

import asyncio
import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from bursar.administration.model import MerchantPlan
from bursar.administration.service import Administration
from bursar.api.card.call import Services
from bursar.api.card.jwe import OwnKey
from bursar.api.payout import call as payout_call
from bursar.api.payout.keys import SystemKey
from bursar.ground import Ground
from bursar.install.home import make_home
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.money import Money
from bursar.ledger.model import fingerprint
from bursar.merchants.keys.model import Api, new_key
from bursar.merchants.model import Permission
from bursar.sandbox.catalogue import SANDBOX_PRODUCTS
from bursar.sandbox.exchange import SANDBOX_EXCHANGE
from bursar.staff.approvals.model import Changed
from bursar.vault.rsa import new_rsa_key

MERCHANT: Final = "sandbox merchant"
MERCHANT_KEY: Final = "sandbox merchant's card key"
PAYOUT_MERCHANT_KEY: Final = "sandbox merchant's payout key"
SANDBOX_TOKEN: Final = "sandbox token"  # noqa: S105 - what it is called
FUNDS: Final = (Money.parse("1000000", "USDT"), Money.zero("BTC"), Money.zero("ETH"))
PAYOUT_FUNDS: Final = (
    Money.parse("1000000", "SAR"),
    Money.parse("100000", "AED"),
    Money.parse("100000", "KWD"),
)
Apis = tuple[Services, payout_call.Services]
"""The services of the card API and of the payout API."""

PRODUCT_NAMES: Final = ("Bursar", "Demo")


@dataclass(frozen=True, slots=True)
class Install:
    """The install as its first merchant meets it."""

    home: Path
    base_url: str
    platform_key: bytes
    """The private key of the card API, as PEM."""


async def bootstrap(install: Install, ground: Ground, administration: Administration, apis: Apis) -> Path:
    """Make the parts of a sandbox that are missing, and write `sandbox.json`; its path."""
    card, payout = apis
    merchants = card.merchants
    own, payout_own = await asyncio.gather(
        *(merchants.ensure_platform_key(name, new_rsa_key) for name in (MERCHANT_KEY, PAYOUT_MERCHANT_KEY))
    )
    token = await merchants.ensure_platform_key(SANDBOX_TOKEN, lambda: secrets.token_urlsafe(32).encode())
    ctx = Context(INSTALL, ground.clock, "bootstrap", "bootstrap")
    for product in SANDBOX_PRODUCTS:
        await card.catalogue.add(ctx, product)
    for (source, target), rate in SANDBOX_EXCHANGE.items():
        await payout.exchange.set_rate(ctx, source, target, rate)
    if await merchants.first_key("card") is None:
        made = partial(administration.decide_create, ctx, _plan(own, payout_own))
        await ground.ledger.decide(ctx, MERCHANT, fingerprint(MERCHANT), made, first=_made_before)
    key, merchant_id = await merchants.first_key("card") or ("", 0)
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
        "payout": await _payout(merchant_id, payout, payout_own),
        "sandbox_token": token.decode("ascii"),
    }
    path = install.home / "sandbox.json"
    _write_private(path, document)
    return path


async def _payout(merchant_id: int, payout: payout_call.Services, own: bytes) -> dict[str, str]:
    """The payout side of a merchant, as its engineer needs it."""
    credential = await payout.merchants.credential(merchant_id)
    return {
        "merchant_id": str(merchant_id),
        "api_key": credential.key,
        "system_public_key": SystemKey.from_pem(credential.system_key).public_der,
        "merchant_private_key": own.decode("ascii"),
    }


async def _made_before(_: Context, __: int) -> Changed:
    return Changed({}, {})


def _plan(card_own: bytes, payout_own: bytes) -> MerchantPlan:
    """The sandbox's one merchant, which may do everything and has funds for it."""
    return MerchantPlan(
        "Sandbox Merchant",
        tuple(Permission),
        {
            Api.CARD: OwnKey.from_pem(card_own.decode("ascii")).recipient.base64_der,
            Api.PAYOUT: SystemKey.from_pem(payout_own).public_der,
        },
        {api: new_key(api, live=False) for api in Api},
        FUNDS,
        PAYOUT_FUNDS,
        PRODUCT_NAMES,
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
