"""Merchants: found, listed by number, and made."""

from typing import Final

from bursar.administration.model import COINS, NAME_CHARS_MAX
from bursar.console.fields import number_of
from bursar.console.page import Moved, Shown
from bursar.console.staff.forms import Field, Form, Kind, opened, perform, read
from bursar.console.staff.visit import StaffPage, StaffVisit
from bursar.kernel.money import SCALES
from bursar.merchants.errors import MerchantUnknown
from bursar.merchants.keys.model import PUBLIC_KEY_CHARS_MAX, read_public_key
from bursar.merchants.model import MerchantStatus
from bursar.merchants.model import Permission as Family
from bursar.staff.roles import Permission

PAGE: Final = 50
"""Merchants of one page."""
page: Final = StaffPage("/merchants", Permission.MERCHANTS_READ)
new: Final = StaffPage("/merchants/new", Permission.MERCHANTS_CREATE)
CREATE: Final = Form(
    "create-merchant",
    Permission.MERCHANTS_CREATE,
    (
        Field("name", most=NAME_CHARS_MAX),
        Field("permissions", Kind.SEVERAL, choices=tuple(Family), family="module"),
        Field("card_public_key", Kind.LONG, PUBLIC_KEY_CHARS_MAX, required=False),
        Field("payout_public_key", Kind.LONG, PUBLIC_KEY_CHARS_MAX, required=False),
        Field("coins", Kind.SEVERAL, choices=tuple(SCALES)),
        Field("product_names", Kind.LINES, 2_000, required=False),
    ),
    action="merchants.create",
)
FORMS: Final = (CREATE,)


@page.shows
async def show(visit: StaffVisit) -> Shown | Moved:
    """Merchants by number; `text`, `status` and `after` stand in the address. A single one that is found is shown."""
    directory, query = visit.services.administration.directory, visit.query
    text, status = query.get("text", "").strip(), query.get("status", "")
    status = status if status in set(MerchantStatus) else ""
    if text:
        found = await _named(visit, text)
        if len(found) == 1:
            return Moved(f"/merchants/{found[0]}")
        listed = []
    else:
        after = number_of(query.get("after"))
        listed = list(
            await directory.list_merchants(visit.ctx, visit.by, after=after, status=status or None, limit=PAGE + 1)
        )
    values = {
        "text": text,
        "status": status,
        "statuses": list(MerchantStatus),
        "found": listed[:PAGE],
        "after": listed[PAGE - 1].merchant_id if len(listed) > PAGE else 0,
        "behind": query.get("after", ""),
        "makes": visit.may(Permission.MERCHANTS_CREATE),
    }
    return Shown("staff/merchants.html", values)


async def _named(visit: StaffVisit, text: str) -> list[int]:
    """The merchant with a number or a name, in any case of letters."""
    directory, number = visit.services.administration.directory, number_of(text)
    try:
        if number:
            return [(await directory.get(visit.ctx, visit.by, number)).merchant.merchant_id]
        return [await directory.get_number(visit.ctx, visit.by, text)]
    except MerchantUnknown:
        return []


@new.shows
async def show_new(visit: StaffVisit) -> Shown:
    """The form of a new merchant."""
    form = await opened(visit, FORMS, {"coins": COINS, "permissions": tuple(Family)}, CREATE.do)
    return Shown("staff/new_merchant.html", {"form": form})


@new.change(CREATE.do, proved=True)
async def create(visit: StaffVisit) -> Moved:
    """Make a merchant with the first key of each API; on to its keys, whose secrets are shown there once.

    Raises FieldUnusable, PublicKeyUnusable, SettingInvalid or MerchantNameTaken.
    """
    said = {name: value for name, value in read(visit, CREATE).items() if value is not None}
    for name in ("card_public_key", "payout_public_key"):
        if name in said:
            said[name] = read_public_key(said[name])
    note, number = await perform(visit, CREATE.action, said)
    return Moved(f"/merchants/{number}/keys" if number else "/merchants", note)
