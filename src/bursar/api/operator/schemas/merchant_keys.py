"""The keys of merchants on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from bursar.api.operator.schemas.merchants import PublicKey
from bursar.api.operator.schemas.wire import At, Change, ListQuery, Wire
from bursar.merchants.keys.model import Api, KeyStatus, MerchantKey


class MerchantKeyQuery(ListQuery):
    """A page of a merchant's keys."""

    sort: Literal["id"] = "id"
    """The order: by number."""


class MerchantKeyOut(Wire):
    """A key of a merchant, without its secret."""

    id: Annotated[int, Field(examples=[17])]
    """The number of the key."""
    api: Api
    """The API that it is for."""
    key: Annotated[str, Field(examples=["sk_live_0f2a9c7e5b1d"])]
    """The key, by which the merchant is known in requests."""
    status: KeyStatus
    """The standing now."""
    public_key: str | None
    """Its own public key; null: the merchant's."""
    created_at: datetime
    """The instant when it was made."""
    created_by: Annotated[str, Field(examples=["staff:17"])]
    """The actor who made it."""
    expires_at: datetime | None
    """The instant from which it is accepted no more."""
    revoked_at: datetime | None
    """The instant when it was revoked."""
    secret_shown_at: datetime | None
    """The instant when somebody was shown its secret."""
    first_used_at: datetime | None
    """The first request with a good signature."""
    last_used_at: datetime | None
    """The newest, to the minute."""
    last_used_from: Annotated[str, Field(examples=["198.51.100.7"])] | None
    """The address of a request at about that time."""

    @classmethod
    def of(cls, key: MerchantKey, now: datetime) -> "MerchantKeyOut":
        """A key rendered."""
        return cls(
            id=key.id,
            api=key.api,
            key=key.key,
            status=key.status(now),
            public_key=key.public_key,
            created_at=key.created_at,
            created_by=key.created_by,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
            secret_shown_at=key.shown_at,
            first_used_at=key.first_used_at,
            last_used_at=key.last_used_at,
            last_used_from=key.last_used_from,
        )


class NewMerchantKeyIn(Change):
    """A key to be made beside the one that lives."""

    api: Api
    """The API that it is for."""
    public_key: PublicKey | None = None
    """A public key of its own: RSA, in PEM or Base64; the merchant's unless it is given."""
    expires_at: At | None = None
    """The instant from which it is accepted no more."""


class ExpireIn(Change):
    """The end of a key."""

    expires_at: At
    """The instant from which it is accepted no more; it only moves nearer."""


class PublicKeyIn(Change):
    """Another public key of the merchant's."""

    public_key: PublicKey
    """RSA of 2048 to 8192 bits, in PEM or Base64."""


class MerchantSecretOut(Wire):
    """The secret of a key, which is shown once."""

    secret: Annotated[str, Field(examples=["kT0pXw3m"])]
    """By which requests of the card API are signed."""
