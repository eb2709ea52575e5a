"""The chains of a sandbox, with their fees and limits: small enough to be tried out."""

from typing import Final

from bursar.providers.chains.signers.keystore import Branch, Keystore
from bursar.wallet.addresses import ETHEREUM, TRON
from bursar.wallet.chains import ChainKind, ChainSpec, Token
from bursar.wallet.pools import Pool, PoolConfig
from bursar.wallet.ports import KeyPurpose, KeyRef

SANDBOX_SPELLINGS: Final = {"ethereum": ETHEREUM, "tron": TRON}
SANDBOX_CHAINS: Final = tuple(SANDBOX_SPELLINGS)
SANDBOX_BRANCHES: Final = {chain_id: Branch(each.coin_type) for chain_id, each in SANDBOX_SPELLINGS.items()}
"""Keys stand where those of the chains stand that these resemble."""

BLOCKED: Final = "blocked"
"""The name of the outsider whose deposits the risk control stops, on each chain."""

_TOKENS: Final = {
    "ethereum": (Token("USDT", "0xdAC17F958D2ee523a2206206994597C13D831ec7", 6), Token("ETH", None, 18)),
    "tron": (Token("USDT", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", 6),),
}
"""The contracts are those of the real chains; nothing here ever calls them."""
_BLOCKS: Final = {"ethereum": (12, 12.0), "tron": (19, 3.0)}
"""Confirmations, and how often a block comes."""
_NAMES: Final = {"ethereum": "Ethereum (sandbox)", "tron": "TRON (sandbox)"}

_CONFIGS: Final = {
    "USDT": {
        "per_tx_min": "10",
        "per_tx_max": "50000",
        "limit_1h": "100000",
        "limit_24h": "500000",
        "fee": "1",
        "deposit_min": "1",
    },
    "ETH": {
        "per_tx_min": "0.01",
        "per_tx_max": "50",
        "limit_1h": "100",
        "limit_24h": "500",
        "fee": "0.001",
        "deposit_min": "0.001",
    },
}


def public_half(seed: bytes) -> dict[str, tuple[str, str]]:
    """The extended public key and the hot address of each chain."""
    keys = Keystore(seed, SANDBOX_BRANCHES)
    return {
        chain_id: (keys.extended_key(chain_id), spelling.of_key(keys.public_key(KeyRef(chain_id, KeyPurpose.HOT))))
        for chain_id, spelling in SANDBOX_SPELLINGS.items()
    }


def spec_of(chain_id: str, extended_key: str, hot_address: str) -> ChainSpec:
    """A sandbox chain with the keys of this install."""
    confirmations, block_time_s = _BLOCKS[chain_id]
    return ChainSpec(
        chain_id,
        ChainKind.SANDBOX,
        _NAMES[chain_id],
        _TOKENS[chain_id],
        extended_key,
        hot_address,
        confirmations,
        block_time_s=block_time_s,
    )


def sandbox_pools(blocked: "dict[str, str]") -> list[Pool]:
    """The pools of the sandbox's chains; `blocked`: an address of each chain whose deposits the risk control stops."""
    return [
        Pool(
            token.coin,
            chain_id,
            withdrawable=True,
            config=PoolConfig.read(token.coin, _CONFIGS[token.coin]),
            blocked_senders=frozenset({blocked[chain_id]}),
        )
        for chain_id, tokens in _TOKENS.items()
        for token in tokens
    ]
