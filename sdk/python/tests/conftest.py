"""A merchant's keys, a platform's keys, and an API that answers what a test says."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bursar_sdk import CardConfig, PayoutConfig

SECRET = "g3)&~8P9S+ZhqO@G8b9Ate%xa5Jh-.E%"


@dataclass(frozen=True)
class Keys:
    """Both sides."""

    platform: rsa.RSAPrivateKey
    merchant: rsa.RSAPrivateKey


def pem(key: rsa.RSAPrivateKey) -> str:
    """PKCS#8."""
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def der(key: rsa.RSAPrivateKey) -> str:
    """The public half, as keys are exchanged."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(key.public_key().public_bytes(serialization.Encoding.DER, form)).decode()


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys(*(rsa.generate_private_key(65_537, 2048) for _ in range(2)))


@pytest.fixture(scope="session")
def card_config(keys: Keys) -> CardConfig:
    return CardConfig("http://api.test", "key-1", SECRET, der(keys.platform), pem(keys.merchant))


@pytest.fixture(scope="session")
def payout_config(keys: Keys) -> PayoutConfig:
    return PayoutConfig("http://api.test", "key-2", der(keys.platform), pem(keys.merchant))
