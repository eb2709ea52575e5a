"""Open differences among the decisions that wait for a person."""

from collections.abc import Sequence
from dataclasses import replace

from bursar.decisions.actions import by_actions
from bursar.decisions.model import Ref, Source, Verdict, Waiting
from bursar.differences.actions import ACTIONS, DIFFERENCE, PAYMENT, TO_MERCHANT
from bursar.differences.model import Difference, Result, State
from bursar.differences.service import Differences
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.paging import Place
from bursar.staff.approvals.model import Performed
from bursar.staff.approvals.service import Approvals
from bursar.staff.model import Principal
from bursar.staff.roles import Permission
from bursar.wallet.payments.service import Payments


def difference_source(differences: Differences, payments: Payments, approvals: Approvals) -> Source:
    """Open differences, by the instant at which they were found."""

    async def waiting(found: Difference, word: bool = False) -> Waiting:
        about = {name: value for name, value in found.about.items() if value is not None}
        told = await differences.word(found) if word else {}
        about = {"kind": found.kind.value, "place": found.place, "name": found.name, **about, **told}
        return Waiting(Ref(DIFFERENCE, INSTALL, found.id), found.state, found.found_at, about, found.amount)

    async def list_waiting(_: Context, after: Place, limit: int) -> Sequence[Waiting]:
        return [await waiting(each) for each in await differences.list_open(after, limit)]

    async def find_waiting(_: Context, ref: Ref) -> Waiting | None:
        found = await differences.find(ref.object_id) if ref.merchant_id == INSTALL else None
        return await waiting(found, word=True) if found is not None and found.state is State.OPEN else None

    carry_out = by_actions(approvals, ACTIONS)

    async def decide(ctx: Context, by: Principal, waiting: Waiting, verdict: Verdict) -> Performed:
        return await carry_out(ctx, by, waiting, await _in_its_book(payments, verdict))

    return Source(DIFFERENCE, Permission.DIFFERENCES_READ, tuple(ACTIONS), list_waiting, find_waiting, decide)


async def _in_its_book(payments: Payments, verdict: Verdict) -> Verdict:
    """A verdict that names a payment, with the merchant whose payment it is."""
    number = verdict.more.get(PAYMENT)
    known = await payments.by_id([number]) if verdict.result == Result.PAY and type(number) is int else {}
    if not known:
        return verdict
    [intent] = known.values()
    return replace(verdict, more={**verdict.more, TO_MERCHANT: intent.merchant_id})
