"""The answers of TRON's node over its own HTTP API, read strictly. Pure.

Its Ethereum-compatible side cannot be asked about TRX: there a vote or a transfer of some other asset looks like a
payment, and a call that failed like one that returned nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from bursar.providers.chains.evm import wire
from bursar.providers.chains.evm.scanner import read_transfer_log
from bursar.providers.chains.json_rpc import AnswerMalformed
from bursar.wallet.addresses import TRON_PREFIX

SUCCESS: Final = "SUCCESS"
_ADDRESS: Final = re.compile(r"41[0-9a-fA-F]{40}", re.ASCII)
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})*", re.ASCII)
_RESULTS_OF_SUCCESS: Final = (None, "DEFAULT", SUCCESS)
_REFUSALS: Final = ("CONTRACT_VALIDATE_ERROR", "CONTRACT_EXE_ERROR")
_TRUE: Final = (1).to_bytes(wire.WORD_BYTES, "big")


@dataclass(frozen=True, slots=True)
class TrxMoved:
    """A successful transfer of TRX in a block; `place` is the number of its transaction."""

    place: int
    tx_hash: str
    sender: bytes
    recipient: bytes
    units: int


@dataclass(frozen=True, slots=True)
class Fees:
    """The network's present prices, in sun."""

    energy: int
    """For a unit of energy."""
    bandwidth: int
    """For a byte."""
    account: int
    """For paying to an address that nobody has used yet."""


def hex_address(address: bytes) -> str:
    """The address as this API wants it."""
    return (TRON_PREFIX + address).hex()


def address(told: Any) -> bytes:
    """The 20 bytes."""
    if not isinstance(told, str) or not _ADDRESS.fullmatch(told):
        raise AnswerMalformed("no address")
    return bytes.fromhex(told)[len(TRON_PREFIX) :]


def number(told: dict[str, Any], name: str) -> int:
    """A number; 0 is left out by the node."""
    found = told.get(name, 0)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise AnswerMalformed(f"no number {name}")
    return found


def octets(told: Any) -> bytes:
    """Bytes as hex without a prefix; none where nothing is said."""
    if told is None:
        return b""
    if not isinstance(told, str) or not _HEX.fullmatch(told):
        raise AnswerMalformed("no bytes")
    return bytes.fromhex(told)


def part(told: Any, *names: str) -> dict[str, Any]:
    """An object inside an object; an empty one where it is left out."""
    for name in names:
        told = told.get(name, {})
        if not isinstance(told, dict):
            raise AnswerMalformed(f"no object {name}")
    if not isinstance(told, dict):
        raise AnswerMalformed("no object")
    return told


def items(told: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """A list of objects; none where it is left out."""
    return wire.objects(told.get(name, []))


def block_id(block: dict[str, Any]) -> str:
    """A block's hash, as the Ethereum-compatible side spells it."""
    return wire.hash_text("0x" + str(block.get("blockID")))


def block_height(block: dict[str, Any]) -> int:
    """A block's height."""
    return number(part(block, "block_header", "raw_data"), "number")


def trx_moved(block: dict[str, Any]) -> Iterator[TrxMoved]:
    """Every transfer of TRX in a block that succeeded."""
    for place, transaction in enumerate(items(block, "transactions")):
        if not _succeeded(transaction):
            continue
        contract = contract_of(transaction)
        if contract.get("type") != "TransferContract":
            continue
        value = part(contract, "parameter", "value")
        yield TrxMoved(
            place,
            wire.hash_text("0x" + str(transaction.get("txID"))),
            address(value.get("owner_address")),
            address(value.get("to_address")),
            number(value, "amount"),
        )


def _succeeded(transaction: dict[str, Any]) -> bool:
    results = items(transaction, "ret")
    return bool(results) and all(result.get("contractRet") == SUCCESS for result in results)


def contract_of(transaction: dict[str, Any]) -> dict[str, Any]:
    """The one contract that a transaction executes; raises AnswerMalformed for any other number of them."""
    contracts = items(part(transaction, "raw_data"), "contract")
    if len(contracts) != 1:
        raise AnswerMalformed("no contract")
    return contracts[0]


def has_succeeded(info: dict[str, Any]) -> bool:
    """True if a transaction in a block was executed with effect."""
    return info.get("result") != "FAILED" and part(info, "receipt").get("result") in _RESULTS_OF_SUCCESS


def has_log(told: list[dict[str, Any]], token: bytes, sender: bytes, recipient: bytes) -> bool:
    """True if one of the logs says that the token moved between the two."""
    return any(_read_log(log) == (token, sender, recipient) for log in told)


def _read_log(log: dict[str, Any]) -> tuple[bytes, bytes, bytes] | None:
    topics = log.get("topics")
    if not isinstance(topics, list) or not all(isinstance(topic, str) for topic in topics):
        return None
    moved = read_transfer_log(
        {"topics": ["0x" + topic for topic in topics], "data": wire.text(octets(log.get("data")))}
    )
    return (octets(log.get("address"))[-20:], moved[0], moved[1]) if moved else None


def trial(told: dict[str, Any], token: bytes, sender: bytes, recipient: bytes) -> int | None:
    """The energy that a transfer used when it was tried out; None when it would not be executed.

    Returning false is not enough: here are tokens that do so and move all the same. It counts where the node tells the
    logs, and the transfer is not among them; otherwise the outcome in the block decides.
    """
    result = part(told, "result")
    if result.get("result") is not True:
        if result.get("code") in _REFUSALS:
            return None
        raise AnswerMalformed("not tried out")
    if any(each.get("ret") == "FAILED" for each in items(part(told, "transaction"), "ret")):
        return None
    returned = told.get("constant_result", [""])
    if not isinstance(returned, list) or not returned:
        raise AnswerMalformed("no result")
    said = octets(returned[0])
    logs = items(told, "logs")
    if said and said != _TRUE and logs and not has_log(logs, token, sender, recipient):
        return None
    return number(told, "energy_used")


def fees(told: dict[str, Any]) -> Fees:
    """Present prices, from the network's parameters."""
    found = {each.get("key"): number(each, "value") for each in items(told, "chainParameter")}
    try:
        return Fees(
            found["getEnergyFee"],
            found["getTransactionFee"],
            found["getCreateAccountFee"] + found["getCreateNewAccountFeeInSystemContract"],
        )
    except KeyError as missing:
        raise AnswerMalformed(f"no parameter {missing}") from None
