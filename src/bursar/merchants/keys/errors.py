"""Facts about the keys of merchants. None of them carries a secret."""

from bursar.kernel.errors import Conflict, LimitReached, NotFound, Refused


class MerchantKeyUnknown(NotFound):
    """The merchant has no such key."""

    key_id: int


class MerchantKeyRevoked(Conflict):
    """The key was revoked, and stays so."""

    key_id: int


class MerchantKeysTooMany(LimitReached):
    """A merchant has two keys of an API that live at once, and no third."""

    api: str


class KeyExpiryInvalid(Refused):
    """The end of a key is ahead, and only moves nearer."""

    key_id: int


class SecretShown(Conflict):
    """A secret is shown once, and this one was; a key without a secret of its own has none to show."""

    key_id: int


class PublicKeyUnusable(Refused):
    """A public key is RSA of 2048 to 8192 bits, as PEM or as Base64 of SubjectPublicKeyInfo."""

    reason: str
