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

from bursar.api.card.call import Services
from bursar.api.payout import call as payout_call
from bursar.ground import Ground
from bursar.install.home import make_home
from bursar.kernel.context import INSTALL, Context
from bursar.ledger.model import fingerprint
from bursar.sandbox.catalogue import SANDBOX_PRODUCTS
from bursar.sandbox.exchange import SANDBOX_EXCHANGE
from bursar.sandbox.merchants import MerchantRooms, PrivateKeys, SandboxMerchants, Wanted, made_before
from bursar.sandbox.people import SandboxPeople
from bursar.sandbox.users import SandboxUsers
from bursar.vault.rsa import new_rsa_key

MERCHANT: Final = "sandbox merchant"
MERCHANT_KEY: Final = "sandbox merchant's card key"
PAYOUT_MERCHANT_KEY: Final = "sandbox merchant's payout key"
SANDBOX_TOKEN: Final = "sandbox token"  # noqa: S105 - what it is called
FIRST: Final = "Sandbox Merchant"
"""The name of the first merchant."""
Apis = tuple[Services, payout_call.Services]
"""The services of the card API and of the payout API."""


@dataclass(frozen=True, slots=True)
class Install:
    """The install as its first merchant meets it."""

    home: Path
    base_url: str
    console_url: str
    """The address of the staff's pages."""
    merchant_url: str
    """The address of the pages of merchants' users."""


@dataclass(frozen=True, slots=True)
class Persons:
    """Whoever signs in there."""

    staff: SandboxPeople
    users: SandboxUsers


async def bootstrap(install: Install, ground: Ground, rooms: MerchantRooms, apis: Apis, persons: Persons) -> Path:
    """Make the parts of a sandbox that are missing, and write `sandbox.json`; its path."""
    card, payout = apis
    merchants = card.merchants
    own = PrivateKeys(
        *await asyncio.gather(
            *(merchants.ensure_platform_key(name, new_rsa_key) for name in (MERCHANT_KEY, PAYOUT_MERCHANT_KEY))
        )
    )
    token = await merchants.ensure_platform_key(SANDBOX_TOKEN, lambda: secrets.token_urlsafe(32).encode())
    ctx = Context(INSTALL, ground.clock, "bootstrap", "bootstrap")
    for product in SANDBOX_PRODUCTS:
        await card.catalogue.add(ctx, product)
    for (source, target), rate in SANDBOX_EXCHANGE.items():
        await payout.exchange.set_rate(ctx, source, target, rate)
    if await merchants.first_key("card") is None:
        made = partial(rooms.administration.decide_create, ctx, Wanted(FIRST).with_keys(own))
        await ground.ledger.decide(ctx, MERCHANT, fingerprint(MERCHANT), made, first=made_before)
    _, merchant_id = await merchants.first_key("card") or ("", 0)
    first = SandboxMerchants(ground, rooms, install.base_url, merchant_id)
    document = {**await first.document(merchant_id, own), "sandbox_token": token.decode("ascii")}
    document["console"] = {"url": install.console_url, "people": list(await persons.staff.ensure())}
    users = list(await persons.users.ensure(merchant_id))
    document["merchant_console"] = {"url": install.merchant_url, "people": users}
    path = install.home / "sandbox.json"
    _write_private(path, document)
    return path


def _write_private(path: Path, document: Mapping[str, Any]) -> None:
    """Whole or not at all, and readable by its owner only."""
    make_home(path.parent)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".sandbox-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).replace(path)
