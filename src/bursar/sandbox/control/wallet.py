"""The wallet in the control API: chains, senders and the risk control, played by a tester."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field

from bursar.api.card.enumerations import DEPOSIT_STATE
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.money import Money
from bursar.ledger.model import Job, Operation, fingerprint
from bursar.sandbox.chain import SandboxChain
from bursar.sandbox.chain.chain import Incoming
from bursar.sandbox.control.answers import (
    AlarmsOut,
    BlockOut,
    BlocksOut,
    DepositOut,
    PoolConfigOut,
    PoolOut,
    SentCoinsOut,
)
from bursar.sandbox.control.decisions import Decisions
from bursar.sandbox.control.errors import ControlRefusal
from bursar.sandbox.control.route import Calls
from bursar.sandbox.control.schemas import Control, Positive, Short, number
from bursar.sandbox.control.services import Sandbox
from bursar.wallet.due import ScanChain
from bursar.wallet.errors import AddressMalformed, ChainUnknown
from bursar.wallet.model import Deposit
from bursar.wallet.pools import Pool, PoolChange, PoolConfig

BLOCKS_MAX: Final = 1_000
"""Blocks made by one call."""
SENDER: Final = "sender"
"""The outsider whom deposits come from unless somebody else is named."""
LEFT_MAX: Final = 1_000_000

NotNegative = Annotated[Decimal, Field(ge=0, max_digits=38)]


class IncomingDeposit(Control):
    address: Short
    coin_id: Short
    amount: Positive
    confirmations: Annotated[int, Field(ge=0, le=BLOCKS_MAX)] = 1
    """Blocks on it at once, its own included; 0: it waits for one."""
    from_address: Short | None = None
    chain_id: Short | None = None
    by_contract: bool = False
    """A contract sends them within a call, so that a chain's own coin is in no transaction and no log."""


class NewBlocks(Control):
    count: Annotated[int, Field(ge=1, le=BLOCKS_MAX)] = 1
    chain_id: Short | None = None
    """One chain; left out, all of them."""


class PoolConfigSettings(Control):
    per_tx_min: NotNegative | None = None
    per_tx_max: NotNegative | None = None
    limit_1h: Annotated[NotNegative | None, Field(alias="limit1h")] = None
    limit_24h: Annotated[NotNegative | None, Field(alias="limit24h")] = None
    fee: NotNegative | None = None
    deposit_min: NotNegative | None = None
    sweep_min: NotNegative | None = None


class PoolSettings(Control):
    """A field left out stays. `config` null: none is configured; `addresses_left` null: all prepared ones."""

    addresses_left: Annotated[int | None, Field(ge=0, le=LEFT_MAX, alias="addresses_left")] = None
    withdrawable: bool | None = None
    config: PoolConfigSettings | None = None
    blocked_senders: Annotated[list[Short] | None, Field(max_length=1_000, alias="blocked_senders")] = None

    def change(self) -> PoolChange:
        """The change that the settings make."""
        given = None if self.config is None else self.config.model_dump(exclude_none=True)
        return PoolChange(
            withdrawable=self.withdrawable,
            config=None if given is None else {name: f"{value:f}" for name, value in given.items()},
            unconfigured="config" in self.model_fields_set and self.config is None,
            blocked_senders=self.blocked_senders,
            addresses_left=self.addresses_left,
            unlimited="addresses_left" in self.model_fields_set and self.addresses_left is None,
        )


class DepositDecision(Control):
    result: Literal["release", "return"]


class WalletCalls:
    """The calls about the wallet, bound to one sandbox."""

    def __init__(self, sandbox: Sandbox, new_context: Callable[[], Context]) -> None:
        self._wallet = sandbox.wallet
        self._decisions = Decisions(sandbox.approvals, new_context)
        self._ctx = new_context

    def calls(self) -> Calls:
        """All of them under their methods and paths."""
        return {
            ("POST", "/wallet/deposits"): self.deposit,
            ("POST", "/wallet/blocks"): self.make_blocks,
            ("PATCH", "/wallet/pools/{coin}/{chain_id}"): self.change_pool,
            ("POST", "/wallet/deposits/{order_no}/decide"): self.decide,
            ("GET", "/wallet/alarms"): self.alarms,
        }

    async def deposit(self, body: IncomingDeposit) -> SentCoinsOut:
        """Somebody outside sends coins to an address."""
        chain, address = self._chain_of(body.chain_id, body.address)
        await self._check_owner(chain, address)
        token = chain.spec.token(body.coin_id)
        amount = Money.parse(body.amount, body.coin_id)
        sender = chain.read_address(body.from_address) if body.from_address else chain.outsider(SENDER)
        incoming = Incoming(sender, address, token, token.units(amount), body.by_contract)
        hashes = await chain.receive([incoming], body.confirmations)
        await self._have_read(chain)
        return {
            "txHash": hashes[0],
            "chainId": chain.spec.id,
            "coinId": body.coin_id,
            "amount": str(amount),
            "fromAddress": sender,
            "toAddress": address,
            "confirmations": body.confirmations,
        }

    async def make_blocks(self, body: NewBlocks | None = None) -> BlocksOut:
        """New blocks, on one chain or on all."""
        asked = body or NewBlocks()
        made: list[BlockOut] = []
        for chain in [self._chain(asked.chain_id)] if asked.chain_id else list(self._wallet.chains.values()):
            head = await chain.make_blocks(asked.count)
            await self._have_read(chain)
            made.append({"chainId": chain.spec.id, "height": head.height, "hash": head.hash})
        return {"count": asked.count, "heads": made}

    async def change_pool(self, coin: str, chain_id: str, body: PoolSettings) -> PoolOut:
        """A pool's settings; an empty change answers them."""
        pools = self._wallet.pools
        pool = await pools.get(coin, chain_id)
        if body.model_fields_set:
            pool = await pools.change(self._ctx(), coin, chain_id, body.change())
        free = await self._wallet.addresses.count_free(chain_id)
        return _pool(pool, free if pool.addresses_left is None else pool.addresses_left)

    async def decide(self, order_no: str, body: DepositDecision) -> DepositOut:
        """The risk control lets a deposit go, or sends it back."""
        deposit = await self._wallet.deposits.get(self._ctx(), number(order_no))
        await self._decisions.make(f"deposits.{body.result}", deposit.id, str(deposit.version))
        return _deposit(await self._wallet.deposits.get(self._ctx(), deposit.id))

    async def alarms(self) -> AlarmsOut:
        """Incidents that should never happen, newest first: the merchant's and the install's."""
        merchant_id = self._ctx().merchant_id
        return {
            "alarms": [
                {
                    "id": str(alarm.id),
                    "kind": alarm.kind,
                    "subject": alarm.subject,
                    "detail": dict(alarm.detail),
                    "at": alarm.at.isoformat(),
                }
                for alarm in await self._wallet.deposits.alarms()
                if alarm.merchant_id in (INSTALL, merchant_id)
            ]
        }

    async def _check_owner(self, chain: SandboxChain, address: str) -> None:
        """Raises ControlRefusal for an address at which another merchant is paid."""
        owner = await self._wallet.addresses.owner(chain.spec.id, address)
        if owner not in (None, INSTALL, self._ctx().merchant_id):
            raise ControlRefusal(404, "address_of_another", "Another merchant is paid at this address.")

    # ── chains ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _chain(self, chain_id: str) -> SandboxChain:
        chain = self._wallet.chains.get(chain_id)
        if chain is None:
            raise ChainUnknown(chain_id)
        return chain

    def _chain_of(self, chain_id: str | None, address: str) -> tuple[SandboxChain, str]:
        """The chain that is named, or the first whose address it is; with the address as it writes it."""
        for chain in [self._chain(chain_id)] if chain_id else list(self._wallet.chains.values()):
            try:
                return chain, chain.read_address(address)
            except AddressMalformed:
                continue
        raise ControlRefusal(422, "address_malformed", "It is no address of any chain of the sandbox.")

    async def _have_read(self, chain: SandboxChain) -> None:
        """The worker reads the chain now, not when its next block would be due."""
        ctx = self._ctx()
        job = Job(ScanChain(chain.spec.id, once=True), ctx.now())
        key = f"{ctx.request_key}:{chain.spec.id}"
        operation = Operation(key, fingerprint(key), "chain_played", f"chain:{chain.spec.id}", jobs=(job,))
        await self._wallet.ledger.commit(ctx, operation)


def _pool(pool: Pool, addresses_left: int) -> PoolOut:
    return {
        "coinId": pool.coin,
        "chainId": pool.chain_id,
        "withdrawable": pool.withdrawable,
        "config": None if pool.config is None else _config(pool.config),
        "blocked_senders": sorted(pool.blocked_senders),
        "addresses_left": addresses_left,
    }


def _config(config: PoolConfig) -> PoolConfigOut:
    return {
        "perTxMin": str(config.per_tx_min),
        "perTxMax": str(config.per_tx_max),
        "limit1h": str(config.limit_1h),
        "limit24h": str(config.limit_24h),
        "fee": str(config.fee),
        "depositMin": str(config.deposit_min),
        "sweepMin": None if config.sweep_min is None else str(config.sweep_min),
    }


def _deposit(deposit: Deposit) -> DepositOut:
    return {
        "orderNo": str(deposit.id),
        "state": DEPOSIT_STATE[deposit.status],
        "coinId": deposit.coin,
        "chainId": deposit.chain_id,
        "amount": str(deposit.amount),
        "fromAddress": deposit.sender,
        "toAddress": deposit.recipient,
        "txHash": deposit.tx_hash,
    }
