"""The limits of a merchant and its prices, each with the instant from which it holds."""

from typing import Any, Final

from bursar.console.fields import number_of
from bursar.console.page import Moved, Shown
from bursar.console.staff.forms import Field, Form, Kind, Value, offered, opened, performed, read
from bursar.console.staff.merchant import merchant_of, view_of
from bursar.console.staff.visit import StaffPage, StaffVisit
from bursar.kernel.money import SCALES
from bursar.merchants.errors import SettingInvalid
from bursar.merchants.model import COOLING_OFF_MAX_S, COUNT_MAX, QUOTAS, RATE_LIMITS, MerchantStatus
from bursar.merchants.payout.model import CURRENCIES, FeeBearer
from bursar.staff.roles import Permission

page: Final = StaffPage("/merchants/{merchant}/terms", Permission.FEES_READ)
PAGE: Final = 20
"""Prices of one page."""
LIMITS: Final = Form(
    "change-limits",
    Permission.LIMITS_CHANGE,
    (
        *(Field(name, Kind.NUMBER, COUNT_MAX) for name in (*QUOTAS, *RATE_LIMITS)),
        Field("cooling_off_s", Kind.NUMBER, COOLING_OFF_MAX_S),
        Field("auto_review", Kind.CHOICE, choices=("false", "true"), family="answer"),
    ),
    action="limits.change",
)
WITHDRAWALS: Final = Form(
    "limit-withdrawals",
    Permission.LIMITS_CHANGE,
    (
        Field("coin", Kind.CHOICE, choices=tuple(SCALES)),
        Field("least", Kind.DECIMAL, required=False),
        Field("highest", Kind.DECIMAL, required=False),
    ),
    action="limits.change",
)
SMALLEST: Final = Form(
    "limit-payouts",
    Permission.LIMITS_CHANGE,
    (Field("currency", Kind.CHOICE, choices=CURRENCIES), Field("least", Kind.DECIMAL, required=False)),
    action="limits.change",
)
FEE: Final = Form(
    "change-fee",
    Permission.FEES_CHANGE,
    (
        Field("rate", Kind.DECIMAL),
        Field("fixed", Kind.DECIMAL),
        Field("minimum", Kind.DECIMAL),
        Field("bearer", Kind.CHOICE, choices=tuple(FeeBearer), family="bearer"),
        Field("holds_from", Kind.MOMENT, required=False),
    ),
    action="fees.change",
)
FORMS: Final = (LIMITS, WITHDRAWALS, SMALLEST, FEE)


@page.shows
async def show(visit: StaffVisit) -> Shown:
    """Limits, and prices that hold later, now and held before; raises MerchantUnknown."""
    view, before = await view_of(visit), number_of(visit.query.get("after")) or None
    merchant, said = view.merchant.merchant_id, view.document()
    fees = await visit.services.administration.directory.list_fees(
        visit.ctx, visit.by, merchant, before=before, limit=PAGE + 1
    )
    is_open = view.merchant.status is not MerchantStatus.CLOSED
    values = {
        "view": view,
        "said": said,
        "fees": fees[:PAGE],
        "after": fees[PAGE - 1].fee.id if len(fees) > PAGE else 0,
        "now_id": view.payout.fee.id if view.payout else 0,
        "of_limits": offered(visit, FORMS, LIMITS.do, WITHDRAWALS.do, SMALLEST.do) if is_open else [],
        "of_fees": offered(visit, FORMS, FEE.do) if is_open and view.payout else [],
        "form": await opened(visit, FORMS, _present(said)),
    }
    return Shown("staff/merchant_terms.html", values)


def _present(said: dict[str, Any]) -> dict[str, Value]:
    """The limits and the price of now, as fields have them."""
    numbers = {**said["quotas"], **said["rate_limits"], "cooling_off_s": said["cooling_off_s"]}
    fee = said.get("fee") or {}
    auto = "true" if said.get("auto_review") else "false"
    return {name: str(value) for name, value in {**numbers, **fee, "auto_review": auto}.items()}


@page.change(LIMITS.do, proved=True)
async def change_limits(visit: StaffVisit) -> Moved:
    """Change the limits that are other than those of now; raises SettingInvalid where none is."""
    wanted, said = read(visit, LIMITS), (await view_of(visit)).document()
    quotas = {name: wanted[name] for name in QUOTAS if wanted[name] != said["quotas"][name]}
    rates = {name: wanted[name] for name in RATE_LIMITS if wanted[name] != said["rate_limits"][name]}
    settings: dict[str, Any] = {"quotas": quotas} if quotas else {}
    settings |= {"rate_limits": rates} if rates else {}
    if wanted["cooling_off_s"] != said["cooling_off_s"]:
        settings["cooling_off_s"] = wanted["cooling_off_s"]
    auto = wanted["auto_review"] == "true"
    if "auto_review" in said and auto != said["auto_review"]:
        settings["auto_review"] = auto
    if not settings:
        raise SettingInvalid("settings", "nothing is other than it was")
    return await _performed(visit, LIMITS, settings=settings)


@page.change(WITHDRAWALS.do, proved=True)
async def limit_withdrawals(visit: StaffVisit) -> Moved:
    """Set the bounds of one withdrawal of a coin; without either there are none."""
    said = read(visit, WITHDRAWALS)
    ends = {name: said[at] for name, at in (("min", "least"), ("max", "highest")) if said[at] is not None}
    return await _performed(visit, WITHDRAWALS, settings={"wallet_limits": {said["coin"]: ends or None}})


@page.change(SMALLEST.do, proved=True)
async def limit_payouts(visit: StaffVisit) -> Moved:
    """Set the least that is paid out in a currency; without one it is one minor unit."""
    said = read(visit, SMALLEST)
    return await _performed(visit, SMALLEST, settings={"smallest_amounts": {said["currency"]: said["least"]}})


@page.change(FEE.do, proved=True)
async def change_fee(visit: StaffVisit) -> Moved:
    """Set the price of payouts, at once or from an instant on; raises SettingInvalid."""
    said = {name: value for name, value in read(visit, FEE).items() if value is not None}
    return await _performed(visit, FEE, **said)


async def _performed(visit: StaffVisit, form: Form, **said: Any) -> Moved:
    merchant = merchant_of(visit)
    return await performed(visit, form.action, {"merchant": merchant, **said}, f"/merchants/{merchant}/terms")
