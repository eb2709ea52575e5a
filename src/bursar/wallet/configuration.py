"""The file of chains, read and checked: TOML, one table `[[chain]]` each, with its `[[chain.token]]`s.

    [[chain]]
    id = "ethereum"                 # as merchants name it
    kind = "evm"                    # or "tron"
    name = "Ethereum"
    rpc_urls = ["https://…"]        # in the order of preference
    network_id = 1                  # EIP-155; evm only
    confirmations = 12
    finality_tag = "finalized"      # or "safe", instead of confirmations; evm only
    block_time_s = 12.0
    extended_key = "xpub…"          # deposit addresses are its children
    hot_address = "0x…"

    [[chain.token]]
    coin = "USDT"
    contract = "0x…"                # left out for the chain's own coin
    decimals = 6

Nothing is guessed: what is not understood is refused, with the place where it stands.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bursar.kernel.money import SCALES
from bursar.wallet.addresses import (
    check_extended_key,
    evm_address,
    read_evm_address,
    read_tron_address,
    tron_address,
)
from bursar.wallet.chains import ChainKind, ChainSpec, Token
from bursar.wallet.errors import AddressMalformed, ChainsMisconfigured, ExtendedKeyMalformed

FILE_BYTES_MAX: Final = 256 * 1024
CHAINS_MAX: Final = 32
TOKENS_MAX: Final = 16
DECIMALS_MAX: Final = 30

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$")]
NodeUrl = Annotated[str, Field(pattern=r"^https?://\S+$", max_length=512)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _TokenTable(_Strict):
    coin: str
    contract: Annotated[str, Field(max_length=128)] | None = None
    decimals: Annotated[int, Field(ge=0, le=DECIMALS_MAX)]


class _ChainTable(_Strict):
    id: Name
    kind: Literal["evm", "tron"]
    name: Annotated[str, Field(min_length=1, max_length=64)]
    rpc_urls: Annotated[list[NodeUrl], Field(min_length=1, max_length=8)]
    network_id: Annotated[int, Field(ge=1)] = 0
    confirmations: Annotated[int, Field(ge=1, le=100_000)]
    finality_tag: Literal["safe", "finalized"] | None = None
    block_time_s: Annotated[float, Field(gt=0, le=3_600)] = 12.0
    extended_key: Annotated[str, Field(max_length=128)]
    hot_address: Annotated[str, Field(max_length=128)]
    token: Annotated[list[_TokenTable], Field(min_length=1, max_length=TOKENS_MAX)]


class _File(_Strict):
    chain: Annotated[list[_ChainTable], Field(min_length=1, max_length=CHAINS_MAX)]


def read_chains(path: Path) -> tuple[ChainSpec, ...]:
    """The chains of a file, in its order; raises ChainsMisconfigured with the first thing that is wrong."""
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise ChainsMisconfigured(str(path), f"cannot be read: {fault.strerror}") from None
    if len(content) > FILE_BYTES_MAX:
        raise ChainsMisconfigured(str(path), f"has more than {FILE_BYTES_MAX} bytes")
    return parse_chains(content.decode("utf-8", errors="replace"))


def parse_chains(text: str) -> tuple[ChainSpec, ...]:
    """The chains that a text describes; raises ChainsMisconfigured."""
    try:
        file = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as fault:
        raise ChainsMisconfigured("the file", f"is not TOML: {fault}") from None
    except ValidationError as fault:
        first = fault.errors(include_input=False, include_url=False)[0]
        raise ChainsMisconfigured(".".join(map(str, first["loc"])), f"is wrong: {first['msg']}") from None
    specs = tuple(_spec(table) for table in file.chain)
    for spec in specs:
        _once([other.id for other in specs], spec.id, "id of a chain")
    return specs


def _spec(table: _ChainTable) -> ChainSpec:
    kind = ChainKind(table.kind)
    if kind is ChainKind.EVM and not table.network_id:
        raise ChainsMisconfigured(f"{table.id}.network_id", "is missing: the chain's EIP-155 number")
    if kind is ChainKind.TRON and table.finality_tag:
        raise ChainsMisconfigured(f"{table.id}.finality_tag", "has no meaning on TRON: give confirmations")
    tokens = tuple(_token(table, kind, token) for token in table.token)
    for token in tokens:
        _once([other.coin for other in tokens], token.coin, f"coin of {table.id}")
        _once([other.contract for other in tokens], token.contract, f"contract of {table.id}")
    try:
        check_extended_key(table.extended_key)
    except ExtendedKeyMalformed:
        raise ChainsMisconfigured(f"{table.id}.extended_key", "is not an extended public key") from None
    return ChainSpec(
        table.id, kind, table.name, tokens, table.extended_key,
        _address(kind, f"{table.id}.hot_address", table.hot_address), table.confirmations, table.finality_tag,
        table.network_id, tuple(table.rpc_urls), table.block_time_s,
    )  # fmt: skip


def _token(table: _ChainTable, kind: ChainKind, token: _TokenTable) -> Token:
    where = f"{table.id}.token.{token.coin}"
    if token.coin not in SCALES:
        raise ChainsMisconfigured(where, f"is not one of {', '.join(SCALES)}")
    contract = None if token.contract is None else _address(kind, f"{where}.contract", token.contract)
    return Token(token.coin, contract, token.decimals)


def _address(kind: ChainKind, where: str, text: str) -> str:
    try:
        if kind is ChainKind.TRON:
            return tron_address(read_tron_address(text))
        return evm_address(read_evm_address(text))
    except AddressMalformed:
        raise ChainsMisconfigured(where, "is not an address, or its checksum is wrong") from None


def _once(values: "list[str] | list[str | None]", value: str | None, what: str) -> None:
    if list(values).count(value) > 1:
        raise ChainsMisconfigured(str(value), f"stands twice as {what}")
