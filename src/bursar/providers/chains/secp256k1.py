"""The curve that chains sign on.

Signatures are r and s, 64 bytes, always with the lower s; public keys are uncompressed, 65 bytes.
"""

from typing import Final

from bursar.kernel.errors import BrokenInvariant
from bursar.kernel.extras import optional

ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
DIGEST_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64


class SignatureWrong(BrokenInvariant):
    """The signature is not this key's over this digest."""


def with_lower_s(signature: bytes) -> bytes:
    """The same signature with the s that chains accept."""
    s = int.from_bytes(signature[32:], "big")
    return signature[:32] + min(s, ORDER - s).to_bytes(32, "big")


def recovery_id(digest: bytes, signature: bytes, public_key: bytes) -> int:
    """The number (0 or 1) of `public_key` among the two keys that a signature fits; raises SignatureWrong when it is
    neither.
    """
    for number in (0, 1):
        if recover(digest, signature, number) == public_key:
            return number
    raise SignatureWrong


def recover(digest: bytes, signature: bytes, number: int) -> bytes | None:
    """The public key that signed, or None where there is none."""
    with optional("chains"):
        from coincurve import PublicKey

    try:
        found = PublicKey.from_signature_and_message(signature + bytes([number]), digest, hasher=None)
    except Exception:  # the library raises a bare Exception when nothing can be recovered
        return None
    return bytes(found.format(compressed=False))
