"""The settings of a merchant: seen, and those changed that are its own to change."""

from typing import Final

from bursar.console.fields import read_choice
from bursar.console.merchant.visit import UserPage, UserVisit
from bursar.console.page import Moved, Shown
from bursar.merchants.model import ALLOW_LIST_MAX, QUOTAS, RATE_LIMITS, SIGN_VERSION_MAX, WebhookDetail
from bursar.staff.merchant_roles import MerchantPermission

page: Final = UserPage("/settings", MerchantPermission.SETTINGS_READ)
VERSIONS: Final = tuple(range(1, SIGN_VERSION_MAX + 1))


@page.shows
async def show(visit: UserVisit) -> Shown:
    """All that is set."""
    view = await visit.services.integration.settings.view(visit.book, visit.by)
    values = {
        "merchant": view.merchant,
        "quotas": list(QUOTAS),
        "rate_limits": list(RATE_LIMITS),
        "versions": VERSIONS,
        "details": list(WebhookDetail),
        "entries_max": ALLOW_LIST_MAX,
    }
    return Shown("merchant/settings.html", values)


@page.change("change", proved=True)
async def change(visit: UserVisit) -> Moved:
    """Change what is the merchant's own; raises what `OwnSettings.change` raises."""
    form = visit.form
    entries = form.get("ip_allow_list", "").split()
    said = {
        "ip_allow_list": entries or None,
        "min_sign_version": int(read_choice(form.get("min_sign_version", ""), map(str, VERSIONS))),
        "webhook_detail": read_choice(form.get("webhook_detail", ""), list(WebhookDetail)),
    }
    await visit.services.integration.settings.change(visit.book, visit.by, said)
    return Moved("/settings", "note.settings_changed")
