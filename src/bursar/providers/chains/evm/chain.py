"""A chain of Ethereum's kind, behind the wallet's port: Ethereum itself, and all chains that price gas as it does
(EIP-1559).

The scanner reads; here coins leave. A payment is tried out on a node before it is drafted, so that a payment which the
chain would refuse costs nothing; and it has succeeded only when the chain says so in the words of the token.
"""

from typing import Any, Final

from bursar.kernel.clock import Clock
from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.providers.chains.evm import transaction as transactions
from bursar.providers.chains.evm import wire
from bursar.providers.chains.evm.nodes import ReadChain
from bursar.providers.chains.evm.refusals import is_known, is_never_taken, is_nonce_used, would_fail
from bursar.providers.chains.evm.scanner import Scanner, has_succeeded, read_transfer_log
from bursar.providers.chains.evm.transaction import Prices, Transaction
from bursar.providers.chains.json_rpc import AnswerMalformed, Call, NodeBehind, NodeRefused, Nodes
from bursar.wallet.addresses import ETHEREUM, keccak_256
from bursar.wallet.chains import ChainSpec
from bursar.wallet.ports import DraftTransaction, MinedTransaction, Payment, SignedTransaction

GAS_MAX: Final = 1_000_000
"""Gas of one payment at the most; a token that wants more is not one."""
GAS_PLAIN: Final = 21_000
"""Gas of moving the chain's own coin when no contract receives it."""
GAS_SPARE: Final = 20_000
"""More than was used when it was tried out: a recipient who had the token then may have none when it arrives."""
GAS_PRICE_MAX: Final = 10_000 * 10**9
"""A price above this is a node's fault, or no time to pay."""
ATTEMPTS_MAX: Final = 60
_TRUE: Final = (1).to_bytes(wire.WORD_BYTES, "big")
_DRAFT: Final = "chain.draft"
_BROADCAST: Final = "chain.broadcast"


class EvmChain(ReadChain):
    """The port's adapter for one chain; `close` when done."""

    def __init__(
        self, spec: ChainSpec, clock: Clock, *, nodes: Nodes | None = None, gas_price_max: int = GAS_PRICE_MAX
    ) -> None:
        """Raises ExtendedKeyMalformed or AddressMalformed for a spec that names none."""
        nodes = nodes or Nodes(spec.id, spec.rpc_urls, spec.network_id)
        super().__init__(spec, nodes, ETHEREUM, Scanner(spec, nodes, ETHEREUM, clock))
        self._gas_price_max = gas_price_max

    async def next_nonce(self, address: str) -> int | None:
        """The nonce after the last mined transaction of an address."""
        call = Call("eth_getTransactionCount", (wire.text(self._spelling.read(address)), "latest"))
        return await self._nodes.ask("chain.next_nonce", [call], lambda answers: wire.quantity(answers[0]))

    async def draft(self, payment: Payment) -> DraftTransaction:
        """A transaction at present prices; raises ProviderRefused if the chain would not execute it.

        The sender's balance is not judged: `fee_max_units` is the amount that must be there for the fee.
        """
        if payment.nonce is None or not 0 <= payment.attempt <= ATTEMPTS_MAX or payment.units <= 0:
            raise ProviderRefused(_DRAFT)
        gas = await self._try_out(payment)
        prices = (await self._prices()).outbid(payment.attempt)
        if payment.replaces is not None:
            prices = prices.at_least(transactions.read(payment.replaces).prices.outbid())
        if prices.most > self._gas_price_max:
            raise ProviderUnavailable(_DRAFT)
        to, value, data = self._call_of(payment)
        unsigned = Transaction(self._spec.network_id, payment.nonce, prices, gas, to, value, data).unsigned()
        return DraftTransaction(unsigned, keccak_256(unsigned), gas * prices.most, None)

    def assemble(self, draft: DraftTransaction, signature: bytes, public_key: bytes) -> SignedTransaction:
        """The draft with r and s of its digest; raises SignatureWrong."""
        raw = transactions.read(draft.unsigned).signed(signature, public_key)
        return SignedTransaction(wire.text(keccak_256(raw)), raw, draft.expires_at)

    async def broadcast(self, transaction: SignedTransaction) -> None:
        """Send it. ProviderRefused: it will never be taken; anything else that a node has against it may pass."""
        call = Call("eth_sendRawTransaction", (wire.text(transaction.raw),))
        try:
            await self._nodes.ask(_BROADCAST, [call], lambda answers: wire.hash_text(answers[0]))
        except NodeRefused as refusal:
            if is_known(refusal):
                return
            if is_never_taken(refusal):
                raise ProviderRefused(_BROADCAST) from None
            if not is_nonce_used(refusal):
                raise
            await self._judge_used_nonce(transaction)

    async def _judge_used_nonce(self, transaction: SignedTransaction) -> None:
        """By this transaction: no fault. By another one, for good: it will never be taken. Otherwise nobody knows."""
        if await self.outcome(transaction.hash) is not None:
            return
        sender = self._spelling.write(transactions.sender_of(transaction.raw))
        if await self.is_dead(transaction, sender, transactions.read(transaction.raw).nonce):
            raise ProviderRefused(_BROADCAST)
        raise ProviderUnavailable(_BROADCAST)

    async def outcome(self, tx_hash: str) -> MinedTransaction | None:
        """The result of a transaction. A token has moved only if it says so: a log of its own beside the receipt's
        status.
        """
        calls = [Call("eth_getTransactionReceipt", (tx_hash,)), Call("eth_getTransactionByHash", (tx_hash,))]
        return await self._nodes.ask("chain.outcome", calls, self._read_outcome)

    def _read_outcome(self, answers: list[Any]) -> MinedTransaction | None:
        receipt, transaction = answers
        if receipt is None:
            return None
        return MinedTransaction(
            wire.quantity(wire.entry(receipt, "blockNumber")),
            wire.hash_text(wire.entry(receipt, "blockHash")),
            has_succeeded(receipt) and self._has_moved(receipt, transaction),
            _fee(receipt),
        )

    def _has_moved(self, receipt: dict[str, Any], transaction: Any) -> bool:
        to = wire.entry(transaction, "to")
        if to is None or wire.address(to) not in self._contracts:
            return self._spelling.has_nonces
        asked = wire.read_transfer_data(wire.octets(wire.entry(transaction, "input")))
        if asked is None:
            return self._spelling.has_nonces
        expected = wire.address(to), wire.address(wire.entry(transaction, "from")), asked[0]
        return any(_moved_by(log) == expected for log in wire.objects(wire.entry(receipt, "logs")))

    async def is_dead(self, transaction: SignedTransaction, sender: str, nonce: int | None) -> bool:
        """True if another one has its nonce in a block that is final, and no node has it in any block."""
        if nonce is None:
            raise ProviderRefused("chain.is_dead")
        final = self._spec.finality_tag or await self.final_height()
        if isinstance(final, int) and final < 0:
            return False
        at = final if isinstance(final, str) else hex(final)
        calls = [
            Call("eth_getTransactionCount", (wire.text(self._spelling.read(sender)), at)),
            Call("eth_getTransactionReceipt", (transaction.hash,)),
        ]
        found = await self._nodes.ask_all("chain.is_dead", calls, lambda told: (wire.quantity(told[0]), told[1]))
        return all(receipt is None for _, receipt in found) and any(count > nonce for count, _ in found)

    def _call_of(self, payment: Payment) -> tuple[bytes, int, bytes]:
        """The recipient of the transaction's call, its amount of the chain's own coin, and its data."""
        recipient = self._spelling.read(payment.recipient)
        if payment.token.contract is None:
            return recipient, payment.units, b""
        return self._spelling.read(payment.token.contract), 0, wire.transfer_data(recipient, payment.units)

    async def _try_out(self, payment: Payment) -> int:
        """The gas that it may use. Raises ProviderRefused if it would be reverted, and for a token that says no."""
        to, value, data = self._call_of(payment)
        asked = {"from": wire.text(self._spelling.read(payment.sender)), "to": wire.text(to), "value": hex(value)}
        asked |= {"data": wire.text(data)} if data else {}
        calls = [
            Call("eth_estimateGas", (asked, "latest")),
            Call("eth_call", (asked, "latest")),
            Call("eth_getCode", (wire.text(to), "latest")),
        ]
        try:
            gas, said, code = await self._nodes.ask(
                _DRAFT, calls, lambda told: (wire.quantity(told[0]), wire.octets(told[1]), wire.octets(told[2]))
            )
        except NodeRefused as refusal:
            raise ProviderRefused(_DRAFT) if would_fail(refusal) else refusal from None
        if data and (not code or (said and said != _TRUE)):
            raise ProviderRefused(_DRAFT)
        gas = gas if gas == GAS_PLAIN else gas + max(gas // 5, GAS_SPARE)
        if gas > GAS_MAX:
            raise ProviderRefused(_DRAFT)
        return gas

    async def _prices(self) -> Prices:
        """Enough for the base fee to double before it is taken up."""
        calls = [Call("eth_getBlockByNumber", ("latest", False)), Call("eth_maxPriorityFeePerGas")]

        def read(answers: list[Any]) -> Prices:
            if answers[0] is None:
                raise NodeBehind(_DRAFT)
            base, tip = wire.quantity(wire.entry(answers[0], "baseFeePerGas")), wire.quantity(answers[1])
            if tip > self._gas_price_max or base > self._gas_price_max:
                raise AnswerMalformed("a price out of all bounds")
            return Prices(tip, 2 * base + tip)

        return await self._nodes.ask(_DRAFT, calls, read)


def _fee(receipt: dict[str, Any]) -> int:
    """The fee of the gas, and on chains that settle on another one, of that as well."""
    used, price = (wire.quantity(wire.entry(receipt, name)) for name in ("gasUsed", "effectiveGasPrice"))
    settling = receipt.get("l1Fee")
    return used * price + (wire.quantity(settling) if settling is not None else 0)


def _moved_by(log: dict[str, Any]) -> tuple[bytes, bytes, bytes] | None:
    """Token, sender and recipient of a transfer."""
    moved = read_transfer_log(log)
    return (wire.address(wire.entry(log, "address")), moved[0], moved[1]) if moved else None
