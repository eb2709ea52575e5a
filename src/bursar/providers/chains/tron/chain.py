"""TRON behind the wallet's port.

Blocks and tokens' logs are read by the same scanner as Ethereum's, through the node's `/jsonrpc`; TRX, fees, trials and
sending go through its HTTP API. A node is named by the address of its `/jsonrpc`; where its HTTP API is not beside it,
that one's address follows as a fragment: `http://node:8545/jsonrpc#http://node:8090`.

Nothing excludes two attempts of one payment here, so a transaction lives for minutes only, and another attempt may
follow when the last final block is younger than that and no node has it in any block.
"""

import secrets
from datetime import timedelta
from typing import Any, Final

from bursar.kernel.clock import Clock
from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.providers.chains.evm import wire
from bursar.providers.chains.evm.nodes import ReadChain
from bursar.providers.chains.evm.scanner import NATIVE_INDEX, Placed, Scanner
from bursar.providers.chains.json_rpc import AnswerMalformed, Call, NodeBehind, Nodes, Peer
from bursar.providers.chains.tron import http_api as api
from bursar.providers.chains.tron import transaction as transactions
from bursar.providers.chains.tron.transaction import Contract, Reference
from bursar.wallet.addresses import TRON
from bursar.wallet.chains import ChainSpec, Token
from bursar.wallet.ports import DraftTransaction, MinedTransaction, Payment, SeenTransfer, SignedTransaction

LIFETIME_S: Final = 300
"""From the newest block's time on, a transaction can be taken up."""
FEE_LIMIT_MAX_SUN: Final = 200_000_000
"""The highest cost of a token's call, in sun."""
ENERGY_MARGIN: Final = 2
"""A recipient who had the token when it was tried out may have none when it arrives, which costs twice as much."""
TIMESTAMP_SPREAD_MS: Final = 3_600_000
EXPIRY_SPREAD_MS: Final = 30_000
"""Timestamp and expiry are earlier by a random time up to these, which tells payments apart that are alike."""
_NEVER: Final = ("SIGERROR", "TOO_BIG_TRANSACTION_ERROR")
_KNOWN: Final = "DUP_TRANSACTION_ERROR"
_DRAFT: Final = "chain.draft"
_BROADCAST: Final = "chain.broadcast"
_OUTCOME: Final = "chain.outcome"


class TronScanner(Scanner):
    """The common scanner, but for TRX."""

    async def native_transfers(self, native: Token, first: int, last: int) -> list[Placed]:
        """From blocks as the node's own API tells of them."""
        placed: list[Placed] = []
        for height in range(first, last + 1):
            placed += await self._nodes.one("chain.transfers", lambda peer, at=height: self._trx(peer, native, at))  # type: ignore[misc]
        return placed

    async def _trx(self, peer: Peer, native: Token, height: int) -> list[Placed]:
        block = await peer.post("/wallet/getblockbynum", {"num": height})
        if not block:
            raise NodeBehind("chain.transfers")
        if api.block_height(block) != height:
            raise AnswerMalformed("another block")
        write, block_hash = self._spelling.write, api.block_id(block)
        return [
            (
                height,
                moved.place,
                NATIVE_INDEX,
                SeenTransfer(
                    native.coin,
                    height,
                    block_hash,
                    self._spelling.transaction(moved.tx_hash),
                    NATIVE_INDEX,
                    write(moved.sender),
                    write(moved.recipient),
                    moved.units,
                ),
            )
            for moved in api.trx_moved(block)
            if moved.units
        ]


class TronChain(ReadChain):
    """The port's adapter; `close` when done."""

    def __init__(
        self, spec: ChainSpec, clock: Clock, *, nodes: Nodes | None = None, fee_limit_max_sun: int = FEE_LIMIT_MAX_SUN
    ) -> None:
        """Raises ExtendedKeyMalformed or AddressMalformed for a spec that names none."""
        nodes = nodes or Nodes(spec.id, spec.rpc_urls, spec.network_id)
        super().__init__(spec, nodes, TRON, TronScanner(spec, nodes, TRON, clock))
        self._fee_limit_max_sun = fee_limit_max_sun

    async def balance(self, address: str, token: Token, height: int | None = None) -> int:
        """The balance of an address now; TRON's nodes know no other height, so that one is refused."""
        if height is not None:
            raise ProviderRefused("chain.balance")
        return await super().balance(address, token)

    async def next_nonce(self, address: str) -> int | None:  # noqa: ARG002
        """There are none here."""
        return None

    async def draft(self, payment: Payment) -> DraftTransaction:
        """A transaction that lives for some minutes; raises ProviderRefused if the chain would not execute it."""
        if payment.units <= 0:
            raise ProviderRefused(_DRAFT)
        sender, recipient = self._spelling.read(payment.sender), self._spelling.read(payment.recipient)
        token = None if payment.token.contract is None else self._spelling.read(payment.token.contract)
        fees = await self._nodes.one(_DRAFT, _read_fees)
        if token is None:
            await self._nodes.one(_DRAFT, lambda peer: self._try_trx(peer, sender, recipient, payment.units))
            contract, fee_limit = transactions.transfer(sender, recipient, payment.units), 0
        else:
            data = wire.transfer_data(recipient, payment.units)
            energy = await self._nodes.one(_DRAFT, lambda peer: self._try_token(peer, token, sender, recipient, data))
            contract, fee_limit = transactions.trigger(sender, token, data), self._fee_limit(energy * fees.energy)
        return await self._draft(contract, fee_limit, fees)

    async def _draft(self, contract: Contract, fee_limit: int, fees: api.Fees) -> DraftTransaction:
        """Placed after a block that stays, and told apart from every other."""
        head = await self.head()
        reference = await self.block(max(0, await self.final_height()))
        if reference is None:
            raise ProviderUnavailable(_DRAFT)
        expires_at = head.at + timedelta(seconds=LIFETIME_S)
        now_ms = int(head.at.timestamp()) * 1000
        raw = transactions.raw(
            contract,
            Reference(reference.height, wire.octets(reference.hash)),
            now_ms + LIFETIME_S * 1000 - secrets.randbelow(EXPIRY_SPREAD_MS),
            now_ms - secrets.randbelow(TIMESTAMP_SPREAD_MS),
            fee_limit,
        )
        size = len(raw) + transactions.SIGNATURE_OVERHEAD_BYTES + transactions.RESULT_BYTES
        fee_max = fee_limit + size * fees.bandwidth + (0 if fee_limit else fees.account)
        return DraftTransaction(raw, transactions.tx_id(raw), fee_max, expires_at)

    def _fee_limit(self, cost_sun: int) -> int:
        """The limit of a call's fee in sun: more than the trial took, within the operator's limit."""
        if cost_sun > self._fee_limit_max_sun:
            raise ProviderRefused(_DRAFT)
        return max(1, min(cost_sun * ENERGY_MARGIN, self._fee_limit_max_sun))

    async def _try_trx(self, peer: Peer, sender: bytes, recipient: bytes, units: int) -> None:
        """The node makes such a transaction, which is thrown away, or says why it does not."""
        asked = {"owner_address": api.hex_address(sender), "to_address": api.hex_address(recipient), "amount": units}
        told = await peer.post("/wallet/createtransaction", asked)
        if "ContractValidateException" in str(told.get("Error", "")):
            raise ProviderRefused(_DRAFT)
        if "raw_data" not in told:
            raise AnswerMalformed("not tried out")

    async def _try_token(self, peer: Peer, token: bytes, sender: bytes, recipient: bytes, data: bytes) -> int:
        """The energy that it takes."""
        asked = {
            "owner_address": api.hex_address(sender),
            "contract_address": api.hex_address(token),
            "function_selector": "transfer(address,uint256)",
            "parameter": data.removeprefix(wire.TRANSFER_SELECTOR).hex(),
        }
        energy = api.trial(await peer.post("/wallet/triggerconstantcontract", asked), token, sender, recipient)
        if energy is None:
            raise ProviderRefused(_DRAFT)
        return energy

    def assemble(self, draft: DraftTransaction, signature: bytes, public_key: bytes) -> SignedTransaction:
        """The draft with r and s of its digest; raises SignatureWrong."""
        raw = transactions.signed(draft.unsigned, signature, public_key)
        tx_hash = self._spelling.transaction(wire.text(transactions.tx_id(draft.unsigned)))
        return SignedTransaction(tx_hash, raw, draft.expires_at)

    async def broadcast(self, transaction: SignedTransaction) -> None:
        """Send it. Only a transaction that is wrong in itself is refused; any other ends with its expiry."""

        async def send(peer: Peer) -> dict[str, Any]:
            told = await peer.post("/wallet/broadcasthex", {"transaction": transaction.raw.hex()})
            if told.get("result") is not True and told.get("code") not in (_KNOWN, *_NEVER):
                raise AnswerMalformed(f"not taken: {str(told.get('code'))[:40]}")
            return told

        told = await self._nodes.one(_BROADCAST, send)
        if told.get("code") in _NEVER:
            raise ProviderRefused(_BROADCAST)

    async def outcome(self, tx_hash: str) -> MinedTransaction | None:
        """The result of a transaction. A token has moved only if it says so: a log of its own beside the result."""
        return await self._nodes.one(_OUTCOME, lambda peer: self._outcome(peer, tx_hash))

    async def _outcome(self, peer: Peer, tx_hash: str) -> MinedTransaction | None:
        info = await peer.post("/wallet/gettransactioninfobyid", {"value": tx_hash})
        if not info:
            return None
        if info.get("id") != tx_hash:
            raise AnswerMalformed("another transaction")
        transaction = await peer.post("/wallet/gettransactionbyid", {"value": tx_hash})
        height = api.number(info, "blockNumber")
        (told,) = await peer.call(Call("eth_getBlockByNumber", (hex(height), False)))
        if told is None:
            return None
        succeeded = api.has_succeeded(info) and self._has_moved(info, api.contract_of(transaction))
        return MinedTransaction(height, wire.block(told).hash, succeeded, api.number(info, "fee"))

    def _has_moved(self, info: dict[str, Any], contract: dict[str, Any]) -> bool:
        value = api.part(contract, "parameter", "value")
        if contract.get("type") != "TriggerSmartContract":
            return True
        token, sender = api.address(value.get("contract_address")), api.address(value.get("owner_address"))
        asked = wire.read_transfer_data(api.octets(value.get("data")))
        if token not in self._contracts or asked is None:
            return True
        return api.has_log(api.items(info, "log"), token, sender, asked[0])

    async def is_dead(self, transaction: SignedTransaction, sender: str, nonce: int | None) -> bool:  # noqa: ARG002
        """True if it has expired before the last final block, and no node has it in any block."""
        expires_at, final = transaction.expires_at, await self.final_height()
        if expires_at is None or final < 0:
            return False

        async def look(peer: Peer) -> tuple[bool, bool]:
            (told,) = await peer.call(Call("eth_getBlockByNumber", (hex(final), False)))
            info = await peer.post("/wallet/gettransactioninfobyid", {"value": transaction.hash})
            # a node that keeps no history has no information, but it has the transaction
            known = info or await peer.post("/wallet/gettransactionbyid", {"value": transaction.hash})
            return told is not None and wire.block(told).at >= expires_at, bool(known)

        found = await self._nodes.each("chain.is_dead", look)
        return any(is_over for is_over, _ in found) and not any(is_there for _, is_there in found)


async def _read_fees(peer: Peer) -> api.Fees:
    return api.fees(await peer.post("/wallet/getchainparameters", {}))
