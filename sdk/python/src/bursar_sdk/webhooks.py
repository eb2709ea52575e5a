"""Pushes of the services: verified, decrypted, typed. Nothing is believed that did not pass every check.

    event = client.webhooks.parse(raw_body, headers)       WebhookInvalid says which check failed
    ...
    return client.webhooks.respond()

Give `parse` the bytes as they came: a body that was parsed and written again has another signature.
"""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from bursar_sdk import crypto
from bursar_sdk.errors import WebhookInvalid
from bursar_sdk.wire_card import CardWire
from bursar_sdk.wire_payout import PayoutWire

BODY_MAX_BYTES: Final = 2 * 1024 * 1024
FRESH_S: Final = 300
"""A callback of the payout API was signed at most so long ago."""


@dataclass(frozen=True)
class PushAnswer:
    """The HTTP answer that counts as received."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def card_plaintext(wire: CardWire, raw: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    """The content of a push of the card API. Raises WebhookInvalid.

    The signature covers the event's name, which is encrypted, so that decryption comes first.
    """
    given = _checked(raw, headers, ("x-upa-sign", "x-upa-timestamp"))
    body = raw.decode("ascii", "replace")
    try:
        content = crypto.loads(crypto.decrypt(body, wire.config.merchant_key))
        event = _event_name(content)
    except crypto.Undecryptable as fault:
        raise WebhookInvalid("decryption", str(fault)) from fault
    except (ValueError, KeyError, TypeError) as fault:
        raise WebhookInvalid("content", "the plaintext is no event") from fault
    line = f"{event}|{given['x-upa-timestamp']}|{body}"
    expected = crypto.card_signature(wire.config.secret_key, line)
    if not hmac.compare_digest(expected.encode(), given["x-upa-sign"].encode()):
        raise WebhookInvalid("signature", "X-UPA-SIGN was not made with our secret key, or the body was changed")
    made: dict[str, Any] = content
    return made


def payout_plaintext(wire: PayoutWire, raw: bytes, headers: Mapping[str, str], url: str) -> dict[str, Any]:
    """The content of a callback of the payout API, its sensitive fields opened. Raises WebhookInvalid."""
    names = ("v-api-key", "v-api-version", "v-timestamp", "v-nonce-str", "v-signature")
    given = _checked(raw, headers, names)
    if given["v-api-key"] != wire.config.api_key:
        raise WebhookInvalid("api_key", "V-Api-Key is not ours")
    if given["v-api-version"] not in map(str, wire.config.callback_versions):
        accepted = " and ".join(map(str, wire.config.callback_versions))
        raise WebhookInvalid("version", f"version {given['v-api-version'][:8]}, where {accepted} is accepted")
    if not re.fullmatch("[0-9]{1,12}", given["v-timestamp"]):
        raise WebhookInvalid("headers", "V-Timestamp is no number of seconds")
    age_s = time.time() - int(given["v-timestamp"])
    if abs(age_s) > FRESH_S:
        raise WebhookInvalid(
            "timestamp", f"signed {age_s:.0f} s ago by our clock: it is an old one, or a clock is wrong"
        )
    version = int(given["v-api-version"])
    try:
        text = raw.decode()
    except UnicodeDecodeError as fault:
        raise WebhookInvalid("content", "the body is not UTF-8") from fault
    line = crypto.payout_line(
        given["v-api-key"], int(given["v-timestamp"]), given["v-nonce-str"], path_of(url), "POST", text
    )
    if not wire.is_from_the_platform(version, line, given["v-signature"]):
        reason = (
            f"V-Signature is not the platform's over {path_of(url)}: is that path and query of the URL it was told?"
        )
        raise WebhookInvalid("signature", reason)
    return _opened(wire, text, version)


def _opened(wire: PayoutWire, text: str, version: int) -> dict[str, Any]:
    try:
        content: dict[str, Any] = crypto.loads(text)
        _event_name(content)
        return {**content, "data": wire.opened(content.get("data"), version)}
    except crypto.Undecryptable as fault:
        raise WebhookInvalid("decryption", str(fault)) from fault
    except (ValueError, KeyError, TypeError) as fault:
        raise WebhookInvalid("content", "the body is no event") from fault


def _event_name(content: Any) -> str:
    """Raises TypeError or KeyError for what is no event."""
    if not isinstance(content["event"], str):
        raise TypeError("event")
    return str(content["event"])


def _checked(raw: bytes, headers: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """The headers by names in lower case."""
    if not isinstance(raw, bytes | bytearray):
        kind = type(raw).__name__
        raise WebhookInvalid("body", f"give the raw bytes as they came, not {kind}: the signature covers exactly those")
    if not raw or len(raw) > BODY_MAX_BYTES:
        raise WebhookInvalid("body", f"{len(raw)} bytes, where 1 to {BODY_MAX_BYTES} are expected")
    given = {name.lower(): value for name, value in headers.items()}
    missing = [name for name in names if not given.get(name)]
    if missing:
        raise WebhookInvalid("headers", f"missing: {', '.join(missing)}")
    return given


def path_of(url: str) -> str:
    """Path and query as they were sent, of a whole URL or of these alone."""
    split = urlsplit(url)
    asked = url.partition("#")[0].endswith("?")
    return (split.path or "/") + (f"?{split.query}" if split.query or asked else "")
