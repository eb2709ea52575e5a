"""The first start of an install: its keys, its wallet, and in a sandbox whom to call and how.

Every step is done once however often it is run, so that a start that was cut off is finished by the next.
"""

from pathlib import Path
from typing import Final

from bursar.kernel.context import INSTALL, Context
from bursar.kernel.ip_networks import by_name
from bursar.kernel.keys import KeyKind
from bursar.main.control import merchant_rooms
from bursar.main.parts import Parts
from bursar.main.wallet import set_up_wallet
from bursar.sandbox import bootstrap as sandbox
from bursar.sandbox.assembly import Sandbox
from bursar.sandbox.people import SandboxPeople
from bursar.sandbox.users import SandboxUsers
from bursar.vault.pairs import PURPOSES
from bursar.vault.rsa import new_rsa_key

CONSOLE: Final = "/console"
"""The path of the staff's pages."""
MERCHANT_CONSOLE: Final = "/merchant"
"""The path of the pages of merchants' users."""
PLATFORM_KEY: Final = PURPOSES[KeyKind.CARD_PLATFORM]


async def prepare(parts: Parts) -> Path | None:
    """Everything that a first start makes besides tables: the platform's key, the wallet on its chains, and in a
    sandbox products, a merchant, and the file that says how to call it, whose path is returned.

    Raises ChainsMisconfigured.
    """
    await _platform_key(parts)
    path = None if parts.sandbox is None else await _sandbox(parts, parts.sandbox)
    ctx = Context(0, parts.ground.clock, "bootstrap", "bootstrap")
    await set_up_wallet(parts.ground, parts.rooms.wallet.pools, parts.outside.access, ctx)
    await parts.rooms.paying.strays.begin(ctx)
    await parts.rooms.reports.reports.plan(ctx)
    return path


async def _platform_key(parts: Parts) -> None:
    """Make the private key of the card API, if there is none."""
    ground = parts.ground
    key = await parts.apis.card.merchants.ensure_platform_key(PLATFORM_KEY, new_rsa_key)
    await parts.pairs.adopt(INSTALL, KeyKind.CARD_PLATFORM, await ground.vault.seal(INSTALL, PLATFORM_KEY, key))


async def _sandbox(parts: Parts, played: Sandbox) -> Path:
    settings, apis, ground = parts.settings, parts.apis, parts.ground
    await parts.rooms.staff.policies.let_sandbox_pass(Context(0, ground.clock, "bootstrap", "bootstrap"))
    consoles = f"{by_name(settings.operator_url)}{CONSOLE}", f"{by_name(settings.base_url)}{MERCHANT_CONSOLE}"
    install = sandbox.Install(settings.home, settings.base_url, *consoles)
    kept, rooms = apis.card.merchants, parts.rooms
    persons = sandbox.Persons(SandboxPeople(ground, rooms.staff, kept), SandboxUsers(ground, rooms.users, kept))
    return await sandbox.bootstrap(install, ground, merchant_rooms(parts, played), (apis.card, apis.payout), persons)
