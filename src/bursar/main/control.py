"""The sandbox's control API on the parts of one process."""

import asyncio

from bursar.main.parts import Parts
from bursar.requests.records.service import RequestRecords
from bursar.sandbox.assembly import Sandbox as Played
from bursar.sandbox.bootstrap import SANDBOX_TOKEN
from bursar.sandbox.chain import SandboxChain
from bursar.sandbox.control.play import Play
from bursar.sandbox.control.services import Sandbox, WalletControl
from bursar.sandbox.control.withdrawals import WithdrawalControl
from bursar.sandbox.merchants import MerchantRooms, SandboxMerchants
from bursar.sandbox.rates import SandboxExchange
from bursar.worker.due import DueWork


async def control(parts: Parts, sandbox: Played, records: RequestRecords, ending: asyncio.Event) -> Sandbox:
    """The services that a tester drives; the merchant and the token are there once the install was migrated."""
    ground, rooms, apis = parts.ground, parts.rooms, parts.apis
    first = await apis.card.merchants.first_key("card")
    token = await apis.card.merchants.platform_key(SANDBOX_TOKEN)
    assert first is not None, "migrate makes the merchant before the API starts"
    assert token is not None, "migrate makes the token before the API starts"
    chains = {name: chain for name, chain in parts.outside.access.chains.items() if isinstance(chain, SandboxChain)}
    wallet, paying = rooms.wallet, rooms.paying
    return Sandbox(
        token.decode("ascii"),
        SandboxMerchants(ground, merchant_rooms(parts, sandbox), parts.settings.base_url, first[1]),
        apis.card,
        rooms.cards.authorizations,
        rooms.customers.kyc,
        ground.database,
        ground.ids,
        sandbox.clock,
        DueWork(ground.database),
        sandbox.faults,
        sandbox.webhook_faults,
        SandboxExchange(),
        payout_merchants=apis.payout.merchants,
        payout=apis.payout,
        payout_progress=rooms.payouts.progress,
        outbox=sandbox.outbox(ground.clock),
        wallet=WalletControl(chains, wallet.pools, wallet.addresses, wallet.deposits, ground.ledger),
        withdrawals=WithdrawalControl(paying.withdrawals, paying.progress, paying.engine, wallet.scanner, chains),
        approvals=rooms.staff.approvals,
        pairs=parts.pairs,
        records=records,
        ending=ending,
    )


def playing(sandbox: Sandbox) -> Play:
    """The sandbox's side of the pages of merchants' users."""
    return Play(sandbox)


def merchant_rooms(parts: Parts, sandbox: Played) -> MerchantRooms:
    """The rooms in which merchants of a sandbox are made and ended."""
    rooms, apis = parts.rooms, parts.apis
    return MerchantRooms(
        apis.card.merchants,
        apis.payout.merchants,
        rooms.administration.administration,
        apis.webhooks,
        sandbox.webhook_faults,
        parts.pairs,
    )
