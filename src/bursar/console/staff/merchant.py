"""One merchant: standing, balances, settings and webhooks."""

from collections.abc import Mapping
from typing import Any, Final

from bursar.administration.model import NAME_CHARS_MAX, MerchantView
from bursar.console.fields import number_of
from bursar.console.page import Moved, Shown
from bursar.console.staff.forms import (
    Field,
    Form,
    Kind,
    Value,
    offered,
    opened,
    performed,
    read,
)
from bursar.console.staff.visit import StaffPage, StaffVisit
from bursar.kernel.money import Money
from bursar.ledger.store import Books
from bursar.merchants.errors import MerchantUnknown, SettingInvalid
from bursar.merchants.model import SIGN_VERSION_MAX, MerchantStatus, SuspensionLevel, WebhookDetail
from bursar.merchants.model import Permission as Family
from bursar.merchants.payout.model import API_VERSION_MAX, CALLBACK_VERSIONS, IbanCheck
from bursar.staff.roles import Permission

page: Final = StaffPage("/merchants/{merchant}", Permission.MERCHANTS_READ)
SETTINGS: Final = Form(
    "change-merchant",
    Permission.MERCHANTS_CHANGE,
    (
        Field("name", most=NAME_CHARS_MAX),
        Field("permissions", Kind.SEVERAL, choices=tuple(Family), family="module"),
        Field("ip_allow_list", Kind.LINES, 20_000, required=False),
        Field("product_names", Kind.LINES, 2_000, required=False),
        Field("user_agent_deny", Kind.LINES, 17_000, required=False),
        Field("min_sign_version", Kind.NUMBER, SIGN_VERSION_MAX),
        Field("min_api_version", Kind.NUMBER, API_VERSION_MAX),
        Field("callback_version", Kind.CHOICE, choices=tuple(map(str, CALLBACK_VERSIONS))),
        Field("webhook_detail", Kind.CHOICE, choices=tuple(WebhookDetail), family="detail"),
        Field("iban_check", Kind.CHOICE, choices=tuple(IbanCheck), family="iban"),
    ),
    action="merchants.change",
)
SUSPEND: Final = Form(
    "suspend",
    Permission.MERCHANTS_SUSPEND,
    (Field("level", Kind.CHOICE, choices=tuple(SuspensionLevel), family="suspension"),),
    action="merchants.suspend",
)
RESUME: Final = Form("resume", Permission.MERCHANTS_SUSPEND, action="merchants.resume")
CLOSE: Final = Form("close", Permission.MERCHANTS_CLOSE, action="merchants.close")
RECORD: Final = Form(
    "record",
    Permission.REQUESTS_RECORD,
    (Field("until", Kind.MOMENT, required=False),),
    action="requests.record",
    proved=False,
)
FORMS: Final = (SETTINGS, SUSPEND, RESUME, CLOSE, RECORD)
ACCOUNTS_MAX: Final = 60
"""Accounts of one purse that are shown."""
_STANDINGS: Final[Mapping[MerchantStatus, tuple[str, ...]]] = {
    MerchantStatus.ACTIVE: (SETTINGS.do, RECORD.do, SUSPEND.do),
    MerchantStatus.SUSPENDED: (SETTINGS.do, RECORD.do, SUSPEND.do, RESUME.do, CLOSE.do),
    MerchantStatus.CLOSED: (),
}
"""The changes that a standing allows."""


def merchant_of(visit: StaffVisit) -> int:
    """The number of the merchant in the address; raises MerchantUnknown."""
    number = number_of(visit.path["merchant"])
    if not number:
        raise MerchantUnknown
    return number


async def view_of(visit: StaffVisit) -> MerchantView:
    """The merchant in the address with everything that is set; raises MerchantUnknown."""
    return await visit.services.administration.directory.get(visit.ctx, visit.by, merchant_of(visit))


@page.shows
async def show(visit: StaffVisit) -> Shown:
    """A merchant; raises MerchantUnknown."""
    view = await view_of(visit)
    said = view.document()
    values = {
        "view": view,
        "said": said,
        "balances": await _balances(visit, view.merchant.merchant_id),
        "webhooks": await _webhooks(visit, view.merchant.merchant_id),
        "offers": offered(visit, FORMS, *_STANDINGS[view.merchant.status]),
        "form": await opened(visit, FORMS, _present(said)),
    }
    return Shown("staff/merchant.html", values)


def _present(said: Mapping[str, Any]) -> dict[str, Value]:
    """The settings as fields have them."""
    shown: dict[str, Value] = {}
    for each in SETTINGS.fields:
        value = said.get(each.name)
        shown[each.name] = tuple(value) if isinstance(value, list) else "" if value is None else str(value)
    return shown


async def _balances(visit: StaffVisit, merchant: int) -> list[tuple[str, Money]] | None:
    """The balances of both purses by account; None for who may not see them."""
    if not visit.may(Permission.LEDGER_READ):
        return None
    books, found = Books(visit.services.ground.database), list[tuple[str, Money]]()
    for purse in ("merchant:", "payout:"):
        accounts = await books.list_accounts(merchant, (purse, ""), ACCOUNTS_MAX)
        found += [(each.code, Money(each.balance, each.asset)) for each in accounts if each.code.startswith(purse)]
    return found


async def _webhooks(visit: StaffVisit, merchant: int) -> list[dict[str, Any]] | None:
    """The URL of each API, with the numbers of announcements that wait or have failed."""
    if not visit.may(Permission.WEBHOOKS_READ):
        return None
    webhooks, book = visit.services.webhooks, visit.ctx.of(merchant)
    urls = await webhooks.list_urls(book)
    return [{"api": api, "url": url, "queue": await webhooks.count_waiting(book, api)} for api, url in urls.items()]


# ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@page.change(SETTINGS.do, proved=True)
async def change_settings(visit: StaffVisit) -> Moved:
    """Change the settings that are other than those of now; raises FieldUnusable, SettingInvalid and so on."""
    view = await view_of(visit)
    said, wanted = view.document(), read(visit, SETTINGS)
    wanted["callback_version"] = int(wanted["callback_version"])
    wanted["ip_allow_list"] = wanted["ip_allow_list"] or None
    settings = {name: value for name, value in wanted.items() if name in said and value != said[name]}
    if not settings:
        raise SettingInvalid("settings", "nothing is other than it was")
    return await _performed(visit, SETTINGS, settings=settings)


@page.change(SUSPEND.do, proved=True)
async def suspend(visit: StaffVisit) -> Moved:
    """Suspend the merchant, or at another level."""
    return await _performed(visit, SUSPEND, **read(visit, SUSPEND))


@page.change(RESUME.do, proved=True)
async def resume(visit: StaffVisit) -> Moved:
    """Lift the suspension."""
    return await _performed(visit, RESUME)


@page.change(CLOSE.do, proved=True)
async def close(visit: StaffVisit) -> Moved:
    """Close the merchant for ever; raises MerchantNotSuspended or MerchantHasOpen."""
    return await _performed(visit, CLOSE)


@page.change(RECORD.do)
async def record(visit: StaffVisit) -> Moved:
    """Record the merchant's requests until an instant, or no longer."""
    said = {name: value for name, value in read(visit, RECORD).items() if value is not None}
    return await _performed(visit, RECORD, **said)


async def _performed(visit: StaffVisit, form: Form, **said: Any) -> Moved:
    merchant = merchant_of(visit)
    return await performed(visit, form.action, {"merchant": merchant, **said}, f"/merchants/{merchant}")
