"""An install whose chains are real nodes, and the world around them, for tests that are not asynchronous."""

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from bursar.install.settings import read_settings
from bursar.main.parts import assembled
from bursar.wallet.treasury.reconciliation import ReconciledCoin
from tests import hsm
from tests.chains import anvil, peers
from tests.chains.anvil import Anvil, Contract
from tests.clients.card import WebhookReceiver

from .install import Install, Launcher, until
from .scene import Scene

T = TypeVar("T")

CONFIRMATIONS = 3
BLOCK_EVERY_S = 0.4
ETHER = 10**18
COIN = 10**6
HOT_COINS, HOT_ETHER = 5_000, 50
SUCCESS, CONFIRMING, FAILED, RISK, RETURNED = 1, 2, 3, 4, 5
STRANGER = "0x52908400098527886E0F7030069857D2E4169EE7"


UNDER_WAY = (
    "SELECT count(*) FROM wallet_payment WHERE status IN ('queued', 'preparing', 'signed')",
    "SELECT count(*) FROM wallet_deposit WHERE status IN ('confirming', 'returning')",
    "SELECT count(*) FROM wallet_sweep WHERE status IN ('topping_up', 'sweeping')",
    """SELECT count(*) FROM job, sandbox_clock
    WHERE kind = 'wallet.treasury.sweep' AND due_at <= clock_timestamp() + moved_by + interval '2 seconds'""",
)


class Outside:
    """An event loop in a thread of its own, where nodes and doors live."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._stack = AsyncExitStack()

    def __call__(self, work: Coroutine[Any, Any, T]) -> T:
        """What it answers."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(120)

    def enter(self, managed: AbstractAsyncContextManager[T]) -> T:
        """Kept until the end."""
        return self(self._stack.enter_async_context(managed))

    def close(self) -> None:
        self(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


@dataclass
class Door:
    """An address of a node that can be shut."""

    target: str
    is_open: bool = True
    url: str = ""

    def handler(self) -> peers.Handler:
        pass_on = peers.proxy(self.target)

        async def handle(path: str, body: Any, writer: asyncio.StreamWriter) -> bytes | None:
            return await pass_on(path, body, writer) if self.is_open else None

        return handle


@dataclass
class Network:
    """One chain: its node, two doors to it, and its tokens by coin."""

    id: str
    network_id: int
    node: Anvil
    doors: list[Door]
    tokens: dict[str, Contract]
    outside: Outside
    hot: str = ""
    keys: str = ""
    """What the file of chains says of its keys."""

    def mine(self, blocks: int = CONFIRMATIONS) -> None:
        self.outside(self.node.mine(blocks))

    def call(self, method: str, *params: Any) -> Any:
        return self.outside(self.node.call(method, *params))

    def send(self, coin: str, to: str, units: int, sender: str | None = None) -> str:
        """Somebody outside pays; the transaction's hash."""
        if coin == "ETH":
            return self.outside(self.node.pay(to, units, sender))
        return self.outside(self.tokens[coin].transfer(to, units, sender))

    def balance(self, coin: str, address: str) -> int:
        """What stands there."""
        if coin == "ETH":
            return int(self.call("eth_getBalance", address, "latest"), 16)
        data = "0x70a08231" + address.removeprefix("0x").lower().rjust(64, "0")
        return int(self.call("eth_call", {"to": self.tokens[coin].address, "data": data}, "latest"), 16)

    def toml(self, scales: dict[str, int]) -> str:
        """Its tables in the file of chains."""
        urls = json.dumps([door.url for door in self.doors])
        head = (
            f'[[chain]]\nid = "{self.id}"\nkind = "evm"\nname = "{self.id}"\nrpc_urls = {urls}\n'
            f"network_id = {self.network_id}\nconfirmations = {CONFIRMATIONS}\nblock_time_s = 0.5\n"
            f"{self.keys}"
        )
        return head + "".join(
            f'[[chain.token]]\ncoin = "{coin}"\ndecimals = {scale}\nwithdrawable = true\nfee = "{fee}"\n'
            f'per_tx_min = "{least}"\nper_tx_max = "1000"\nlimit_1h = "100000"\nlimit_24h = "100000"\n'
            f'deposit_min = "{deposit_min}"\nsweep_min = "{sweep_min}"\n'
            + ("" if coin == "ETH" else f'contract = "{self.tokens[coin].address}"\n')
            for coin, scale in scales.items()
            if coin == "ETH" or coin in self.tokens
            for fee, least, deposit_min, sweep_min in [
                ("0.001", "0.01", "0.001", "0.5") if coin == "ETH" else ("1", "10", "0.1", "20")
            ]
        )


@dataclass
class Real:
    """The install, its chains, and what was told of them."""

    install: Install
    chains: dict[str, Network]
    outside: Outside
    scene: Scene = field(init=False)
    receiver: WebhookReceiver = field(init=False)

    @contextmanager
    def running(self) -> Iterator["Real"]:
        """API and worker, and a merchant that listens."""
        try:
            self.install.start()
            with self.install.client() as client, self.install.sandbox() as sandbox:
                self.scene = Scene(self.install, client, sandbox)
                with WebhookReceiver(client.keys) as self.receiver:
                    sandbox.set_card_webhook(self.receiver.url)
                    yield self
        finally:
            self.install.stop()

    # ── a merchant's ─────────────────────────────────────────────────────────────────────────────────────────────

    def addresses(self, chain: str, coin: str = "USDT", count: int = 1) -> list[str]:
        """New ones; the worker prepares them once it has met the chain."""
        asked = {"coinId": coin, "chainId": chain, "quantity": count}
        answer = until(
            lambda: found if (found := self.scene.call("wallet/address/apply", asked)).code == 0 else None, "addresses"
        )
        return [str(address) for address in answer.data["addresses"]]

    def deposits(self, tx_hash: str, state: int | None = None) -> list[Any]:
        asked = {"txHash": tx_hash, **({} if state is None else {"state": state})}
        found: list[Any] = self.scene.ok("wallet/deposit/list", asked)["list"]
        return found

    def deposit(self, tx_hash: str, state: int) -> Any:
        """The deposit of a transaction as soon as it has a state."""
        return until(lambda: self.deposits(tx_hash, state), f"a deposit of {tx_hash} in state {state}")[0]

    def told(self, event: str, **said: Any) -> Any:
        """What a webhook has told, once it has."""
        return self.receiver.wait_for(
            event, timeout_s=90.0, where=lambda found: all(found.get(name) == value for name, value in said.items())
        ).detail

    def available(self, coin: str = "USDT") -> Decimal:
        return self.scene.account(coin)[0]

    def withdraw(self, chain: str, amount: str, coin: str = "USDT", to: str = STRANGER) -> str:
        """Asked for and approved twice; its number."""
        asked = {"coinId": coin, "chainId": chain, "address": to, "amount": amount}
        order_no = str(self.scene.ok("wallet/withdraw", asked)["orderNo"])
        for _ in range(2):
            self.scene.sandbox.request("POST", f"wallet/withdrawals/{order_no}/decide", {"result": "approve"})
        return order_no

    def withdrawal(self, order_no: str, *states: int) -> Any:
        """The withdrawal as soon as it has one of these states."""

        def there() -> Any:
            found = self.scene.ok("wallet/withdraw/info", {"orderNo": order_no})
            return found if found["state"] in states else None

        return until(there, f"withdrawal {order_no} in {states}")

    def paid(self, chain: str, order_no: str) -> Any:
        """The withdrawal, executed and final."""
        self.withdrawal(order_no, CONFIRMING, SUCCESS)
        self.settled(chain)
        return self.withdrawal(order_no, SUCCESS)

    # ── the house ────────────────────────────────────────────────────────────────────────────────────────────────

    def settled(self, *chains: str) -> None:
        """Blocks come until no payment is under way, nothing is seen that is not final, and nothing is to be swept."""
        self.mined_until(lambda: all(self.install.value(query) == 0 for query in UNDER_WAY), *chains)

    def mined_until(self, done: Callable[[], bool], *chains: str) -> None:
        """Blocks come, slowly enough for a worker to follow, until something is so."""
        due_at = 0.0

        def look() -> bool:
            nonlocal due_at
            if time.monotonic() >= due_at:
                for chain in chains:
                    self.chains[chain].mine(1)
                due_at = time.monotonic() + BLOCK_EVERY_S
            return done()

        until(look, "what blocks bring")

    def adds_up(self) -> None:
        """No difference between chains and books lacks a reason, and the books are right."""
        standings = self.outside(self._compare())
        assert {(each.chain_id, each.coin): each.unexplained for each in standings if each.unexplained} == {}
        self.scene.check_books()

    async def _compare(self) -> list[ReconciledCoin]:
        env = {**self.install.env, "DATABASE_URL": self.install.dsn, "BURSAR_HOME": str(self.install.home)}
        async with assembled(read_settings(env)) as parts:
            return await parts.rooms.paying.reconciliation.compare()

    def reconciled(self) -> None:
        """`bursar wallet reconcile` says so, too."""
        install = self.install
        _command(
            ["wallet", "reconcile"],
            {**install.env, "DATABASE_URL": install.dsn, "BURSAR_HOME": str(install.home)},
        )


def network(outside: Outside, chain_id: str, network_id: int, contracts: dict[str, str]) -> Network:
    """A node with tokens; the hot address has some of each before anybody looks."""
    node = outside.enter(anvil.running(network_id=network_id))
    doors = [Door(node.url), Door(node.url)]
    for door in doors:
        door.url = outside.enter(peers.serving(door.handler())).url
    tokens = {coin: outside(node.deploy(name)) for coin, name in contracts.items()}
    return Network(chain_id, network_id, node, doors, tokens, outside)


def real_install(
    launcher: Launcher,
    dsn: str,
    home: Path,
    outside: Outside,
    networks: list[Network],
    scales: dict[str, int],
    module: str | None = None,
) -> Real:
    """Migrated, with a seed that the worker alone is told of; hot keys are in a PKCS#11 module if one is named."""
    file, seed = home / "chains.toml", home / "seed"
    signing = {"BURSAR_WALLET_SEED_FILE": str(seed)}
    if module is not None:
        signing |= {"BURSAR_PKCS11_PIN": hsm.PIN, "SOFTHSM2_CONF": os.environ["SOFTHSM2_CONF"]}
    write_chains(file, networks, scales, signing, module)
    install = Install(launcher, dsn, home, env={"BURSAR_CHAINS": str(file)}, worker_env=signing)
    install.migrate()
    return Real(install, {each.id: each for each in networks}, outside)


def write_chains(
    file: Path, networks: list[Network], scales: dict[str, int], signing: dict[str, str], module: str | None = None
) -> None:
    """The file of chains with the keys of a new seed, whose hot addresses have coins."""
    file.write_text(_file(networks, scales, module))
    told = _command(["wallet", "keys", "--new", "--new-hot-keys"], {"BURSAR_CHAINS": str(file), **signing}).stdout
    keys = tomllib.loads(re.sub(r"^# (.*)$", r"[\1]", told, flags=re.MULTILINE))
    for each in networks:
        each.keys, each.hot = told_lines(keys[each.id]), keys[each.id]["hot_address"]
        fund(each)
    file.write_text(_file(networks, scales, module))


def told_lines(keys: dict[str, str]) -> str:
    """As they stand in the file of chains."""
    return "".join(f'{name} = "{value}"\n' for name, value in keys.items())


def _file(networks: list[Network], scales: dict[str, int], module: str | None) -> str:
    text = "\n".join(each.toml(scales) for each in networks)
    if module is not None:
        text += f'\n[signer]\nmodule = "{module}"\ntoken = "{hsm.TOKEN}"\n[signer.hot_keys]\n'
        text += "".join(f'{each.id} = "{each.id} hot"\n' for each in networks)
    return text


def _command(words: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`bursar` with some words; it must succeed."""
    command = [sys.executable, "-m", "bursar", *words]
    done = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def fund(chain: Network) -> None:
    """The operator's own coins."""
    chain.send("ETH", chain.hot, HOT_ETHER * ETHER)
    for coin in chain.tokens:
        chain.send(coin, chain.hot, HOT_COINS * COIN)
    chain.mine()
