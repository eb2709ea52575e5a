"""RSA keys of our own, as PEM."""

import base64
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

RSA_BITS: Final = 2048


def new_rsa_key() -> bytes:
    """A private key in PKCS #8, not encrypted; takes some tenths of a second."""
    return rsa.generate_private_key(65537, RSA_BITS).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_half(private_key: bytes) -> str:
    """SubjectPublicKeyInfo in Base64, one line, of a private key in PEM."""
    key = serialization.load_pem_private_key(private_key, None)
    formats = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(key.public_key().public_bytes(*formats)).decode("ascii")
