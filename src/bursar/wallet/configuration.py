"""The file of chains, read and checked: TOML, one table `[[chain]]` each, with its `[[chain.token]]`s.

It is the truth about pools, too: whether a coin is paid out on a chain, at which fee, and within which limits. A token
without amounts is taken at any size and not paid out. `examples/chains.toml` shows all of it.

    [[chain]]
    id = "ethereum"                 # as merchants name it
    kind = "evm"                    # or "tron"
    name = "Ethereum"
    rpc_urls = ["https://…"]        # in the order of preference
    network_id = 1                  # EIP-155; evm only
    confirmations = 12
    finality_tag = "finalized"      # or "safe", instead of confirmations; evm only
    block_time_s = 12.0
    extended_key = "xpub…"          # deposit addresses are its children; `bursar wallet keys` tells both
    hot_address = "0x…"

    [[chain.token]]
    coin = "USDT"
    contract = "0x…"                # left out for the chain's own coin
    decimals = 6
    withdrawable = true
    fee = "1"                       # this and what follows: all of it, or nothing; in whole coins
    per_tx_min = "10"
    per_tx_max = "50000"
    limit_1h = "100000"
    limit_24h = "500000"
    deposit_min = "1"
    sweep_min = "10"                # may be left out: then it is per_tx_min

    [signer]                        # left out where the seed makes the hot keys
    module = "/usr/lib/…/libsofthsm2.so"
    token = "bursar"

    [signer.hot_keys]               # what the hot key of each chain is called in the module
    ethereum = "bursar ethereum"

Nothing is guessed: what is not understood is refused, with the place where it stands.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bursar.kernel.money import SCALES
from bursar.wallet.addresses import check_extended_key
from bursar.wallet.chains import SPELLINGS, ChainKind, ChainSpec, Token
from bursar.wallet.errors import AddressMalformed, ChainsMisconfigured, ExtendedKeyMalformed, PoolConfigInvalid
from bursar.wallet.pools import Pool, PoolConfig

FILE_BYTES_MAX: Final = 256 * 1024
CHAINS_MAX: Final = 32
TOKENS_MAX: Final = 16
DECIMALS_MAX: Final = 30

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$")]
Label = Annotated[str, Field(min_length=1, max_length=128)]
AmountText = Annotated[str, Field(max_length=64)]
NodeUrl = Annotated[str, Field(pattern=r"^https?://\S+$", max_length=512)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _TokenTable(_Strict):
    coin: str
    contract: Annotated[str, Field(max_length=128)] | None = None
    decimals: Annotated[int, Field(ge=0, le=DECIMALS_MAX)]
    withdrawable: bool = False
    fee: AmountText | None = None
    per_tx_min: AmountText | None = None
    per_tx_max: AmountText | None = None
    limit_1h: AmountText | None = None
    limit_24h: AmountText | None = None
    deposit_min: AmountText | None = None
    sweep_min: AmountText | None = None

    @property
    def amounts(self) -> dict[str, str]:
        """The amounts that are given, by name."""
        return self.model_dump(exclude_none=True, exclude={"coin", "contract", "decimals", "withdrawable"})


class _ChainTable(_Strict):
    id: Name
    kind: Literal["evm", "tron"]
    name: Annotated[str, Field(min_length=1, max_length=64)]
    rpc_urls: Annotated[list[NodeUrl], Field(min_length=1, max_length=8)]
    network_id: Annotated[int, Field(ge=1)] = 0
    confirmations: Annotated[int, Field(ge=1, le=100_000)]
    finality_tag: Literal["safe", "finalized"] | None = None
    block_time_s: Annotated[float, Field(gt=0, le=3_600)] = 12.0
    extended_key: Annotated[str, Field(max_length=128)] | None = None
    hot_address: Annotated[str, Field(max_length=128)] | None = None
    token: Annotated[list[_TokenTable], Field(min_length=1, max_length=TOKENS_MAX)]


class _SignerTable(_Strict):
    module: Annotated[str, Field(min_length=1, max_length=4_096)]
    token: Label
    hot_keys: dict[str, Label]


class _File(_Strict):
    chain: Annotated[list[_ChainTable], Field(min_length=1, max_length=CHAINS_MAX)]
    signer: _SignerTable | None = None


@dataclass(frozen=True, slots=True)
class HardwareKeys:
    """Hot keys in a PKCS#11 module, which this program never sees."""

    module: str
    """The path of the vendor's library."""
    token: str
    labels: Mapping[str, str]
    """The label of each hot key in the module, by the chain's id."""


@dataclass(frozen=True, slots=True)
class ChainOutline:
    """A chain before its keys are in the file: the fields from which they are derived."""

    id: str
    kind: ChainKind
    network_id: int


@dataclass(frozen=True, slots=True)
class ChainConfiguration:
    """The content of a file of chains."""

    specs: tuple[ChainSpec, ...]
    """In its order."""
    pools: tuple[Pool, ...]
    """One for each token; who is blocked, and how many addresses are left, is not the file's business."""
    hardware: HardwareKeys | None


def read_chains(path: Path) -> ChainConfiguration:
    """The content of a file; raises ChainsMisconfigured with the first fault."""
    return parse_chains(_text(path))


def read_outlines(path: Path) -> tuple[tuple[ChainOutline, ...], HardwareKeys | None]:
    """The chains of a file in which keys may be missing, and the module; raises ChainsMisconfigured."""
    file = _parsed(_text(path))
    outlines = tuple(ChainOutline(table.id, ChainKind(table.kind), table.network_id) for table in file.chain)
    return outlines, _hardware(file)


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise ChainsMisconfigured(str(path), f"cannot be read: {fault.strerror}") from None
    if len(content) > FILE_BYTES_MAX:
        raise ChainsMisconfigured(str(path), f"has more than {FILE_BYTES_MAX} bytes")
    return content.decode("utf-8", errors="replace")


def parse_chains(text: str) -> ChainConfiguration:
    """The content of a text in the file's format; raises ChainsMisconfigured with the first fault."""
    file = _parsed(text)
    specs = tuple(_spec(table) for table in file.chain)
    pools = tuple(_pool(table, token) for table in file.chain for token in table.token)
    return ChainConfiguration(specs, pools, _hardware(file))


def _parsed(text: str) -> _File:
    try:
        file = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as fault:
        raise ChainsMisconfigured("the file", f"is not TOML: {fault}") from None
    except ValidationError as fault:
        first = fault.errors(include_input=False, include_url=False)[0]
        raise ChainsMisconfigured(".".join(map(str, first["loc"])), f"is wrong: {first['msg']}") from None
    for table in file.chain:
        _once([other.id for other in file.chain], table.id, "id of a chain")
        if table.kind == ChainKind.EVM.value and not table.network_id:
            raise ChainsMisconfigured(f"{table.id}.network_id", "is missing: the chain's EIP-155 number")
    return file


def _hardware(file: _File) -> HardwareKeys | None:
    if file.signer is None:
        return None
    ids, labels = {table.id for table in file.chain}, file.signer.hot_keys
    for chain_id in sorted(ids - labels.keys()):
        raise ChainsMisconfigured(f"signer.hot_keys.{chain_id}", "is missing")
    for name in sorted(labels.keys() - ids):
        raise ChainsMisconfigured(f"signer.hot_keys.{name}", "is no chain of the file")
    return HardwareKeys(file.signer.module, file.signer.token, labels)


def _spec(table: _ChainTable) -> ChainSpec:
    kind = ChainKind(table.kind)
    if kind is ChainKind.TRON and table.finality_tag:
        raise ChainsMisconfigured(f"{table.id}.finality_tag", "has no meaning on TRON: give confirmations")
    tokens = tuple(_token(table, kind, token) for token in table.token)
    for token in tokens:
        _once([other.coin for other in tokens], token.coin, f"coin of {table.id}")
        _once([other.contract for other in tokens], token.contract, f"contract of {table.id}")
    try:
        extended_key = check_extended_key(_told(table.id, "extended_key", table.extended_key))
    except ExtendedKeyMalformed:
        raise ChainsMisconfigured(f"{table.id}.extended_key", "is not an extended public key") from None
    return ChainSpec(
        table.id,
        kind,
        table.name,
        tokens,
        extended_key,
        _address(kind, f"{table.id}.hot_address", _told(table.id, "hot_address", table.hot_address)),
        table.confirmations,
        table.finality_tag,
        table.network_id,
        tuple(table.rpc_urls),
        table.block_time_s,
    )


def _told(chain_id: str, name: str, value: str | None) -> str:
    if value is None:
        raise ChainsMisconfigured(f"{chain_id}.{name}", "is missing: `bursar wallet keys` tells it")
    return value


def _token(table: _ChainTable, kind: ChainKind, token: _TokenTable) -> Token:
    where = f"{table.id}.token.{token.coin}"
    if token.coin not in SCALES:
        raise ChainsMisconfigured(where, f"is not one of {', '.join(SCALES)}")
    contract = None if token.contract is None else _address(kind, f"{where}.contract", token.contract)
    return Token(token.coin, contract, token.decimals)


def _pool(table: _ChainTable, token: _TokenTable) -> Pool:
    where, amounts = f"{table.id}.token.{token.coin}", token.amounts
    try:
        config = PoolConfig.read(token.coin, amounts) if amounts or token.withdrawable else None
    except PoolConfigInvalid as fault:
        raise ChainsMisconfigured(f"{where}.{fault.setting}", fault.reason) from None
    return Pool(token.coin, table.id, token.withdrawable, config, frozenset())


def _address(kind: ChainKind, where: str, text: str) -> str:
    try:
        return SPELLINGS[kind].canonical(text)
    except AddressMalformed:
        raise ChainsMisconfigured(where, "is not an address, or its checksum is wrong") from None


def _once(values: "list[str] | list[str | None]", value: str | None, what: str) -> None:
    if list(values).count(value) > 1:
        raise ChainsMisconfigured(str(value), f"stands twice as {what}")
