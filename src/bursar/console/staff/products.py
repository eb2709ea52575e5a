"""Card products: the catalogue, one product with its history, its settings changed from an instant on, closed."""

from collections.abc import Mapping
from typing import Any, Final

from bursar.cards.catalogue.model import PRODUCT_NAME_CHARS_MAX
from bursar.cards.catalogue.settings import settings_of
from bursar.console.fields import number_of
from bursar.console.page import Moved, Shown
from bursar.console.staff.forms import Field, Form, Kind, offered, opened, performed, read
from bursar.console.staff.visit import StaffPage, StaffVisit
from bursar.staff.roles import Permission

page: Final = StaffPage("/products", Permission.PRODUCTS_READ)
one: Final = StaffPage("/products/{product}", Permission.PRODUCTS_READ)
PAGE: Final = 20
"""Changes of one page of a history."""
ANSWERS: Final = ("true", "false")
_SINCE: Final = Field("holds_from", Kind.MOMENT, required=False)
CHANGE: Final = Form(
    "change-product",
    Permission.PRODUCTS_CHANGE,
    (
        Field("name", most=PRODUCT_NAME_CHARS_MAX),
        Field("enabled", Kind.CHOICE, choices=ANSWERS, family="answer"),
        Field("open", Kind.CHOICE, choices=ANSWERS, family="answer"),
        _SINCE,
    ),
    action="products.change",
)
LIMITS: Final = Form(
    "change-product-limits",
    Permission.PRODUCTS_CHANGE,
    (Field("per_usdt", Kind.DECIMAL), Field("least", Kind.DECIMAL), Field("highest", Kind.DECIMAL), _SINCE),
    action="product_limits.change",
)
CLOSE: Final = Form("close-product", Permission.PRODUCTS_CHANGE, (_SINCE,), action="products.close")
FORMS: Final = (CHANGE, LIMITS, CLOSE)


@page.shows
async def show(visit: StaffVisit) -> Shown:
    """The catalogue as it is now, in its order."""
    found = await visit.services.administration.terms.list_products(visit.ctx, visit.by)
    return Shown("staff/products.html", {"products": found})


@one.shows
async def show_one(visit: StaffVisit) -> Shown:
    """A product as it is now, with its changes; raises ProductUnknown."""
    terms, product_id = visit.services.administration.terms, visit.path["product"]
    product = await terms.get_product(visit.ctx, visit.by, product_id)
    before = number_of(visit.query.get("after")) or None
    found = await terms.list_product_changes(visit.ctx, visit.by, product_id, before=before, limit=PAGE + 1)
    said = settings_of(product)
    values = {
        "product": product,
        "said": said,
        "rows": found[:PAGE],
        "after": found[PAGE - 1].revision if len(found) > PAGE else 0,
        "offers": offered(visit, FORMS, *(each.do for each in FORMS)),
        "form": await opened(visit, FORMS, _present(said)),
    }
    return Shown("staff/product.html", values)


@one.change(CHANGE.do, proved=True)
async def change(visit: StaffVisit) -> Moved:
    """Change what is named; raises FieldUnusable, ProductUnknown, ProductSettingInvalid or InstantPast."""
    said = read(visit, CHANGE)
    settings = {"name": said["name"], "enabled": said["enabled"] == "true", "open": said["open"] == "true"}
    return await _performed(visit, CHANGE, said, settings=settings)


@one.change(LIMITS.do, proved=True)
async def change_limits(visit: StaffVisit) -> Moved:
    """Change the rate and the range of recharges; raises what `change` raises."""
    said = read(visit, LIMITS)
    settings = {"rate": said["per_usdt"], "recharge": {"min": said["least"], "max": said["highest"]}}
    return await _performed(visit, LIMITS, said, settings=settings)


@one.change(CLOSE.do, proved=True)
async def close(visit: StaffVisit) -> Moved:
    """Open no more cards of it; raises ProductUnknown or InstantPast."""
    return await _performed(visit, CLOSE, read(visit, CLOSE))


def _present(said: Mapping[str, Any]) -> dict[str, str]:
    """The settings of now, as fields have them."""
    ends = said["recharge"] or {"min": "", "max": ""}
    return {
        "name": said["name"],
        "enabled": str(said["enabled"]).lower(),
        "open": str(said["open"]).lower(),
        "per_usdt": said["rate"],
        "least": ends["min"],
        "highest": ends["max"],
    }


async def _performed(visit: StaffVisit, form: Form, said: Mapping[str, Any], **more: Any) -> Moved:
    product_id = visit.path["product"]
    since = {} if said["holds_from"] is None else {"holds_from": said["holds_from"]}
    return await performed(visit, form.action, {"product": product_id, **more, **since}, f"/products/{product_id}")
