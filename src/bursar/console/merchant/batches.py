"""Batches of payouts from files: brought, looked at row by row, mended, and asked for."""

from typing import Final

from bursar.console.fields import number_of
from bursar.console.merchant.addresses import SIZE
from bursar.console.merchant.visit import UserPage, UserVisit
from bursar.console.page import Moved, Shown
from bursar.console.refusals import refusal_of
from bursar.kernel.errors import Fact
from bursar.ordering.model import COLUMNS, FILE_BYTES_MAX, ROWS_MAX, Draft, DraftRow
from bursar.payouts.payees.model import Method
from bursar.staff.approvals.model import ApprovalStatus
from bursar.staff.merchant_roles import MerchantPermission

page: Final = UserPage("/batches", MerchantPermission.PAYOUTS_READ, file_bytes_max=FILE_BYTES_MAX)
batch: Final = UserPage("/batches/{number}", MerchantPermission.PAYOUTS_READ)


@page.shows
async def show(visit: UserVisit) -> Shown:
    """The batches, newest first; `before` stands in the address."""
    before = number_of(visit.query.get("before", "")) or None
    found = await visit.services.money.ordering.drafts.list_drafts(visit.book, visit.by, before=before, limit=SIZE + 1)
    values = {
        "found": [(draft, await _status(visit, draft)) for draft in found[:SIZE]],
        "more": found[SIZE - 1].id if len(found) > SIZE else None,
        "may": visit.may(MerchantPermission.PAYOUTS_ASK),
        "columns": COLUMNS,
        "rows_max": f"{ROWS_MAX:,}",
        "mib": FILE_BYTES_MAX // 1024 // 1024,
    }
    return Shown("merchant/batches.html", values)


@page.change("bring")
async def bring(visit: UserVisit) -> Moved:
    """A new batch from the file of the form; raises what `Drafts.bring` raises."""
    drafts = visit.services.money.ordering.drafts
    draft = await drafts.bring(visit.book, visit.by, visit.form.get("name", ""), visit.file)
    return Moved(f"/batches/{draft.id}", "note.brought")


@batch.shows
async def show_one(visit: UserVisit) -> Shown:
    """A batch with the outcome of each row; `faults`, `from` and `row`, which is mended, stand in the address."""
    drafts, number = visit.services.money.ordering.drafts, _number(visit)
    draft = await drafts.get(visit.book, visit.by, number)
    status = await _status(visit, draft)
    is_open = status in ("draft", ApprovalStatus.REJECTED, ApprovalStatus.WITHDRAWN, ApprovalStatus.EXPIRED)
    rows: list[tuple[DraftRow, BaseException | None]]
    judged = None
    if is_open:
        judged = await drafts.what_if(visit.book, visit.by, number)
        rows = list(judged.rows)
    else:
        rows = [(row, None) for row in await drafts.rows_of(visit.book, draft)]
    only, first = visit.query.get("faults") == "yes", number_of(visit.query.get("from", ""))
    shown = [each for each in rows if each[0].number >= first and (each[1] is not None or not only)]
    chosen = number_of(visit.form.get("row", "") or visit.query.get("row", ""))
    values = {
        "draft": draft,
        "status": status,
        "judged": judged,
        "rows": [(row, _sentence(visit, fault)) for row, fault in shown[:SIZE]],
        "more": shown[SIZE][0].number if len(shown) > SIZE else None,
        "only": only,
        "mended": next((row for row, _ in rows if row.number == chosen), None) if is_open else None,
        "may": visit.may(MerchantPermission.PAYOUTS_ASK) and is_open,
        "methods": list(Method),
        "columns": COLUMNS,
    }
    return Shown("merchant/batch.html", values)


@batch.change("mend")
async def mend(visit: UserVisit) -> Moved:
    """Type a row anew; raises what `Drafts.mend` raises."""
    number, form = _number(visit), visit.form
    row = DraftRow(number_of(form.get("row", "")), **{name: form.get(name, "") for name in COLUMNS})
    await visit.services.money.ordering.drafts.mend(visit.book, visit.by, number, row)
    return Moved(f"/batches/{number}", "note.mended")


@batch.change("send")
async def send(visit: UserVisit) -> Moved:
    """Ask for all orders of the batch; raises what `Ordering.send` raises."""
    number = _number(visit)
    done = await visit.services.money.ordering.ordering.send(visit.book, visit.by, number, visit.form.get("reason", ""))
    if done.waits_for is None:
        return Moved(f"/batches/{number}", "note.sent")
    return Moved(f"/approvals/{done.waits_for.asked.id}", "note.waits")


@batch.change("drop")
async def drop(visit: UserVisit) -> Moved:
    """The batch is not sent any more; raises what `Drafts.drop` raises."""
    await visit.services.money.ordering.drafts.drop(visit.book, visit.by, _number(visit))
    return Moved("/batches", "note.dropped")


async def _status(visit: UserVisit, draft: Draft) -> str:
    """The standing of a batch in a word."""
    if draft.sent_at is not None or draft.dropped_at is not None:
        return "sent" if draft.sent_at is not None else "dropped"
    if draft.approval_id is None or not visit.may(MerchantPermission.APPROVALS_READ):
        return "draft"
    found = await visit.services.users.approvals.get(visit.book, visit.by, draft.approval_id)
    return found.status(visit.ctx.now())


def _sentence(visit: UserVisit, fault: BaseException | None) -> str:
    return refusal_of(fault, visit.messages).text if isinstance(fault, Fact) else ""


def _number(visit: UserVisit) -> int:
    return number_of(visit.path["number"])
