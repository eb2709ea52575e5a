"""Addresses and keys of a merchant: given, from the environment, or from the `sandbox.json` of a sandbox.

    CardConfig.from_sandbox("var/sandbox.json")
    CardConfig.from_env()            BURSAR_BASE_URL, BURSAR_CARD_API_KEY, …
    CardConfig(base_url="https://…", api_key="…", …)

No secret stands in the `repr` of any of them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from bursar_sdk import crypto
from bursar_sdk.errors import ConfigurationError

SANDBOX_VARIABLE = "BURSAR_SANDBOX"
"""The path of a `sandbox.json`; where it is set, `from_env` reads what no other variable gives from there."""


@dataclass(frozen=True)
class CardConfig:
    """Of the card and wallet API. Raises ConfigurationError for a key that is none."""

    base_url: str
    """Without a path, for example `https://api.example.com`."""
    api_key: str
    secret_key: str = field(repr=False)
    """Used as the text that it is, never decoded."""
    platform_public_key: str = field(repr=False)
    """Base64 DER or PEM: requests are encrypted to it."""
    merchant_private_key: str = field(repr=False)
    """PKCS#8 PEM or its base64 DER: answers and pushes are decrypted with it."""
    sign_version: int = 2
    """1 or 2."""

    def __post_init__(self) -> None:
        _check_address(self.base_url)
        if self.sign_version not in (1, 2):
            raise ConfigurationError(f"sign_version is 1 or 2, not {self.sign_version}")
        for name in ("api_key", "secret_key"):
            _check_filled(name, getattr(self, name))
        object.__setattr__(self, "_platform", crypto.public_key(self.platform_public_key))
        object.__setattr__(self, "_merchant", crypto.private_key(self.merchant_private_key))

    @classmethod
    def from_sandbox(cls, path: str | Path | None = None, **changed: Any) -> CardConfig:
        """Of the sandbox merchant; the path is that of `sandbox.json` or of its folder, else `BURSAR_SANDBOX`."""
        names = ("api_key", "secret_key", "platform_public_key", "merchant_private_key")
        return cls(**{**_of_part(read_sandbox(path), "card", names), **changed})

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None, **changed: Any) -> CardConfig:
        """From `BURSAR_BASE_URL` and `BURSAR_CARD_API_KEY`, `…_SECRET_KEY`, `…_PLATFORM_PUBLIC_KEY`,
        `…_MERCHANT_PRIVATE_KEY`, and `BURSAR_SANDBOX` for what is missing. Raises ConfigurationError."""
        names = ("api_key", "secret_key", "platform_public_key", "merchant_private_key")
        return cls(**{**_from_env("card", names, environment), **changed})

    @property
    def platform_key(self) -> rsa.RSAPublicKey:
        """The platform's key."""
        key: rsa.RSAPublicKey = self.__dict__["_platform"]
        return key

    @property
    def merchant_key(self) -> rsa.RSAPrivateKey:
        """Ours."""
        key: rsa.RSAPrivateKey = self.__dict__["_merchant"]
        return key

    @property
    def key_ids(self) -> Mapping[str, str]:
        """`kid` of `platform` and `merchant`: compare them when something cannot be decrypted."""
        return {
            "platform": crypto.key_id(self.platform_key),
            "merchant": crypto.key_id(self.merchant_key.public_key()),
        }


@dataclass(frozen=True)
class PayoutConfig:
    """Of the payout and OTP API. Raises ConfigurationError for a key that is none."""

    base_url: str
    api_key: str
    system_public_key: str = field(repr=False)
    """Base64 DER or PEM: answers and callbacks are signed with its private half, fields are sealed to it."""
    merchant_private_key: str = field(repr=False)
    """PKCS#8 PEM or its base64 DER: signs requests, opens sealed fields."""
    other_system_public_key: str | None = field(default=None, repr=False)
    """While the platform changes its key: the one before or after, whose signatures are accepted as well."""
    version: int = 2
    """1 or 2, of signatures and sealed fields."""
    callback_versions: tuple[int, ...] = (2,)
    """Versions of callbacks that are accepted. Version 1 is signed over MD5: accept it only while you have to."""

    def __post_init__(self) -> None:
        _check_address(self.base_url)
        if self.version not in (1, 2) or not set(self.callback_versions) <= {1, 2}:
            raise ConfigurationError(f"versions are 1 and 2, not {self.version} and {self.callback_versions}")
        _check_filled("api_key", self.api_key)
        other = self.other_system_public_key
        systems = [crypto.public_key(self.system_public_key), *([crypto.public_key(other)] if other else [])]
        object.__setattr__(self, "_systems", tuple(systems))
        object.__setattr__(self, "_merchant", crypto.private_key(self.merchant_private_key))

    @classmethod
    def from_sandbox(cls, path: str | Path | None = None, **changed: Any) -> PayoutConfig:
        """Of the sandbox merchant; the path is that of `sandbox.json` or of its folder, else `BURSAR_SANDBOX`.

        Both versions of callbacks are accepted, since a sandbox begins with version 1, as old clients know it.
        """
        taken = _of_part(read_sandbox(path), "payout", ("api_key", "system_public_key", "merchant_private_key"))
        return cls(**{"callback_versions": (1, 2), **taken, **changed})

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None, **changed: Any) -> PayoutConfig:
        """From `BURSAR_BASE_URL` and `BURSAR_PAYOUT_API_KEY`, `…_SYSTEM_PUBLIC_KEY`, `…_MERCHANT_PRIVATE_KEY`, and
        `BURSAR_SANDBOX` for what is missing. Raises ConfigurationError."""
        names = ("api_key", "system_public_key", "merchant_private_key")
        return cls(**{**_from_env("payout", names, environment), **changed})

    @property
    def system_keys(self) -> tuple[rsa.RSAPublicKey, ...]:
        """The platform's; the first is the one that fields are sealed to."""
        keys: tuple[rsa.RSAPublicKey, ...] = self.__dict__["_systems"]
        return keys

    @property
    def merchant_key(self) -> rsa.RSAPrivateKey:
        """Ours."""
        key: rsa.RSAPrivateKey = self.__dict__["_merchant"]
        return key

    @property
    def key_ids(self) -> Mapping[str, str]:
        """Hex SHA-256 of the PEM of `system` and `merchant`."""
        return {
            "system": crypto.key_id(self.system_keys[0]),
            "merchant": crypto.key_id(self.merchant_key.public_key()),
        }


def read_sandbox(path: str | Path | None = None) -> dict[str, Any]:
    """The contents of `sandbox.json`, by its path, its folder's, or `BURSAR_SANDBOX`. Raises ConfigurationError."""
    given = path or os.environ.get(SANDBOX_VARIABLE)
    if not given:
        raise ConfigurationError(f"say where sandbox.json is: give its path, or set {SANDBOX_VARIABLE}")
    file = Path(given)
    file = file / "sandbox.json" if file.is_dir() else file
    try:
        contents: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise ConfigurationError(f"{file} cannot be read: does the sandbox run? ({fault})") from fault
    if not isinstance(contents, dict):
        raise ConfigurationError(f"{file} is no JSON object: is it the sandbox.json of an install?")
    return contents


def text_of(contents: Mapping[str, Any], name: str, part: str = "sandbox.json") -> str:
    """A text of `sandbox.json`, or of a part of it. Raises ConfigurationError."""
    text = contents.get(name)
    if not isinstance(text, str):
        raise ConfigurationError(f"{part} has no {name!r}: is it the sandbox.json of an install?")
    return text


def _from_env(part: str, names: tuple[str, ...], environment: Mapping[str, str] | None) -> dict[str, str]:
    given = os.environ if environment is None else environment
    variables = {"base_url": "BURSAR_BASE_URL", **{name: f"BURSAR_{part}_{name}".upper() for name in names}}
    found = {name: given[variable] for name, variable in variables.items() if given.get(variable)}
    if given.get(SANDBOX_VARIABLE) and len(found) < len(variables):
        sandbox = read_sandbox(given[SANDBOX_VARIABLE])
        found = {**_of_part(sandbox, part, names), **found}
    missing = [variable for name, variable in variables.items() if name not in found]
    if missing:
        raise ConfigurationError(f"not set: {', '.join(missing)}")
    return found


def _of_part(sandbox: Mapping[str, Any], part: str, names: tuple[str, ...]) -> dict[str, str]:
    """The address, and the named texts of a part. Raises ConfigurationError."""
    contents = sandbox.get(part)
    if not isinstance(contents, Mapping):
        raise ConfigurationError(f"sandbox.json has no part {part!r}")
    said = {name: text_of(contents, name, f"the part {part!r}") for name in names}
    return {"base_url": text_of(sandbox, "base_url"), **said}


def _check_filled(name: str, value: str) -> None:
    if not value:
        raise ConfigurationError(f"{name} is empty")


def _check_address(base_url: str) -> None:
    if not base_url.startswith(("http://", "https://")) or base_url.endswith("/"):
        raise ConfigurationError(f"base_url is like https://api.example.com, without a slash at its end: {base_url!r}")
