"""The operator's list of addresses that no merchant's withdrawal is paid to."""

from dataclasses import replace

from bursar.kernel.context import INSTALL, Context
from bursar.ledger.engine import Ledger
from bursar.ledger.model import Operation, Write, fingerprint
from bursar.wallet.chains import ChainUnknown
from bursar.wallet.ports import Chains
from bursar.wallet.withdrawals.store import queries


class AddressBlocks:
    """Blocks addresses, and lets them go."""

    def __init__(self, ledger: Ledger, chains: Chains) -> None:
        self._ledger = ledger
        self._chains = chains

    async def block(self, ctx: Context, chain_id: str, address: str, reason: str) -> str:
        """Nothing is paid to it any more; its canonical spelling. Raises ChainUnknown or AddressMalformed."""
        row = self._named(chain_id, address) | {"reason": reason, "at": ctx.now()}
        await self._commit(ctx, "address_blocked", Write(queries.block_address, row))
        return str(row["address"])

    async def unblock(self, ctx: Context, chain_id: str, address: str) -> str:
        """Take an address out of the list, so that it may be paid to again; its canonical spelling. Raises ChainUnknown
        or AddressMalformed.
        """
        row = self._named(chain_id, address)
        await self._commit(ctx, "address_unblocked", Write(queries.unblock_address, row))
        return str(row["address"])

    def _named(self, chain_id: str, address: str) -> dict[str, object]:
        chain = self._chains.get(chain_id)
        if chain is None:
            raise ChainUnknown(chain_id)
        return {"chain_id": chain_id, "address": chain.read_address(address)}

    async def _commit(self, ctx: Context, kind: str, write: Write) -> None:
        named = write.values["chain_id"], write.values["address"]
        operation = Operation(
            ctx.request_key, fingerprint(kind, *named), kind, f"address:{named[0]}:{named[1]}", writes=(write,)
        )
        await self._ledger.commit(replace(ctx, merchant_id=INSTALL), operation)
