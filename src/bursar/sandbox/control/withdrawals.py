"""Withdrawals in the control API: the operator who reviews them, and the chain that executes them or does not.

`fail` and `return` play the chain: they have the withdrawal's transaction sent and taken up, without effect or with the
coins coming back afterwards, and the service does all the rest.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from bursar.api.card.enumerations import WITHDRAWAL_STATE
from bursar.kernel.context import Context
from bursar.sandbox.chain import SandboxChain
from bursar.sandbox.chain.chain import Incoming
from bursar.sandbox.control.answers import WithdrawalOut
from bursar.sandbox.control.decisions import Decisions
from bursar.sandbox.control.route import Calls
from bursar.sandbox.control.schemas import Control, number
from bursar.wallet.chains import ChainUnknown
from bursar.wallet.payments.engine import PaymentEngine
from bursar.wallet.scanner import Scanner
from bursar.wallet.withdrawals.errors import WithdrawalNotInState
from bursar.wallet.withdrawals.progress import Progress
from bursar.wallet.withdrawals.service import Withdrawals, WithdrawalWithPayment
from bursar.wallet.withdrawals.states import WithdrawalStatus

LOOKS: Final = 100
LOOK_EVERY_S: Final = 0.1
"""The interval between looks at a payment while a tester waits for it."""
UNDER_WAY: Final = frozenset({WithdrawalStatus.AWAITING_WITHDRAWAL, WithdrawalStatus.CONFIRMING})


class WithdrawalDecision(Control):
    result: Literal["approve", "reject", "fail", "return"]
    reason: Annotated[str, Field(max_length=255)] | None = None


@dataclass(frozen=True, slots=True)
class WithdrawalControl:
    """A tester's side of withdrawals."""

    withdrawals: Withdrawals
    progress: Progress
    engine: PaymentEngine
    scanner: Scanner
    chains: Mapping[str, SandboxChain]


class WithdrawalCalls:
    """The calls about withdrawals, bound to one sandbox."""

    def __init__(self, control: WithdrawalControl, decisions: Decisions, new_context: Callable[[], Context]) -> None:
        self._control = control
        self._decisions = decisions
        self._ctx = new_context

    def calls(self) -> Calls:
        """All of them under their methods and paths."""
        return {("POST", "/wallet/withdrawals/{order_no}/decide"): self.decide}

    async def decide(self, order_no: str, body: WithdrawalDecision) -> WithdrawalOut:
        """Review, or how it ends on the chain."""
        order_id = number(order_no)
        acts: dict[str, Callable[[], Awaitable[Any]]] = {
            "approve": lambda: self._approve(order_id),
            "reject": lambda: self._reject(order_id, body.reason),
            "fail": lambda: self._fail(order_id),
            "return": lambda: self._return(order_id, body.reason),
        }
        await acts[body.result]()
        return _withdrawal(await self._standing(order_id))

    async def _approve(self, order_id: int) -> None:
        """One review further; an order that has passed both stays as it is."""
        order = (await self._standing(order_id)).order
        if order.status is not WithdrawalStatus.AWAITING_WITHDRAWAL:
            await self._decisions.make("withdrawals.approve", order.id, order.status, amount=order.amount)

    async def _reject(self, order_id: int, reason: str | None) -> None:
        order = (await self._standing(order_id)).order
        await self._decisions.make("withdrawals.reject", order.id, order.status, reason)

    async def _fail(self, order_id: int) -> None:
        """Its transaction is executed without effect."""
        standing = await self._sent(order_id)
        await self._chain(standing).spoil(_hash(standing))
        await self._made_final(standing)

    async def _return(self, order_id: int, reason: str | None) -> None:
        """Its coins arrive, and come back to the hot address from there."""
        standing = await self._standing(order_id)
        if standing.order.status in UNDER_WAY:
            standing = await self._sent(order_id)
            await self._made_final(standing)
        order, chain = (await self._standing(order_id)).order, self._chain(standing)
        if order.status != WithdrawalStatus.SUCCEEDED:
            raise WithdrawalNotInState(order.id, order.status)
        token = chain.spec.token(order.coin)
        back = Incoming(order.address, chain.spec.hot_address, token, token.units(order.amount))
        await chain.receive([back], chain.spec.confirmations)
        await self._control.scanner.read(self._ctx(), chain)
        await self._control.progress.returned(self._ctx(), order_id, reason)

    async def _sent(self, order_id: int) -> WithdrawalWithPayment:
        """The withdrawal, once its transaction was sent; raises WithdrawalNotInState unless it is under way."""
        standing = await self._standing(order_id)
        if standing.order.status not in UNDER_WAY:
            raise WithdrawalNotInState(standing.order.id, standing.order.status)
        standing = await self._brought_on(standing, frozenset({WithdrawalStatus.AWAITING_WITHDRAWAL}))
        if standing.order.status != WithdrawalStatus.CONFIRMING:
            raise WithdrawalNotInState(standing.order.id, standing.order.status)
        return standing

    async def _made_final(self, standing: WithdrawalWithPayment) -> None:
        chain = self._chain(standing)
        await chain.make_blocks(chain.spec.confirmations)
        await self._brought_on(standing, UNDER_WAY)

    async def _brought_on(
        self, standing: WithdrawalWithPayment, before: frozenset[WithdrawalStatus]
    ) -> WithdrawalWithPayment:
        """The withdrawal once it has left these statuses; a worker may be at it too, or have others to do first."""
        order, intent = standing.order, standing.intent
        if intent is None:
            return standing
        for _ in range(LOOKS):
            await self._control.engine.bring_on(self._ctx(), intent.id)
            standing = await self._standing(order.id)
            if standing.order.status not in before:
                break
            await asyncio.sleep(LOOK_EVERY_S)
        return standing

    async def _standing(self, order_id: int) -> WithdrawalWithPayment:
        return await self._control.withdrawals.get(self._ctx(), order_id)

    def _chain(self, standing: WithdrawalWithPayment) -> SandboxChain:
        chain = self._control.chains.get(standing.order.chain_id)
        if chain is None:
            raise ChainUnknown(standing.order.chain_id)
        return chain


def _hash(standing: WithdrawalWithPayment) -> str:
    return "" if standing.intent is None else standing.intent.tx_hash or ""


def _withdrawal(standing: WithdrawalWithPayment) -> WithdrawalOut:
    order = standing.order
    return {
        "orderNo": str(order.id),
        "state": WITHDRAWAL_STATE[order.status],
        "coinId": order.coin,
        "chainId": order.chain_id,
        "amount": str(order.amount),
        "fee": str(order.fee),
        "toAddress": order.address,
        "txHash": _hash(standing) or None,
        "reason": order.reason,
    }
