"""The keys of a merchant: made, shown once, given an end, ended."""

from typing import Any, Final

from bursar.console.fields import number_of
from bursar.console.page import Moved, Shown
from bursar.console.staff.forms import Field, Form, Kind, offered, opened, perform, read
from bursar.console.staff.merchant import merchant_of, view_of
from bursar.console.staff.visit import StaffPage, StaffVisit
from bursar.merchants.keys.model import PUBLIC_KEY_CHARS_MAX, Api, KeyStatus, read_public_key
from bursar.merchants.model import MerchantStatus
from bursar.staff.roles import Permission

page: Final = StaffPage("/merchants/{merchant}/keys", Permission.KEYS_READ)
PAGE: Final = 50
"""Keys of one page."""
CREATE: Final = Form(
    "create-key",
    Permission.KEYS_MANAGE,
    (
        Field("api", Kind.CHOICE, choices=tuple(Api), family="api"),
        Field("public_key", Kind.LONG, PUBLIC_KEY_CHARS_MAX, required=False),
        Field("expires_at", Kind.MOMENT, required=False),
    ),
    action="merchant_keys.create",
)
SHOW: Final = Form("show-secret", Permission.KEYS_MANAGE, reasoned=False, carries=("key",))
EXPIRE: Final = Form(
    "expire-key",
    Permission.KEYS_MANAGE,
    (Field("expires_at", Kind.MOMENT),),
    action="merchant_keys.expire",
    carries=("key",),
)
REVOKE: Final = Form("revoke-key", Permission.KEYS_MANAGE, action="merchant_keys.revoke", carries=("key",))
REPLACE: Final = Form(
    "replace-public-key",
    Permission.KEYS_MANAGE,
    (Field("public_key", Kind.LONG, PUBLIC_KEY_CHARS_MAX),),
    action="merchant_keys.replace",
    carries=("key",),
)
FORMS: Final = (CREATE, SHOW, EXPIRE, REVOKE, REPLACE)


@page.shows
async def show(visit: StaffVisit) -> Shown:
    """The keys by number, also those that are over; raises MerchantUnknown."""
    view, after = await view_of(visit), number_of(visit.query.get("after"))
    merchant, directory = view.merchant.merchant_id, visit.services.administration.directory
    keys = await directory.list_key_page(visit.ctx, visit.by, merchant, after=after, limit=PAGE + 1)
    is_open = view.merchant.status is not MerchantStatus.CLOSED
    values = {
        "view": view,
        "keys": [(key, key.status(visit.ctx.now())) for key in keys[:PAGE]],
        "after": keys[PAGE - 1].id if len(keys) > PAGE else 0,
        "live": KeyStatus.LIVE,
        "makes": offered(visit, FORMS, CREATE.do) if is_open else [],
        "of_secret": offered(visit, FORMS, SHOW.do) if is_open else [],
        "of_live": offered(visit, FORMS, EXPIRE.do, REPLACE.do, REVOKE.do) if is_open else [],
        "form": await opened(visit, FORMS),
    }
    return Shown("staff/merchant_keys.html", values)


@page.change(CREATE.do, proved=True)
async def create(visit: StaffVisit) -> Moved:
    """Make another key, both are accepted from then on; raises MerchantKeysTooMany, PublicKeyUnusable and so on."""
    said = {name: value for name, value in read(visit, CREATE).items() if value is not None}
    if "public_key" in said:
        said["public_key"] = read_public_key(said["public_key"])
    return await _performed(visit, CREATE, said)


@page.change(SHOW.do, proved=True)
async def show_secret(visit: StaffVisit) -> Shown:
    """Show a secret once for all; raises MerchantKeyUnknown or SecretShown."""
    directory, merchant, key = visit.services.administration.directory, merchant_of(visit), _key(visit)
    secret = await directory.show_secret(visit.ctx, visit.by, merchant, key)
    name = (await directory.get_key(visit.ctx, visit.by, merchant, key)).key
    return Shown("staff/secret.html", {"name": name, "secret": secret, "back": f"/merchants/{merchant}/keys"})


@page.change(EXPIRE.do, proved=True)
async def expire(visit: StaffVisit) -> Moved:
    """Give a key an end; raises MerchantKeyUnknown, MerchantKeyRevoked or KeyExpiryInvalid."""
    return await _performed(visit, EXPIRE, {"key": _key(visit), **read(visit, EXPIRE)})


@page.change(REVOKE.do, proved=True)
async def revoke(visit: StaffVisit) -> Moved:
    """Accept a key no more; raises MerchantKeyUnknown or MerchantKeyRevoked."""
    return await _performed(visit, REVOKE, {"key": _key(visit)})


@page.change(REPLACE.do, proved=True)
async def replace_public_key(visit: StaffVisit) -> Moved:
    """Give a key another public key; raises PublicKeyUnusable, MerchantKeyUnknown or MerchantKeyRevoked."""
    public_key = read_public_key(read(visit, REPLACE)["public_key"])
    return await _performed(visit, REPLACE, {"key": _key(visit), "public_key": public_key})


def _key(visit: StaffVisit) -> int:
    return number_of(visit.form.get("key"))


async def _performed(visit: StaffVisit, form: Form, said: dict[str, Any]) -> Moved:
    merchant = merchant_of(visit)
    note, _ = await perform(visit, form.action, {"merchant": merchant, **said})
    return Moved(f"/merchants/{merchant}/keys", note)
