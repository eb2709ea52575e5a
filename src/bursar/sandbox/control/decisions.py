"""The operator's decisions, made by a tester: actions of the staff by the actor `sandbox`, whom a policy lets pass.

A live install refuses to load that policy. Refusals of actions are answered as they are.
"""

from collections.abc import Callable
from typing import Any, Final

from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.staff.approvals.service import Approvals, Request
from bursar.staff.model import Principal

REASON: Final = "decided by a tester"
"""The reason in the audit where the tester gives none."""


class Decisions:
    """Makes decisions on objects of the sandbox's merchant."""

    def __init__(self, approvals: Approvals, new_context: Callable[[], Context]) -> None:
        self._approvals = approvals
        self._ctx = new_context

    async def make(
        self,
        action: str,
        object_id: int,
        stage: str,
        reason: str | None = None,
        *,
        amount: Money | None = None,
        **more: Any,
    ) -> None:
        """Carry a decision out on an object at a stage; the merchant is told the reason, if there is one."""
        ctx = self._ctx()
        arguments = {"merchant": ctx.merchant_id, "object": object_id, "stage": stage, "reason": reason, **more}
        if amount is not None:
            arguments |= {"amount": str(amount), "asset": amount.asset}
        request = Request(action, arguments, (reason or "").strip() or REASON)
        await self._approvals.perform(ctx, Principal.sandbox(), request)
