"""The objects of all merchants in lists, a kind at a time, newest first; filters stand in the address."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bursar.console.filters import query_of, read_behind, read_day, read_number, write_behind
from bursar.console.page import Access, Shown
from bursar.console.refusals import Turned
from bursar.console.staff.objects import Told, facts_of
from bursar.console.staff.visit import StaffPage, StaffVisit
from bursar.lookup.model import KINDS
from bursar.lookup.objects.model import OBJECT_KINDS, ObjectFilter, SeenObject

page: Final = StaffPage("/objects", Access.SIGNED_IN)
PAGE: Final = 50
"""Objects of one page."""
COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "customer": ("given_name", "last_name", "email_masked", "phone_ends"),
    "card": ("masked_number", "kind", "network", "expiry"),
    "card_order": ("kind", "third_order_no", "amount"),
    "payout": ("payee_uid", "method", "amount"),
    "withdrawal": ("chain_id", "address", "amount"),
    "deposit": ("chain_id", "tx_hash", "amount"),
    "payee": ("reference", "name_en", "bank_code", "iban_ends"),
}
"""The facts of a row by kind, beside number, status, merchant and time."""
AMOUNTS: Final = frozenset({"amount"})
FILTERS: Final = ("kind", "merchant", "status", "from", "before")


@page.shows
async def show(visit: StaffVisit) -> Shown:
    """A page of a kind; raises PermissionMissing, StatusUnknown or CursorUnusable."""
    query = visit.query
    seen = [kind for kind in OBJECT_KINDS if visit.may(KINDS[kind.name])]
    name = query.get("kind") or (seen[0].name if seen else OBJECT_KINDS[0].name)
    kind = next((each for each in OBJECT_KINDS if each.name == name), None)
    if kind is None:
        raise Turned("filter_unusable")
    which = ObjectFilter(
        merchant_id=read_number(query, "merchant"),
        status=query.get("status") or None,
        start_at=read_day(query, "from", visit.look.place),
        end_at=read_day(query, "before", visit.look.place),
    )
    objects = visit.services.objects
    found: list[SeenObject] = await objects.list_page(
        visit.ctx, visit.by, kind, which, behind=read_behind(query), limit=PAGE + 1
    )
    rows, last = found[:PAGE], found[PAGE - 1] if len(found) > PAGE else None
    kept = {**query, "kind": name}
    values = {
        "kind": kind,
        "kinds": [each.name for each in seen],
        "columns": COLUMNS[name],
        "amounts": AMOUNTS,
        "rows": [(row, cells_of(row, COLUMNS[name])) for row in rows],
        "filtered": any(query.get(each) for each in FILTERS[1:]),
        "more": "" if last is None else query_of(kept, *FILTERS, after=write_behind(last.created_at, last.id)),
        "first": query_of(kept, *FILTERS) if query.get("after") else "",
    }
    return Shown("staff/lists.html", values)


def cells_of(row: SeenObject, columns: Sequence[str]) -> list[Told | None]:
    """The facts of a row in the order of columns; None for one that it does not have."""
    told: dict[str, Any] = {each.name: each for each in facts_of(row)}
    return [told.get(name) for name in columns]
