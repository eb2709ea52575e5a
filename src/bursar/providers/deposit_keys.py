"""Public keys of deposit addresses, by index, from one extended public key (BIP32): no private key is near."""

from typing import Final

from bip32 import BIP32  # type: ignore[import-untyped]
from coincurve import PublicKey

from bursar.kernel.errors import Refused

INDEX_MAX: Final = (1 << 31) - 1
"""The last one that needs no private key."""


class ExtendedKeyMalformed(Refused):
    """The text is not an extended public key, or it is a private one."""


class DepositIndexOutOfRange(Refused):
    """Deposit addresses are numbered from 0 to 2,147,483,647."""

    index: int


class DepositKeys:
    """The non-hardened children of an extended public key."""

    def __init__(self, extended_key: str) -> None:
        """Raises ExtendedKeyMalformed; a private key is refused, since none belongs into a configuration."""
        try:
            self._parent = BIP32.from_xpub(extended_key)
        except Exception:  # the library lets whatever its parsing meets pass
            raise ExtendedKeyMalformed from None

    def public_key(self, index: int) -> bytes:
        """The key with this index, uncompressed."""
        if not 0 <= index <= INDEX_MAX:
            raise DepositIndexOutOfRange(index)
        return PublicKey(self._parent.get_pubkey_from_path([index])).format(compressed=False)
