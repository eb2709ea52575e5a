"""A small full node of TRON, of the tests' own: NO REAL ONE CAN BE HAD (java-tron is no package of any registry).

It keeps blocks, takes signed transactions, decodes them by itself, and executes TRX and TRC-20 transfers; its answers
have the shape that java-tron's have, its zeros left out. It shows that our side is coherent, not that TRON agrees;
what is sent is checked against TRON's own library elsewhere.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from bursar.providers.chains.evm import wire
from bursar.providers.chains.secp256k1 import recover
from bursar.wallet.addresses import account_of
from tests.chains import peers
from tests.chains.peers import RpcFault, Served

GENESIS_MS = 1_700_000_000_000
BLOCK_MS = 3_000
NETWORK_ID = 0x2B6653DC
ENERGY_PRICE, BYTE_PRICE, ENERGY_USED = 210, 1_000, 64_285
TOKEN = bytes.fromhex("a614f803b6fd780986a42c78ec9c7f77e6ded13c")


@dataclass
class Block:
    """One of the chain."""

    height: int
    hash: str
    parent: str
    transactions: list[dict[str, Any]] = field(default_factory=list)
    infos: list[dict[str, Any]] = field(default_factory=list)


class TronNode:
    """The chain, its balances, and what it answers."""

    def __init__(self) -> None:
        self.blocks = [Block(0, "00" * 8 + "aa" * 24, "00" * 32)]
        self.trx: dict[bytes, int] = {}
        self.token: dict[bytes, int] = {}
        self.pending: dict[str, dict[str, Any]] = {}
        self.code: str | None = None
        """What every broadcast is refused with."""
        self.says_false = False
        self.reverts = False
        self.keeps_history = True

    # What happens on the chain

    def mine(self, blocks: int = 1) -> Block:
        """Make blocks; the first takes all that waits and has not expired."""
        for _ in range(blocks):
            height = len(self.blocks)
            tail = sha256(f"{height} {sorted(self.pending)} {self.blocks[-1].hash}".encode()).hexdigest()
            block = Block(height, f"{height:016x}{tail[16:]}", self.blocks[-1].hash)
            for tx_id, transaction in self.pending.items():
                if transaction["raw_data"]["expiration"] > GENESIS_MS + BLOCK_MS * (height - 1):
                    self._execute(block, tx_id, transaction)
            self.pending.clear()
            self.blocks.append(block)
        return self.blocks[-1]

    def drop(self, blocks: int) -> None:
        """A reorganisation: the newest blocks never were."""
        del self.blocks[-blocks:]

    def put(self, kind: str, value: dict[str, Any], result: str = "SUCCESS") -> str:
        """A transaction of somebody else in the next block; its id."""
        tx_id = sha256(f"{kind} {value} {len(self.pending)} {len(self.blocks)}".encode()).hexdigest()
        contract = {"type": kind, "parameter": {"value": value, "type_url": f"type.googleapis.com/protocol.{kind}"}}
        self.pending[tx_id] = {
            "txID": tx_id,
            "raw_data": {"contract": [contract], "expiration": 1 << 60},
            "given": result,
        }
        return tx_id

    def _execute(self, block: Block, tx_id: str, transaction: dict[str, Any]) -> None:
        contract = transaction["raw_data"]["contract"][0]
        value, given = contract["parameter"]["value"], transaction.pop("given", None)
        info: dict[str, Any] = {"id": tx_id, "blockNumber": block.height, "fee": 345_000, "receipt": {"net_usage": 345}}
        result = given or "SUCCESS"
        if contract["type"] == "TriggerSmartContract":
            result = "REVERT" if self.reverts else result
            info["receipt"] |= {"result": result, "energy_usage_total": ENERGY_USED}
            if result == "SUCCESS" and (log := self._token_moves(value)):
                info["log"] = [log]
        elif contract["type"] == "TransferContract" and result == "SUCCESS":
            sender, recipient = (bytes.fromhex(value[name])[1:] for name in ("owner_address", "to_address"))
            self.trx[sender] = self.trx.get(sender, 0) - value["amount"]
            self.trx[recipient] = self.trx.get(recipient, 0) + value["amount"]
        if result != "SUCCESS":
            info["result"] = "FAILED"
        transaction["ret"] = [{"contractRet": result}]
        block.transactions.append(transaction)
        block.infos.append(info)

    def _token_moves(self, value: dict[str, Any]) -> dict[str, Any] | None:
        sender, data = bytes.fromhex(value["owner_address"])[1:], bytes.fromhex(value["data"])
        moved = wire.read_transfer_data(data)
        if moved is None or self.token.get(sender, 0) < moved[1]:
            return None
        self.token[sender] -= moved[1]
        self.token[moved[0]] = self.token.get(moved[0], 0) + moved[1]
        return self._log(sender, *moved)

    @staticmethod
    def _log(sender: bytes, recipient: bytes, units: int) -> dict[str, Any]:
        topics = [wire.TRANSFER_TOPIC[2:], wire.word(sender).hex(), wire.word(recipient).hex()]
        return {"address": TOKEN.hex(), "topics": topics, "data": wire.word(units).hex()}

    # What it answers

    async def handle(self, path: str, body: Any, writer: asyncio.StreamWriter) -> bytes | None:
        """JSON-RPC at `/jsonrpc`, the HTTP API elsewhere."""
        if path == "/jsonrpc":
            return await peers.answering(self._rpc)(path, body, writer)
        return json.dumps(getattr(self, "_" + path.rpartition("/")[2])(body)).encode()

    def _rpc(self, method: str, params: list[Any]) -> Any:
        if method == "eth_chainId":
            return "0x" + "00" * 16 + "5f" * 12 + f"{NETWORK_ID:08x}"  # older nodes tell the whole hash
        if method == "eth_getBlockByNumber":
            return self._eth_block(params[0])
        if method == "eth_getLogs":
            return self._eth_logs(params[0])
        if params[1] != "latest":
            raise RpcFault(-32602, "QUANTITY not supported, just support TAG as latest")
        if method == "eth_getBalance":
            return hex(self.trx.get(wire.address(params[0]), 0))
        holder = wire.octets(params[0]["data"])[-20:]
        return wire.text(wire.word(self.token.get(holder, 0)))

    def _eth_block(self, which: str) -> dict[str, Any] | None:
        height = len(self.blocks) - 1 if which == "latest" else int(which, 16)
        if height >= len(self.blocks):
            return None
        block = self.blocks[height]
        return {
            "number": hex(height),
            "hash": "0x" + block.hash,
            "parentHash": "0x" + block.parent,
            "timestamp": hex((GENESIS_MS + BLOCK_MS * height) // 1000),
            "transactions": [],
            "baseFeePerGas": "0x0",
        }

    def _eth_logs(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        first, last = int(asked["fromBlock"], 16), int(asked["toBlock"], 16)
        return [
            {
                "address": "0x" + log["address"],
                "topics": ["0x" + topic for topic in log["topics"]],
                "data": "0x" + log["data"],
                "blockNumber": hex(block.height),
                "blockHash": "0x" + block.hash,
                "transactionHash": "0x" + info["id"],
                "transactionIndex": hex(place),
                "logIndex": hex(place),
                "removed": False,
            }
            for block in self.blocks[first : last + 1]
            for place, info in enumerate(block.infos)
            for log in info.get("log", [])
        ]

    def _getblockbynum(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["num"] >= len(self.blocks):
            return {}
        block = self.blocks[asked["num"]]
        header = {"number": block.height} if block.height else {}
        told: dict[str, Any] = {"blockID": block.hash, "block_header": {"raw_data": header}}
        return told | ({"transactions": block.transactions} if block.transactions else {})

    def _getchainparameters(self, asked: dict[str, Any]) -> dict[str, Any]:
        prices = {
            "getEnergyFee": ENERGY_PRICE,
            "getTransactionFee": BYTE_PRICE,
            "getCreateAccountFee": 100_000,
            "getCreateNewAccountFeeInSystemContract": 1_000_000,
        }
        return {"chainParameter": [{"key": "getAllowMarket"}, *({"key": key, "value": prices[key]} for key in prices)]}

    def _createtransaction(self, asked: dict[str, Any]) -> dict[str, Any]:
        if self.trx.get(bytes.fromhex(asked["owner_address"])[1:], 0) < asked["amount"]:
            return {"Error": "class org.tron.core.exception.ContractValidateException : balance is not sufficient."}
        return {"txID": "00" * 32, "raw_data": {}}

    def _triggerconstantcontract(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["contract_address"][2:] != TOKEN.hex():
            return {"result": {"code": "CONTRACT_VALIDATE_ERROR", "message": "no such contract"}}
        told: dict[str, Any] = {"result": {"result": True}, "energy_used": ENERGY_USED}
        parameter, sender = bytes.fromhex(asked["parameter"]), bytes.fromhex(asked["owner_address"])[1:]
        recipient, units = parameter[12:32], int.from_bytes(parameter[32:], "big")
        if self.reverts or self.token.get(sender, 0) < units:
            return told | {"transaction": {"ret": [{"ret": "FAILED"}]}, "constant_result": [""]}
        said = wire.word(0 if self.says_false else 1).hex()
        logs = [self._log(sender, recipient, units)]
        return told | {"transaction": {"ret": [{}]}, "constant_result": [said], "logs": logs}

    def _gettransactioninfobyid(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = [info for block in self.blocks for info in block.infos if info["id"] == asked["value"]]
        return found[0] if found and self.keeps_history else {}

    def _gettransactionbyid(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = [each for block in self.blocks for each in block.transactions if each["txID"] == asked["value"]]
        return found[0] if found else {}

    def _broadcasthex(self, asked: dict[str, Any]) -> dict[str, Any]:
        raw, signature = (part for _, part in fields(bytes.fromhex(asked["transaction"])))
        tx_id, transaction = sha256(raw).digest(), decoded(raw)
        value = transaction["raw_data"]["contract"][0]["parameter"]["value"]
        key = recover(tx_id, signature[:64], signature[64] - 27)
        transaction["txID"] = tx_id.hex()
        if self.code or key is None or "41" + account_of(key).hex() != value["owner_address"]:
            return {"result": False, "code": self.code or "SIGERROR", "txid": tx_id.hex()}
        height, tail = transaction["raw_data"]["reference"]
        if not any(block.height % 65_536 == height and block.hash[16:32] == tail for block in self.blocks):
            return {"result": False, "code": "TAPOS_ERROR", "txid": tx_id.hex()}
        if tx_id.hex() in self.pending or self._gettransactionbyid({"value": tx_id.hex()}):
            return {"result": False, "code": "DUP_TRANSACTION_ERROR", "txid": tx_id.hex()}
        self.pending[tx_id.hex()] = transaction
        return {"result": True, "code": "SUCCESS", "txid": tx_id.hex()}


def fields(message: bytes) -> list[tuple[int, Any]]:
    """Numbers and values of a protobuf message's fields, read without any of our own code."""
    found: list[tuple[int, Any]] = []
    place = 0

    def varint() -> int:
        nonlocal place
        value, shift = 0, 0
        while True:
            octet = message[place]
            value, shift, place = value | (octet & 127) << shift, shift + 7, place + 1
            if octet < 128:
                return value

    while place < len(message):
        tag = varint()
        value: Any = varint()
        if tag & 7 == 2:
            value, place = message[place : place + value], place + value
        found.append((tag >> 3, value))
    return found


def decoded(raw: bytes) -> dict[str, Any]:
    """A transaction as the HTTP API tells of it."""
    parts = dict(fields(raw))
    contract = dict(fields(parts[11]))
    parameter = dict(fields(contract[2]))
    kind = parameter[1].decode().rpartition(".")[2]
    inner = dict(fields(parameter[2]))
    value: dict[str, Any] = {"owner_address": inner[1].hex()}
    if kind == "TransferContract":
        value |= {"to_address": inner[2].hex(), "amount": inner[3]}
    else:
        value |= {"contract_address": inner[2].hex(), "data": inner[4].hex()}
    return {
        "raw_data": {
            "contract": [{"type": kind, "parameter": {"value": value}}],
            "expiration": parts[8],
            "fee_limit": parts.get(18, 0),
            "reference": (int.from_bytes(parts[1], "big"), parts[4].hex()),
        },
    }


@asynccontextmanager
async def running() -> AsyncIterator[tuple[TronNode, Served]]:
    """A node on a loopback port."""
    node = TronNode()
    async with peers.serving(node.handle) as served:
        yield node, served
