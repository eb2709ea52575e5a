"""A real Ethereum node for tests: anvil, from npm, in a process of its own on a free loopback port.

Other tests may use it as well: `async with running() as node`, or the fixtures `node` and `tokens` of this folder.
"""

import asyncio
import fcntl
import itertools
import json
import os
import platform
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bursar.providers.chains.evm import wire
from bursar.wallet.addresses import keccak_256

PACKAGE = "@foundry-rs/anvil-linux-amd64@1.7.1"
CACHE = Path(__file__).parent.parent / ".cache" / "anvil"
CONTRACTS = Path(__file__).parent / "contracts" / "tokens.json"
PATIENCE_S = 60
NETWORK_ID = 31_337
FUNDED = 10_000 * 10**18
"""What each of the node's own accounts has at first, in wei."""
SUPPLY = 10**15
"""Of each token, all of it with the first account."""


def binary() -> Path:
    """The node's program; installed once. Skips the test, and says why, where that cannot be."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        pytest.skip("NOT TESTED against a real node: anvil comes for Linux on x86-64 alone")
    if not shutil.which("npm"):
        pytest.skip("NOT TESTED against a real node: npm is not installed")
    CACHE.mkdir(parents=True, exist_ok=True)
    path = CACHE / "node_modules" / "@foundry-rs" / "anvil-linux-amd64" / "bin" / "anvil"
    with (CACHE / "installing").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.is_file():
            install(CACHE, PACKAGE, "a real node")
    path.chmod(0o755)
    return path


def install(folder: Path, package: str, what: str) -> None:
    """Get a package from npm into a folder, or skip the test."""
    command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts", package]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"NOT TESTED against {what}: npm did not install {package} in time")
    if done.returncode != 0:
        pytest.skip(f"NOT TESTED against {what}: npm cannot install {package}: {done.stderr[-300:]}")


class Anvil:
    """One run of the node."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.accounts: list[str] = []
        """Unlocked ones, each with money."""
        self._http = httpx2.AsyncClient(trust_env=False, timeout=PATIENCE_S)
        self._ids = itertools.count()
        self._mines = True

    async def call(self, method: str, *params: Any) -> Any:
        """A method's result, of any that the node has."""
        body = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        told = (await self._http.post(self.url, json=body)).json()
        assert "error" not in told, f"{method}: {told['error']}"
        return told["result"]

    async def close(self) -> None:
        await self._http.aclose()

    async def send(self, **transaction: str) -> str:
        """A transaction of one of the node's accounts, mined where the node mines by itself; its hash."""
        sent = {"from": self.accounts[0], **transaction}
        tx_hash: str = await self.call("eth_sendTransaction", sent)
        if self._mines:
            await self.mined(tx_hash)
        return tx_hash

    async def mined(self, tx_hash: str) -> dict[str, Any]:
        """The receipt of a transaction, once it is in a block."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                receipt: dict[str, Any] | None = await self.call("eth_getTransactionReceipt", tx_hash)
                if receipt is not None:
                    return receipt
                await asyncio.sleep(0.005)

    async def pay(self, to: str, wei: int, sender: str | None = None) -> str:
        """Move the chain's own coin; the transaction's hash."""
        return await self.send(**{"from": sender or self.accounts[0], "to": to, "value": hex(wei)})

    async def mine(self, blocks: int = 1) -> None:
        """Make blocks."""
        await self.call("anvil_mine", hex(blocks))

    async def automine(self, on: bool) -> None:
        """Whether each transaction gets a block at once."""
        await self.call("evm_setAutomine", on)
        self._mines = on

    async def deploy(self, name: str) -> "Contract":
        """One of the contracts in Tokens.sol, with all its supply in the first account."""
        bytecode = json.loads(CONTRACTS.read_text("utf-8"))["contracts"][name]["bytecode"]
        tx_hash = await self.send(data=bytecode + wire.word(SUPPLY).hex())
        receipt = await self.mined(tx_hash)
        assert receipt["status"] == "0x1"
        return Contract(self, receipt["contractAddress"])


class Contract:
    """A token on the node."""

    def __init__(self, node: Anvil, address: str) -> None:
        self._node = node
        self.address = address

    async def transfer(self, to: str, units: int, sender: str | None = None) -> str:
        """Move the token; the transaction's hash."""
        return await self._send(wire.transfer_data(_octets(to), units), sender)

    async def transfer_all(self, to: Sequence[str], units: int) -> str:
        """One transfer to each of many, in one transaction."""
        recipients = b"".join(wire.word(_octets(each)) for each in to)
        head = wire.word(64) + wire.word(units) + wire.word(len(to))
        return await self._send(_selector("transferAll(address[],uint256)") + head + recipients, None)

    async def switch(self, what: str, on: bool) -> None:
        """`pause` the normal token, or `close` the one that says false."""
        await self._send(_selector(f"{what}(bool)") + wire.word(int(on)), None)

    async def _send(self, data: bytes, sender: str | None) -> str:
        return await self._node.send(
            **{"from": sender or self._node.accounts[0], "to": self.address, "data": wire.text(data)}
        )


def _octets(address: str) -> bytes:
    return bytes.fromhex(address.removeprefix("0x"))


def _selector(signature: str) -> bytes:
    return keccak_256(signature.encode())[:4]


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@asynccontextmanager
async def running(*options: str, network_id: int = NETWORK_ID) -> AsyncIterator[Anvil]:
    """A node that makes a block for each transaction; more `options` as anvil takes them."""
    program = await asyncio.to_thread(binary)
    port = free_port()
    command = ["--host", "127.0.0.1", "--port", str(port), "--chain-id", str(network_id), "--silent", *options]
    process = await asyncio.create_subprocess_exec(
        str(program),
        *command,
        "--gas-limit",
        "1000000000",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "NO_PROXY": "*"},
    )
    node = Anvil(port)
    try:
        node.accounts = await _when_up(node, process)
        yield node
    finally:
        await node.close()
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _when_up(node: Anvil, process: asyncio.subprocess.Process) -> list[str]:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            assert process.returncode is None, f"anvil has ended with {process.returncode}"
            try:
                accounts: list[str] = await node.call("eth_accounts")
            except httpx2.HTTPError:
                await asyncio.sleep(0.02)
                continue
            return accounts
