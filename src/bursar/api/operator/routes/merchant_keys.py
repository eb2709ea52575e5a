"""The keys of merchants, their public keys, and the key pairs that the install has for them."""

from bursar.api.operator.call import Call, present
from bursar.api.operator.endpoint import Route
from bursar.api.operator.lists import page, read_number, write_cursor
from bursar.api.operator.schemas.approvals import DoneOut, Waits
from bursar.api.operator.schemas.merchant_keys import (
    ExpireIn,
    MerchantKeyOut,
    MerchantKeyQuery,
    MerchantSecretOut,
    NewMerchantKeyIn,
    PublicKeyIn,
)
from bursar.api.operator.schemas.wire import Change, Id, Listed
from bursar.merchants.errors import MerchantClosed, MerchantUnknown, SettingInvalid
from bursar.merchants.keys.errors import (
    KeyExpiryInvalid,
    MerchantKeyRevoked,
    MerchantKeysTooMany,
    MerchantKeyUnknown,
    PublicKeyUnusable,
    SecretShown,
)
from bursar.merchants.keys.model import Api, read_public_key
from bursar.staff.roles import Permission

route = Route("Merchants' keys", "Keys by which merchants call, two of an API at once, and their public keys.")


@route.get("/merchants/{merchant_id}/keys", Permission.KEYS_READ, refuses=(MerchantUnknown,))
async def list_merchant_keys(call: Call, merchant_id: Id, query: MerchantKeyQuery) -> Listed[MerchantKeyOut]:
    """List a merchant's keys with their standing and last use, also those that are over."""
    after, directory = read_number(query.after, query.sort) or 0, call.services.administration.directory
    found = await directory.list_key_page(call.ctx, call.by, merchant_id, after=after, limit=query.limit + 1)
    return page(
        found,
        query.limit,
        lambda key: MerchantKeyOut.of(key, call.now),
        lambda key: write_cursor(query.sort, key.id),
    )


@route.post(
    "/merchants/{merchant_id}/keys",
    Permission.KEYS_MANAGE,
    status=201,
    refuses=(MerchantUnknown, MerchantClosed, SettingInvalid, PublicKeyUnusable, MerchantKeysTooMany, KeyExpiryInvalid),
)
async def create_merchant_key(call: Call, merchant_id: Id, body: NewMerchantKeyIn) -> DoneOut | Waits:
    """Make another key; both are accepted from then on. Its secret is shown by a call of its own."""
    arguments = present(
        merchant=merchant_id,
        api=body.api.value,
        public_key=None if body.public_key is None else read_public_key(body.public_key),
        expires_at=None if body.expires_at is None else body.expires_at.isoformat(),
    )
    return await call.perform("merchant_keys.create", arguments, body.reason)


@route.get("/merchants/{merchant_id}/keys/{key_id}", Permission.KEYS_READ, refuses=(MerchantKeyUnknown,))
async def get_merchant_key(call: Call, merchant_id: Id, key_id: Id) -> MerchantKeyOut:
    """Show a key, without its secret."""
    directory = call.services.administration.directory
    return MerchantKeyOut.of(await directory.get_key(call.ctx, call.by, merchant_id, key_id), call.now)


@route.post(
    "/merchants/{merchant_id}/keys/{key_id}/secret",
    Permission.KEYS_MANAGE,
    once=True,
    refuses=(MerchantKeyUnknown, SecretShown),
)
async def show_merchant_secret(call: Call, merchant_id: Id, key_id: Id) -> MerchantSecretOut:
    """Show the secret of a key of the card API, once for all; that somebody saw it is in the audit.

    Whoever loses the answer makes another key.
    """
    directory = call.services.administration.directory
    return MerchantSecretOut(secret=await directory.show_secret(call.ctx, call.by, merchant_id, key_id))


@route.post(
    "/merchants/{merchant_id}/keys/{key_id}/revoke",
    Permission.KEYS_MANAGE,
    refuses=(MerchantKeyUnknown, MerchantKeyRevoked),
)
async def revoke_merchant_key(call: Call, merchant_id: Id, key_id: Id, body: Change) -> DoneOut | Waits:
    """Accept a key no more, in each process within a second."""
    return await call.perform("merchant_keys.revoke", {"merchant": merchant_id, "key": key_id}, body.reason)


@route.post(
    "/merchants/{merchant_id}/keys/{key_id}/expire",
    Permission.KEYS_MANAGE,
    refuses=(MerchantKeyUnknown, MerchantKeyRevoked, KeyExpiryInvalid),
)
async def expire_merchant_key(call: Call, merchant_id: Id, key_id: Id, body: ExpireIn) -> DoneOut | Waits:
    """Give a key an end, or one that is nearer."""
    arguments = {"merchant": merchant_id, "key": key_id, "expires_at": body.expires_at.isoformat()}
    return await call.perform("merchant_keys.expire", arguments, body.reason)


@route.put(
    "/merchants/{merchant_id}/keys/{key_id}/public-key",
    Permission.KEYS_MANAGE,
    refuses=(MerchantUnknown, MerchantClosed, MerchantKeyUnknown, MerchantKeyRevoked, PublicKeyUnusable),
)
async def replace_key_public_key(call: Call, merchant_id: Id, key_id: Id, body: PublicKeyIn) -> DoneOut | Waits:
    """Give one key another public key of its own, which holds at once."""
    arguments = {"merchant": merchant_id, "key": key_id, "public_key": read_public_key(body.public_key)}
    return await call.perform("merchant_keys.replace", arguments, body.reason)


@route.put(
    "/merchants/{merchant_id}/public-keys/{api}",
    Permission.KEYS_MANAGE,
    refuses=(MerchantUnknown, MerchantClosed, PublicKeyUnusable),
)
async def replace_public_key(call: Call, merchant_id: Id, api: Api, body: PublicKeyIn) -> DoneOut | Waits:
    """Give the merchant another public key for an API: of all its keys that have none of their own, at once."""
    arguments = {"merchant": merchant_id, "api": api.value, "public_key": read_public_key(body.public_key)}
    return await call.perform("merchant_keys.replace", arguments, body.reason)
