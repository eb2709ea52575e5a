"""Explanations of messages, step by step: the string to sign, its digest, the signature, the key of each sealed part.

Made of the merchant's files alone, without a network. The first sentence is the mistake, where one is recognised. No
private key, no secret and no key of a content stands in any step. Pure.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bursar_sdk import crypto
from bursar_sdk.cli import mistakes
from bursar_sdk.cli.messages import Message
from bursar_sdk.config import CardConfig, PayoutConfig

FITS: Final = "Signature and encryption fit."
CARD_FRESH_MS: Final = 60_000
PAYOUT_FRESH_S: Final = 300

_RIGHT: Final = "OAEP with SHA-256 for digest and MGF1"
_SHA1, _SHA256 = hashes.SHA1(), hashes.SHA256()  # noqa: S303 - to recognise it
_PADDINGS: Final = (
    (_RIGHT, padding.OAEP(padding.MGF1(_SHA256), _SHA256, None)),
    ("OAEP with SHA-1", padding.OAEP(padding.MGF1(_SHA1), _SHA1, None)),
    ("OAEP with SHA-256 but MGF1 with SHA-1", padding.OAEP(padding.MGF1(_SHA1), _SHA256, None)),
    ("PKCS #1 v1.5", padding.PKCS1v15()),
)
_NOT_THE_KEY: Final = (
    "It was not made with the private key that belongs to the public key which the service has of this merchant."
)
_SEALED: Final = {1: "PKCS #1 v1.5", 2: "OAEP with SHA-256"}


@dataclass(frozen=True)
class Keys:
    """The keys of a merchant's files; None of an API that they say nothing of."""

    card: CardConfig | None
    payout: PayoutConfig | None

    def word_for(self, kid: object) -> str:
        """Whose key has this id, as far as the files know."""
        for config, words in ((self.card, ("platform", "merchant")), (self.payout, ("system", "merchant"))):
            api = "card" if config is self.card else "payout"
            for word in words if config is not None else ():
                if config is not None and config.key_ids[word] == kid:
                    return f"your own key of the {api} API" if word == "merchant" else f"the platform's key, {api} API"
        return "a key that your files do not have"


@dataclass
class Explanation:
    """All that was found about a message, in the order in which it was looked at."""

    steps: list[tuple[str, str]] = field(default_factory=list)
    """Titles and texts."""
    faults: list[str] = field(default_factory=list)
    """Sentences; the first one says it all."""
    plaintext: bytes | None = field(default=None, repr=False)
    """The content in clear, if there is one and it could be opened."""
    notes: list[str] = field(default_factory=list)
    """Sentences about things that could not be looked at."""

    @property
    def fits(self) -> bool:
        """Nothing refuses it."""
        return not self.faults

    @property
    def says(self) -> str:
        """The sentence that says it all."""
        return self.faults[0] if self.faults else self.notes[0] if self.notes else FITS

    def step(self, title: str, text: object) -> None:
        """One thing that was looked at."""
        self.steps.append((title, str(text)))

    def fault(self, *sentences: str) -> bool:
        """Something does not fit: the mistakes, then the check that refuses. False, for a short return."""
        self.faults += sentences
        return False


# ── tokens of the card API ───────────────────────────────────────────────────────────────────────────────────────────


def explain_token(found: Explanation, token: str, keys: Keys, key: rsa.RSAPrivateKey) -> bool:
    """A compact JWE that is to be for `key`; its plaintext, or the mistake."""
    header = _header_of(found, token)
    if header is None:
        return False
    kid, ours = header.get("kid"), crypto.key_id(key.public_key())
    found.step("Key id", f"{kid or 'none'}: {'your own key' if kid == ours else keys.word_for(kid)}")
    if kid is not None and kid != ours:
        return found.fault(*_foreign(str(kid), ours, keys))
    if header.get("alg") != "RSA-OAEP-256" or header.get("enc") not in ("A128GCM", "A256GCM"):
        said = f"The header says alg {header.get('alg')} with enc {header.get('enc')}"
        return found.fault(f"{said}; RSA-OAEP-256 with A128GCM or A256GCM is expected.")
    parts = token.split(".")
    content_key = _content_key(found, parts[1], key, str(header["enc"]))
    return content_key is not None and _opened(found, parts, header, content_key, token, key)


def _header_of(found: Explanation, token: str) -> dict[str, Any] | None:
    """The header of a compact JWE, as a step; None: it is none, which is the mistake."""
    parts = token.split(".")
    if len(parts) != 5:
        found.fault(f"A compact JWE has five parts between dots; this has {len(parts)}.")
        return None
    header = _json_object(_decoded(parts[0]))
    if header is None:
        found.fault("The first part of the token is no JSON object in base64url.")
        return None
    found.step("Header of the token", json.dumps(header, ensure_ascii=False))
    return header


def _foreign(kid: str, ours: str, keys: Keys) -> tuple[str, ...]:
    word = keys.word_for(kid)
    if word.startswith("the platform's"):
        return (f"The token is encrypted to {word}, as requests are: only the platform opens it.",)
    if word.startswith("your own"):
        return (f"The token is encrypted to {word}, and is opened with another.",)
    return (f"The token is encrypted to a key that is not yours: its kid is {kid[:64]}, yours is {ours}.",)


def _content_key(found: Explanation, part: str, key: rsa.RSAPrivateKey, enc: str) -> bytes | None:
    encrypted = _decoded(part) or b""
    for word, scheme in _PADDINGS:
        opened = _unwrapped(key, encrypted, scheme)
        if opened is None or len(opened) != {"A128GCM": 16, "A256GCM": 32}[enc]:
            continue
        found.step("Content key", f"{len(encrypted)} bytes, RSA with {word}, opened with your private key")
        if word == _RIGHT:
            return opened
        found.fault(f"The token's key is padded by {word}; it must be {_RIGHT}.")
        return None
    found.fault("The token's key was not encrypted to your public key, or was changed on the way.")
    return None


def _unwrapped(key: rsa.RSAPrivateKey, encrypted: bytes, scheme: padding.AsymmetricPadding) -> bytes | None:
    try:
        return key.decrypt(encrypted, scheme)
    except ValueError:
        return None


def _opened(
    found: Explanation,
    parts: list[str],
    header: Mapping[str, Any],
    content_key: bytes,
    token: str,
    key: rsa.RSAPrivateKey,
) -> bool:
    iv, ciphertext, tag = (_decoded(part) or b"" for part in parts[2:])
    found.step("IV, ciphertext, tag", f"{iv.hex()}, {len(ciphertext)} bytes, {tag.hex()}")
    try:
        AESGCM(content_key).decrypt(iv, ciphertext + tag, parts[0].encode())
    except (InvalidTag, ValueError):
        return found.fault("Header, IV, ciphertext or tag of the token was changed after it was encrypted.")
    try:
        found.plaintext = crypto.decrypt(token, key)
    except crypto.Undecryptable as fault:
        return found.fault(f"The token cannot be opened: {fault}.")
    zipped = ", inflated" if header.get("zip") else ""
    found.step("Plaintext", f"{len(found.plaintext)} bytes{zipped}\n{readable(found.plaintext)}")
    return True


# ── card API ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def explain_card_push(found: Explanation, push: Message, keys: Keys, config: CardConfig) -> bool:
    """A push of the card API, as it came."""
    token = push.body.decode("ascii", "replace")
    stripped = token.strip()
    if not explain_token(found, stripped, keys, config.merchant_key):
        return False
    content = _json_object(found.plaintext)
    event = None if content is None else content.get("event")
    if not isinstance(event, str):
        return found.fault("The plaintext is no event.")
    stamp, given = push.header("X-UPA-TIMESTAMP"), push.header("X-UPA-SIGN")
    if not stamp or not given:
        return found.fault(f"{'X-UPA-TIMESTAMP' if not stamp else 'X-UPA-SIGN'} is missing.")
    line = f"{event}|{stamp}|{token}"
    _mac_steps(found, line, config.secret_key, given)
    if _is_mac(config.secret_key, line, given):
        return True
    if stripped != token and _is_mac(config.secret_key, f"{event}|{stamp}|{stripped}", given):
        return found.fault("The body has blanks or line breaks around it that were not sent: keep its raw bytes.")
    refused = "X-UPA-SIGN is not the signature of event, timestamp and body under your secret key."
    return found.fault(refused)


def explain_card_request(
    found: Explanation, request: Message, config: CardConfig, plain: bytes | None, at_s: float | None
) -> bool:
    """A request to the card API; `plain` are its parameters in clear, None if the body has them."""
    if request.header("X-UPA-APIKEY") != config.api_key:
        return found.fault("X-UPA-APIKEY is not the API key of your files.")
    if not request.path.startswith(f"{mistakes.CARD_PREFIX}/"):
        return found.fault(f"Every path begins with {mistakes.CARD_PREFIX}/, this one does not.")
    if at_s is not None:
        _card_clock(found, request.header("X-UPA-TIMESTAMP"), at_s)
    outer = _json_object(request.body) or {}
    is_encrypted = isinstance(outer.get("payload"), str)
    if is_encrypted and not _is_for_the_platform(found, outer["payload"], config):
        return False
    plain = request.body if plain is None and not is_encrypted else plain
    return _card_signature(found, request, config, plain)


def _card_signature(found: Explanation, request: Message, config: CardConfig, plain: bytes | None) -> bool:
    given = request.header("X-UPA-SIGN")
    told = request.method, request.path, request.header("X-UPA-TIMESTAMP"), request.header("X-UPA-REQUESTID")
    if request.header("X-UPA-SIGN-VERSION") == "2":
        line = crypto.card_line_v2(request.method, request.target, *told[2:], request.body)
        found.step("SHA-256 of the body as sent", hashlib.sha256(request.body).hexdigest())
    elif request.header("Content-Type").startswith("multipart/"):
        line = crypto.card_line_v1(*told, "")
    elif plain is None:
        found.notes.append("Version 1 signs the parameters in clear, which only the platform can read here.")
        return found.fault(*(mistakes.of_card(request, config.secret_key, None) or ())) or not found.faults
    elif _json_object(plain or b"{}") is None:
        return found.fault("The body is no JSON object.")
    else:
        line = crypto.card_line_v1(*told, crypto.sign_param(plain))
    _mac_steps(found, line, config.secret_key, given)
    if _is_mac(config.secret_key, line, given):
        return not found.faults
    known = None if plain is None or _json_object(plain or b"{}") is None else plain
    named = mistakes.of_card(request, config.secret_key, known) or ()
    return found.fault(*named, "X-UPA-SIGN is not the signature of the string that we built.")


def _is_for_the_platform(found: Explanation, token: str, config: CardConfig) -> bool:
    """The header of a token of ours; nobody but the platform opens it."""
    header, platform = _header_of(found, token), config.key_ids["platform"]
    if header is None:
        return False
    kid = header.get("kid")
    if kid == config.key_ids["merchant"]:
        own = f"The token is encrypted to your own public key; take the platform's, whose kid is {platform}."
        return found.fault(own)
    if kid not in (None, platform):
        return found.fault(f"The header's kid {str(kid)[:64]} is not the platform's: that is {platform}.")
    if header.get("alg") != "RSA-OAEP-256":
        names = {"RSA-OAEP": " (that is OAEP with SHA-1)", "RSA1_5": " (that is PKCS #1 v1.5)"}
        alg = header.get("alg")
        return found.fault(f"The header says alg {alg}{names.get(str(alg), '')}; only RSA-OAEP-256 is accepted.")
    found.step("Encrypted to", f"the platform's key, kid {platform}; only the platform opens it")
    found.notes.append("What can be seen from here fits; only the platform can open the token.")
    return True


def _card_clock(found: Explanation, sent: str, at_s: float) -> None:
    ours = int(at_s * 1000)
    if not sent.isascii() or not sent.isdigit():
        found.fault("X-UPA-TIMESTAMP must be Unix time in milliseconds, in digits.")
    elif abs(int(sent) - ours) > CARD_FRESH_MS:
        apart = int(sent) - ours
        said = f"The caller's clock is {abs(apart) / 1000:.0f} s {'ahead of' if apart > 0 else 'behind'} the service's."
        if abs(int(sent) * 1000 - ours) <= CARD_FRESH_MS + 1000:
            said = "X-UPA-TIMESTAMP is in seconds; it must be in milliseconds."
        found.fault(said)


def _mac_steps(found: Explanation, line: str, secret: str, given: str) -> None:
    mac = hmac.digest(secret.encode(), line.encode("utf-8", "replace"), "sha256")
    found.step("String to sign", line)
    found.step("HMAC-SHA256 under your secret key, in hex", mac.hex())
    found.step("In Base64, as the signature is written", base64.b64encode(mac).decode())
    found.step("Signature in the message", given or "none")


def _is_mac(secret: str, line: str, given: str) -> bool:
    expected = base64.b64encode(hmac.digest(secret.encode(), line.encode("utf-8", "replace"), "sha256"))
    return hmac.compare_digest(expected, given.encode("utf-8", "replace"))


# ── payout API ───────────────────────────────────────────────────────────────────────────────────────────────────────


def explain_payout(found: Explanation, message: Message, config: PayoutConfig, url: str, at_s: float | None) -> bool:
    """A request to the payout API or a callback of it; `url` is the path and query that are signed."""
    is_request = message.path.startswith(mistakes.PAYOUT_PREFIX)
    if message.header("V-Api-Key") != config.api_key:
        return found.fault("V-Api-Key is not the API key of your files.")
    stamp, version = message.header("V-Timestamp"), message.header("V-Api-Version")
    if not (stamp.isascii() and stamp.isdigit()) or version not in ("1", "2"):
        return found.fault("V-Timestamp must be Unix time in seconds, and V-Api-Version 1 or 2.")
    if is_request and message.path.removeprefix(mistakes.PAYOUT_PREFIX)[:1] != version:
        digit = message.path.removeprefix(mistakes.PAYOUT_PREFIX)[:1]
        return found.fault(f"The path is of version {digit}, V-Api-Version says {version}.")
    if at_s is not None:
        _payout_clock(found, int(stamp), at_s)
    fits = _payout_signature(found, message, config, url, int(version))
    return explain_fields(found, message, config, int(version), is_request=is_request) and fits


def _payout_signature(found: Explanation, message: Message, config: PayoutConfig, url: str, version: int) -> bool:
    is_request = message.path.startswith(mistakes.PAYOUT_PREFIX)
    is_form = message.method == "GET" or message.header("Content-Type").startswith("multipart/")
    body = "" if is_form else message.body.decode("utf-8", "surrogateescape")
    told = message.header("V-Api-Key"), int(message.header("V-Timestamp")), message.header("V-Nonce-Str")
    raw = crypto.payout_line(*told, url, message.method, body).encode("utf-8", "surrogateescape")
    name = "md5" if version == 1 else "sha256"
    digest = hashlib.new(name, raw, usedforsecurity=False).hexdigest()
    found.step("String to sign", raw.decode("utf-8", "replace"))
    found.step(f"Its {name.upper()} in lower-case hex, which is signed", digest)
    found.step("Signature in the message", message.header("V-Signature") or "none")
    owners = [("your own key", config.merchant_key.public_key())] if is_request else []
    owners += [("the platform's key", key) for key in config.system_keys] if not is_request else []
    for word, key in owners:
        signed = mistakes.inside(message.header("V-Signature"), key)
        if signed is None:
            continue
        found.step("Signed with", f"{word}, kid {crypto.key_id(key)}")
        if signed == (name, hashlib.new(name, digest.encode(), usedforsecurity=False).digest()):
            return True
        return found.fault(*_payout_mistakes(message, version, key, url, is_request=is_request))
    if is_request:
        return found.fault(_NOT_THE_KEY)
    if mistakes.inside(message.header("V-Signature"), config.merchant_key.public_key()):
        return found.fault("V-Signature was made with your own key: it is a request of yours, and no callback.")
    return found.fault("V-Signature was not made with the platform's key that your files have.")


def _payout_mistakes(
    message: Message, version: int, key: rsa.RSAPublicKey, url: str, *, is_request: bool
) -> tuple[str, ...]:
    named = mistakes.of_payout(message, version, key, url)
    if named is not None:
        return named
    if is_request:
        return ("V-Signature is not the signature of the digest that we built.",)
    return (f"The platform has signed another URL or body than {url} and this one: give the URL that it was told.",)


def _payout_clock(found: Explanation, sent: int, at_s: float) -> None:
    apart = sent - int(at_s)
    if abs(apart) > PAYOUT_FRESH_S:
        said = f"The caller's clock is {abs(apart)} s {'ahead of' if apart > 0 else 'behind'} the service's."
        in_ms = abs(sent // 1000 - int(at_s)) <= PAYOUT_FRESH_S
        found.fault("V-Timestamp is in milliseconds; it must be in seconds." if in_ms else said)


def explain_fields(
    found: Explanation, message: Message, config: PayoutConfig, version: int, *, is_request: bool
) -> bool:
    """The sensitive fields of a body: opened where they are for us."""
    if message.method == "GET" or message.header("Content-Type").startswith("multipart/"):
        return True
    content = _json(message.body)
    if not isinstance(content, dict | list):
        return found.fault("The body is no JSON.")
    fields = _Fields(config.merchant_key, version, is_request)
    text = message.body.decode("utf-8", "surrogateescape")
    found_fields = list(_sealed(content))
    if not found_fields and not is_request and not message.header("V-Signature"):
        found.notes.append("There is neither a token nor a sealed field in it: it is in clear already.")
    for name, sealed in found_fields:
        opened = fields.turned(name, sealed)
        text = text.replace(f'"{sealed}"', crypto.dumps(opened))
    found.steps += fields.steps
    if fields.faults:
        return found.fault(*fields.faults)
    found.plaintext = text.encode("utf-8", "surrogateescape")
    return True


def explain_sealed(found: Explanation, sealed: bytes, key: rsa.RSAPrivateKey, version: int) -> bool:
    """One sealed field by itself."""
    fields = _Fields(key, version, is_request=False)
    opened = fields.turned("The field", sealed.strip().decode("utf-8", "replace"))
    found.steps += fields.steps
    if fields.faults:
        return found.fault(*fields.faults)
    found.plaintext = opened.encode("utf-8", "surrogatepass")
    return True


@dataclass
class _Fields:
    """The sensitive fields that were looked at."""

    key: rsa.RSAPrivateKey = field(repr=False)
    version: int
    is_request: bool
    steps: list[tuple[str, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def turned(self, name: str, text: str) -> str:
        """A field in clear; as it is where it cannot or need not be opened."""
        size, raw = self.key.key_size // 8, _base64(text)
        if not text:
            return text
        if raw is None or len(raw) % size:
            plain = "It stands in clear, or in hex; it must be sealed." if len(text) < size else None
            self.faults.append(f"{name}: {plain or f'It is not Base64 of blocks of {size} bytes.'}")
            return text
        if self.is_request:
            self.steps.append((name, f"{len(raw)} bytes, sealed to the platform's key; only the platform opens it"))
            return text
        return self._opened(name, text, len(raw))

    def _opened(self, name: str, text: str, size: int) -> str:
        for number in (self.version, 3 - self.version):
            try:
                opened = crypto.unseal(number, text, self.key)
            except crypto.Undecryptable:
                continue
            said = f"{size} bytes, {_SEALED[number]}, opened with your private key: {opened}"
            self.steps.append((name, said))
            if number != self.version:
                right = f"version {self.version} has {_SEALED[self.version]}"
                self.faults.append(f"{name}: It was sealed with {_SEALED[number]}; {right}.")
            return opened
        self.faults.append(f"{name}: It was not sealed to your public key.")
        return text


def _sealed(value: Any) -> Iterator[tuple[str, str]]:
    """The sensitive fields in a body, at any depth: names and texts."""
    for item in value if isinstance(value, list) else ():
        yield from _sealed(item)
    for name, item in value.items() if isinstance(value, dict) else ():
        if name in crypto.SEALED_FIELDS and isinstance(item, str):
            yield name, item
        else:
            yield from _sealed(item)


# ── texts ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def readable(raw: bytes) -> str:
    """Bytes as a text, or as Base64 where they are none."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return f"(no UTF-8; in Base64) {base64.b64encode(raw).decode()}"


def _decoded(part: str) -> bytes | None:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None


def _base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _json(raw: bytes | None) -> Any:
    try:
        return crypto.loads(raw or b"")
    except (ValueError, RecursionError):
        return None


def _json_object(raw: bytes | None) -> dict[str, Any] | None:
    found = _json(raw)
    return found if isinstance(found, dict) else None
