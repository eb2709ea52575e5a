"""The operator's list of addresses that no merchant's withdrawal is paid to."""

from bursar.kernel.context import INSTALL, Context
from bursar.ledger.decisions import Decided
from bursar.ledger.engine import Ledger
from bursar.ledger.model import Part, Write, fingerprint
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
        decided = self.blocked(ctx, chain_id, address, reason)
        await self._commit(ctx, decided)
        return decided.outcome

    def blocked(self, ctx: Context, chain_id: str, address: str, reason: str) -> Decided[str]:
        """The same as a decision; its outcome is the canonical spelling."""
        row = self._named(chain_id, address) | {"reason": reason, "at": ctx.now()}
        return _decided("address_blocked", Write(queries.block_address, row))

    async def unblock(self, ctx: Context, chain_id: str, address: str) -> str:
        """Take an address out of the list, so that it may be paid to again; its canonical spelling. Raises ChainUnknown
        or AddressMalformed.
        """
        decided = self.unblocked(chain_id, address)
        await self._commit(ctx, decided)
        return decided.outcome

    def unblocked(self, chain_id: str, address: str) -> Decided[str]:
        """The same as a decision; its outcome is the canonical spelling."""
        return _decided("address_unblocked", Write(queries.unblock_address, self._named(chain_id, address)))

    def _named(self, chain_id: str, address: str) -> dict[str, object]:
        chain = self._chains.get(chain_id)
        if chain is None:
            raise ChainUnknown(chain_id)
        return {"chain_id": chain_id, "address": chain.read_address(address)}

    async def _commit(self, ctx: Context, decided: Decided[str]) -> None:
        asked = fingerprint(decided.kind, decided.outcome)
        await self._ledger.commit(ctx.of(INSTALL), decided.operation(ctx.request_key, asked))


def _decided(kind: str, write: Write) -> Decided[str]:
    return Decided(str(write.values["address"]), kind, "install:0", Part(writes=(write,)))
