"""The keys of a merchant: listed, rotated with an overlap, their secrets shown once, revoked."""

from datetime import timedelta
from typing import Final

from bursar.console.fields import number_of, read_choice
from bursar.console.merchant.visit import UserPage, UserVisit
from bursar.console.page import Moved, Shown
from bursar.merchants.keys.model import PUBLIC_KEY_CHARS_MAX, Api, KeyStatus
from bursar.staff.merchant_roles import MerchantPermission

page: Final = UserPage("/keys", MerchantPermission.KEYS_READ)
one: Final = UserPage("/keys/{key}", MerchantPermission.KEYS_READ)
OVERLAPS_H: Final = (0, 1, 24, 168, 720)
"""Hours for which the key before goes on being accepted."""


@page.shows
async def show(visit: UserVisit) -> Shown:
    """All keys, the living ones first."""
    found, now = await visit.services.integration.keys.list_keys(visit.book, visit.by), visit.ctx.now()
    keys = sorted(found, key=lambda key: (key.status(now) is not KeyStatus.LIVE, -key.id))
    values = {"keys": keys, "now": now, "apis": list(Api), "overlaps": OVERLAPS_H, "chars_max": PUBLIC_KEY_CHARS_MAX}
    return Shown("merchant/keys.html", values)


@page.change("rotate", proved=True)
async def rotate(visit: UserVisit) -> Moved:
    """Make another key; the living one ends after the overlap. Raises what `OwnKeys.rotate` raises."""
    form = visit.form
    hours = read_choice(form.get("overlap", ""), [str(each) for each in OVERLAPS_H])
    api, public_key = Api(read_choice(form.get("api", ""), list(Api))), form.get("public_key", "").strip() or None
    overlap = timedelta(hours=int(hours))
    await visit.services.integration.keys.rotate(visit.book, visit.by, api, public_key, overlap)
    return Moved("/keys", "note.key_made")


@one.shows
async def show_one(visit: UserVisit) -> Shown:
    """One key; raises MerchantKeyUnknown."""
    return await _shown(visit, None)


@one.change("secret", proved=True)
async def secret(visit: UserVisit) -> Shown:
    """Show the secret, once for all; raises MerchantKeyUnknown or SecretShown."""
    key_id = number_of(visit.path["key"])
    return await _shown(visit, await visit.services.integration.keys.show_secret(visit.book, visit.by, key_id))


@one.change("revoke", proved=True)
async def revoke(visit: UserVisit) -> Moved:
    """Accept the key no more; raises MerchantKeyUnknown or MerchantKeyRevoked."""
    await visit.services.integration.keys.revoke(visit.book, visit.by, number_of(visit.path["key"]))
    return Moved("/keys", "note.key_revoked")


async def _shown(visit: UserVisit, told: str | None) -> Shown:
    key = await visit.services.integration.keys.get(visit.book, visit.by, number_of(visit.path["key"]))
    return Shown("merchant/key.html", {"key": key, "now": visit.ctx.now(), "secret": told})
