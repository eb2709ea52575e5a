"""The wallet's first start on its chains."""

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.ledger.model import Job, Operation, fingerprint
from bursar.main.signers import check_keys
from bursar.outside import ChainAccess
from bursar.wallet.due import ScanChain
from bursar.wallet.pools import Pools


async def set_up_wallet(ground: Ground, pools: Pools, access: ChainAccess, ctx: Context) -> None:
    """Have every chain read, and set the pools by the file of chains, or to those of a new install.

    Raises ChainsMisconfigured when the file's addresses are not those of the keys that this process has.
    """
    await check_keys(access.chains, access.signer)
    for pool in access.pools:
        await pools.establish(ctx, pool)
    for chain_id in access.chains:
        key = f"wallet_begun:{chain_id}"
        jobs = (Job(ScanChain(chain_id), ctx.now()),)
        operation = Operation(key, fingerprint(key), "wallet_begun", f"chain:{chain_id}", jobs=jobs)
        await ground.ledger.commit(ctx, operation)
    for pool in access.first_pools:
        await pools.add(ctx, pool)
