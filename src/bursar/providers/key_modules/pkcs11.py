"""A key in a hardware module (PKCS#11) that wraps master keys: AES-256-GCM inside the module.

Promises: a key that could be taken out of the module is not used; a wrong PIN is tried once in each opening, and not at
all when the token says that one try is left; each opening logs in, does its work and logs out, so that a process that
runs on has no session. The master key itself is in the memory of the process afterwards: the module keeps it out of
files, environments and backups.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from bursar.kernel.extras import optional
from bursar.providers.key_modules.errors import ModuleKeyUnusable, ModuleUnusable
from bursar.vault.master import NONCE_BYTES
from bursar.vault.wrapped import TAG_BYTES, ModulePlace, WrappedKey

if TYPE_CHECKING:
    import pkcs11

KEY_BITS: Final = 256
_TAG_BITS: Final = 8 * TAG_BYTES


class OpenModule:
    """A token that this process is logged in to."""

    def __init__(self, session: "pkcs11.Session", place: ModulePlace) -> None:
        self._session = session
        self._place = place

    def wrap(self, label: str, master_key: bytes) -> WrappedKey:
        """The master key under the module's key; raises ModuleKeyUnusable."""
        from pkcs11.exceptions import PKCS11Error

        key, nonce = self._key(label), self._random()
        try:
            sealed: bytes = key.encrypt(master_key, **_aes_gcm(nonce, label))
        except PKCS11Error as fault:
            raise ModuleKeyUnusable(f"{self._named(label)} does not encrypt ({_kind(fault)}).") from None
        return WrappedKey(label, nonce + sealed)

    def unwrap(self, wrapped: WrappedKey) -> bytes:
        """The master key; raises ModuleKeyUnusable."""
        from pkcs11.exceptions import PKCS11Error

        nonce, sealed = wrapped.sealed[:NONCE_BYTES], wrapped.sealed[NONCE_BYTES:]
        try:
            opened: bytes = self._key(wrapped.label).decrypt(sealed, **_aes_gcm(nonce, wrapped.label))
        except PKCS11Error as fault:
            reason = f"does not open the wrapped master key ({_kind(fault)}): it was wrapped by another key, or changed"
            raise ModuleKeyUnusable(f"{self._named(wrapped.label)} {reason}.") from None
        return opened

    def make_key(self, label: str) -> None:
        """Make a wrapping key in the module, never to leave it; raises ModuleKeyUnusable if one has the label."""
        from pkcs11 import Attribute, KeyType
        from pkcs11.exceptions import PKCS11Error

        if self._find(label):
            raise ModuleKeyUnusable(f"{self._named(label)} is there already.")
        kept = {Attribute.EXTRACTABLE: False, Attribute.SENSITIVE: True, Attribute.PRIVATE: True}
        try:
            self._session.generate_key(KeyType.AES, KEY_BITS, store=True, label=label, id=label.encode(), template=kept)
        except PKCS11Error as fault:
            raise ModuleKeyUnusable(f"{self._named(label)} cannot be made ({_kind(fault)}).") from None

    def _key(self, label: str) -> Any:
        from pkcs11 import Attribute

        found = self._find(label)
        if len(found) != 1:
            wrong = "is not there" if not found else "is there more than once"
            raise ModuleKeyUnusable(f"{self._named(label)} {wrong}.")
        [key] = found
        if key[Attribute.EXTRACTABLE] or not key[Attribute.SENSITIVE]:
            raise ModuleKeyUnusable(f"{self._named(label)} could be taken out of the module, so it is not used.")
        return key

    def _find(self, label: str) -> list[Any]:
        from pkcs11 import Attribute, KeyType, ObjectClass
        from pkcs11.exceptions import PKCS11Error

        named = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES, Attribute.LABEL: label}
        try:
            return list(self._session.get_objects(named))
        except PKCS11Error as fault:
            raise ModuleUnusable(f"The token `{self._place.token}` does not answer ({_kind(fault)}).") from None

    def _random(self) -> bytes:
        from pkcs11.exceptions import PKCS11Error

        try:
            return bytes(self._session.generate_random(8 * NONCE_BYTES))
        except PKCS11Error as fault:
            raise ModuleUnusable(f"The token `{self._place.token}` does not answer ({_kind(fault)}).") from None

    def _named(self, label: str) -> str:
        return f"The key `{label}` of the token `{self._place.token}`"


@contextmanager
def opened(place: ModulePlace, pin: str, *, writable: bool = False) -> Iterator[OpenModule]:
    """While entered, logged in to the token; raises ModuleUnusable or ExtraMissing. It blocks for as long as the module
    takes.
    """
    with optional("hsm"):
        from pkcs11.exceptions import PKCS11Error
    session = _login(_token(place), place, pin, writable=writable)
    try:
        yield OpenModule(session, place)
    finally:
        with suppress(PKCS11Error):  # it may have gone already
            session.close()


def _token(place: ModulePlace) -> "pkcs11.Token":
    import pkcs11
    import pkcs11.exceptions as faults

    try:
        return pkcs11.lib(place.module).get_token(token_label=place.token)
    except (faults.NoSuchToken, faults.MultipleTokensReturned, faults.TokenNotPresent):
        raise ModuleUnusable(f"The module {place.module} has no token `{place.token}`, or several.") from None
    except (faults.PKCS11Error, RuntimeError):  # RuntimeError: the library cannot be loaded
        raise ModuleUnusable(f"The module {place.module} cannot be loaded: is that its vendor's library?") from None


def _login(token: "pkcs11.Token", place: ModulePlace, pin: str, *, writable: bool) -> "pkcs11.Session":
    import pkcs11.exceptions as faults
    from pkcs11 import TokenFlag

    if token.flags & (TokenFlag.USER_PIN_LOCKED | TokenFlag.USER_PIN_FINAL_TRY):
        raise ModuleUnusable(f"The token `{place.token}` is locked, or would be after another wrong PIN.")
    try:
        try:
            return token.open(user_pin=pin, rw=writable)
        except faults.UserAlreadyLoggedIn:  # another part of this process is
            return token.open(rw=writable)
    except (faults.PinIncorrect, faults.PinLocked, faults.PinLenRange, faults.PinInvalid, faults.PinExpired):
        raise ModuleUnusable(f"The token `{place.token}` does not take this PIN.") from None
    except faults.PKCS11Error as fault:
        raise ModuleUnusable(f"The token `{place.token}` cannot be opened ({_kind(fault)}).") from None


def _aes_gcm(nonce: bytes, label: str) -> dict[str, Any]:
    from pkcs11 import GCMParams, Mechanism

    bound = f"bursar master key|{label}".encode()
    return {"mechanism": Mechanism.AES_GCM, "mechanism_param": GCMParams(nonce, bound, _TAG_BITS)}


def _kind(fault: Exception) -> str:
    return type(fault).__name__
