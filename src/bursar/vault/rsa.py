"""RSA keys of our own, as PEM."""

from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

RSA_BITS: Final = 2048


def new_rsa_key() -> bytes:
    """A private key in PKCS #8, not encrypted; takes some tenths of a second."""
    return rsa.generate_private_key(65537, RSA_BITS).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
