"""What the tests of the chains share: the four tokens, a chain that knows them, keys, and a payment from end to end."""

from dataclasses import dataclass, replace

from bursar.kernel.clock import Clock, SystemClock
from bursar.providers.chains.evm.chain import EvmChain
from bursar.providers.chains.json_rpc import Nodes
from bursar.providers.chains.signers.keystore import Keystore, branches_of
from bursar.wallet.addresses import account_of, keccak_256
from bursar.wallet.chains import ChainKind, ChainSpec, Token
from bursar.wallet.ports import Chain, DraftTransaction, KeyPurpose, KeyRef, Payment, SignedTransaction
from tests.chains.anvil import NETWORK_ID, Anvil, Contract

__all__ = ["SystemClock", "keccak_256"]

SEED = bytes.fromhex("000102030405060708090a0b0c0d0e0f")
"""Of BIP32's first test vector; it guards nothing."""
CHAIN_ID = "anvil"
HOT = KeyRef(CHAIN_ID, KeyPurpose.HOT)
SPEC = ChainSpec(
    id=CHAIN_ID,
    kind=ChainKind.EVM,
    name="Anvil",
    tokens=(),
    extended_key="",
    hot_address="",
    confirmations=3,
    network_id=NETWORK_ID,
    block_time_s=1.0,
)
ETH = Token("ETH", None, 18)


def keystore() -> Keystore:
    """Deposit keys and the hot key of the chain."""
    return Keystore(SEED, branches_of([SPEC]))


@dataclass(frozen=True)
class Tokens:
    """The contracts on a node, by what is special about them."""

    normal: Contract
    silent: Contract
    false: Contract
    fee: Contract

    def listed(self) -> tuple[Token, ...]:
        """As a chain is configured with them."""
        return (ETH, self.token("normal"), self.token("silent"), self.token("false"), self.token("fee"))

    def token(self, name: str) -> Token:
        """One of them."""
        coin = {"normal": "USDC", "silent": "USDT", "false": "FALSE", "fee": "FEE"}[name]
        return Token(coin, getattr(self, name).address, 6)


async def deployed(node: Anvil) -> Tokens:
    """All four."""
    names = ("NormalToken", "SilentToken", "FalseToken", "FeeToken")
    return Tokens(*[await node.deploy(name) for name in names])


def chain_on(
    on_node: Tokens, *urls: str, clock: Clock | None = None, timeout_s: float = 10.0, **changed: object
) -> EvmChain:
    """The adapter on nodes, in the order of preference."""
    spec = replace(SPEC, tokens=on_node.listed(), extended_key=keystore().extended_key(CHAIN_ID), rpc_urls=urls)
    spec = replace(spec, **changed)  # type: ignore[arg-type]
    nodes = Nodes(spec.id, spec.rpc_urls, spec.network_id, timeout_s)
    return EvmChain(spec, clock or SystemClock(), nodes=nodes)


async def hot_address(chain: Chain) -> str:
    """The hot wallet's."""
    return chain.read_address("0x" + account_of(await keystore().address_key(HOT)).hex())


async def filled_hot_wallet(node: Anvil, chain: Chain, contract: Contract, units: int = 10**9) -> str:
    """Its address, with some of a token and enough for fees."""
    address = await hot_address(chain)
    await node.pay(address, 10**18)
    await contract.transfer(address, units)
    return address


async def payment(
    chain: Chain, sender: str, recipient: str, token: Token, units: int, attempt: int = 0, replaces: bytes | None = None
) -> Payment:
    """The sender's next one."""
    return Payment(sender, recipient, token, units, await chain.next_nonce(sender), attempt, replaces)


async def signed(chain: Chain, draft: DraftTransaction, key: KeyRef = HOT) -> SignedTransaction:
    """By the keystore."""
    keys = keystore()
    return chain.assemble(draft, await keys.sign(key, draft.digest), await keys.address_key(key))


async def paid(
    chain: Chain, sender: str, recipient: str, token: Token, units: int, key: KeyRef = HOT
) -> SignedTransaction:
    """A payment from draft to broadcast."""
    transaction = await signed(chain, await chain.draft(await payment(chain, sender, recipient, token, units)), key)
    await chain.broadcast(transaction)
    return transaction
