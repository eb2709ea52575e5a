"""The first start of an install: its keys, its wallet, and in a sandbox whom to call and how.

Every step is done once however often it is run, so that a start that was cut off is finished by the next.
"""

from pathlib import Path
from typing import Final

from bursar.kernel.context import INSTALL, Context
from bursar.kernel.keys import KeyKind
from bursar.main.parts import Parts
from bursar.main.wallet import set_up_wallet
from bursar.sandbox import bootstrap as sandbox
from bursar.vault.pairs import PURPOSES
from bursar.vault.rsa import new_rsa_key

PLATFORM_KEY: Final = PURPOSES[KeyKind.CARD_PLATFORM]


async def bootstrap(parts: Parts) -> Path:
    """Make the platform's key, and the sandbox's products and merchant; the path of the file that names them."""
    settings, apis = parts.settings, parts.apis
    key = await apis.card.merchants.ensure_platform_key(PLATFORM_KEY, new_rsa_key)
    sealed = await parts.ground.vault.seal(INSTALL, PLATFORM_KEY, key)
    await parts.pairs.adopt(INSTALL, KeyKind.CARD_PLATFORM, sealed)
    key = (await parts.pairs.accepted(INSTALL, KeyKind.CARD_PLATFORM, parts.ground.clock.now()))[0].private_key
    install = sandbox.Install(settings.home, settings.base_url, key)
    return await sandbox.bootstrap(install, apis.card, apis.payout, parts.ground.ids, parts.ground.clock)


async def prepare(parts: Parts) -> Path:
    """Everything that a first start makes besides tables; the path of the file that says how to call the install.

    Raises ChainsMisconfigured.
    """
    path = await bootstrap(parts)
    ctx = Context(0, parts.ground.clock, "bootstrap", "bootstrap")
    await set_up_wallet(parts.ground, parts.rooms.wallet.pools, parts.outside.access, ctx)
    await parts.rooms.paying.strays.begin(ctx)
    if parts.settings.is_sandbox:
        await parts.rooms.staff.policies.let_sandbox_pass(ctx)
    return path
