"""Typical mistakes behind a signature that does not fit, found by making them, without the service. Pure.

The strings that clients are known to sign instead are signed with the merchant's own key until one gives the very
signature; several mistakes at once are recognised too, and what nobody recognises is not explained away. The sentences
are those of the sandbox's debugger, which knows more ways: it has the platform's keys.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from bursar_sdk import crypto
from bursar_sdk.cli.messages import Message

Way = tuple[str, tuple[str, ...]]
"""A text that may have been signed, and the mistakes with which somebody comes to it; none: the right one."""

CARD_PREFIX: Final = "/api/v1"
PAYOUT_PREFIX: Final = "/openApi/v"

_AGAIN: Final = "The body was serialised again after it was signed."
_ANEW: Final = "A number was formatted anew; it is signed as it stands in the JSON text."
_DIGESTS: Final = {
    "md5": bytes.fromhex("3020300c06082a864886f70d020505000410"),
    "sha1": bytes.fromhex("3021300906052b0e03021a05000414"),
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
"""The beginnings of PKCS #1 v1.5 signatures by digest (RFC 8017, 9.2)."""


def fewest(found: Iterable[tuple[str, ...]]) -> tuple[str, ...] | None:
    """The fewest mistakes, the first of several; None if none are known."""
    return min(found, key=len, default=None)


# ── card API ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def of_card(request: Message, secret: str, plain: bytes | None) -> tuple[str, ...] | None:
    """The mistakes of a request to the card API; `plain` are its parameters in clear, None if nobody knows them."""
    given = request.header("X-UPA-SIGN")
    strings = list(_card_strings(request, plain))
    return fewest(
        (*mistakes, *of_key, *of_form)
        for text, mistakes in strings
        for key, of_key in _secrets(secret)
        for form, of_form in _forms(key, text)
        if hmac.compare_digest(form.encode(), given.encode("utf-8", "replace"))
    )


def _card_strings(request: Message, plain: bytes | None) -> Iterator[Way]:
    one, two = _card_v1(request, plain), _card_v2(request)
    if request.header("X-UPA-SIGN-VERSION") == "2":
        yield from two
        yield from ((text, ("The string of version 1 was signed, and the header says version 2.",)) for text, _ in one)
        return
    yield from one
    yield (two[0][0], ("The string of version 2 was signed, and the header does not say version 2.",))


def _card_v2(request: Message) -> list[Way]:
    told = request.header("X-UPA-TIMESTAMP"), request.header("X-UPA-REQUESTID")

    def line(uri: str, body: bytes) -> str:
        return crypto.card_line_v2(request.method, uri, *told, body)

    ways: list[Way] = [(line(request.target, request.body), ())]
    ways.append((line(_unprefixed(request.target), request.body), (_no_prefix("path", CARD_PREFIX),)))
    ways.append((line(request.path, request.body), ("The query was left out of the signed uri.",)))
    ways += [(line(request.target, body.encode()), (_AGAIN,)) for body in _serialised(request.body)]
    return ways


def _card_v1(request: Message, plain: bytes | None) -> list[Way]:
    stamp, request_id = request.header("X-UPA-TIMESTAMP"), request.header("X-UPA-REQUESTID")
    paths: list[Way] = [(request.path, ()), (_unprefixed(request.path), (_no_prefix("path", CARD_PREFIX),))]
    paths.append((request.path + "/", ("A slash was signed behind the path.",)))
    methods: list[Way] = [("POST", ()), ("post", ("The method was signed in lower case.",))]
    times: list[Way] = [(stamp, ()), (stamp[:-3], ("The timestamp was signed in seconds.",))]
    if request.target != request.path:
        paths.append((request.target, ("The query was signed; the path alone is.",)))
    found: list[Way] = []
    for method, path, time, params in product(methods, paths, times, _sign_params(request, plain)):
        mistakes = (*method[1], *path[1], *time[1], *params[1])
        text = crypto.card_line_v1(method[0], path[0], time[0], request_id, params[0])
        found.append((text, mistakes))
        if not params[0]:
            bar = "The bar at the end was left out; without parameters the string ends with it."
            found.append((text.removesuffix("|"), (*mistakes, bar)))
    return found


def _sign_params(request: Message, plain: bytes | None) -> list[Way]:
    ways: list[Way] = []
    for body in [] if plain is None else [plain]:
        ways += [(crypto.sign_param(body), ()), *_written(body)]
    if plain != request.body and _is_object(request.body):
        said = "The encrypted body was signed; the plaintext parameters are."
        ways.append((crypto.sign_param(request.body), (said,)))
    raw = request.body.decode("utf-8", "replace")
    ways.append((raw, ("The JSON text of the body was signed in place of `key=value` pairs.",)))
    ways.append(("", ("No parameters were signed.",) if ways and ways[0][0] else ()))
    return ways


def _written(body: bytes) -> Iterator[Way]:
    """The parameters as clients write them."""
    params = json.loads(body)
    in_order = {name: value for name, value in sorted(params.items()) if value is not None}

    def joined(values: Mapping[str, Any], **options: Any) -> str:
        form = {"ensure_ascii": False, "separators": (",", ":"), "sort_keys": True, **options}
        return "&".join(
            f"{name}={value if isinstance(value, str) else json.dumps(value, **form)}" for name, value in values.items()
        )

    exact = crypto.signed_texts(body)
    unsorted = "&".join(f"{name}={exact[name]}" for name in params if name in exact)
    yield unsorted, ("The parameters were not sorted by key.",)
    yield joined(in_order), (_ANEW,)
    yield joined(in_order, separators=(", ", ": ")), ("Nested JSON was signed with spaces; it is compact.",)
    yield joined(in_order, sort_keys=False), ("The keys of nested JSON were not sorted.",)
    words = {name: str(value) if isinstance(value, bool) else exact[name] for name, value in in_order.items()}
    yield joined(words), ("True and false were written with a capital.",)
    nulls = {name: exact.get(name, "null") for name in sorted(params)}
    yield joined(nulls), ("A parameter that is null was signed; it is left out.",)
    filled = {name: value for name, value in exact.items() if value}
    yield joined(filled), ("An empty text was left out; it is signed as `key=`.",)


def _secrets(secret: str) -> Iterator[tuple[bytes, tuple[str, ...]]]:
    yield secret.encode(), ()
    yield secret.encode() + b"\n", ("The secret was read with the line break behind it.",)
    for word, decode in (("Base64", base64.b64decode), ("Base64", _base64url), ("hex", bytes.fromhex)):
        try:
            yield decode(secret), (f"The secret was decoded as {word}; its characters are the key.",)
        except (binascii.Error, ValueError):
            continue


def _base64url(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _forms(key: bytes, text: str) -> Iterator[Way]:
    for name in ("sha256", "sha1", "sha512", "md5"):
        mac = hmac.digest(key, text.encode("utf-8", "replace"), name)
        digested = () if name == "sha256" else (f"The digest was {name.upper()}; it must be SHA-256.",)
        encoded = base64.b64encode(mac).decode()
        yield encoded, digested
        yield mac.hex(), (*digested, "The signature was written in hex; it must be Base64.")
        in_hex = base64.b64encode(mac.hex().encode()).decode()
        yield in_hex, (*digested, "The hex text of the digest was put into Base64; its bytes must be.")
        yield encoded.rstrip("="), (*digested, "The `=` at the end of the Base64 was left out.")
        if (urlsafe := base64.urlsafe_b64encode(mac).decode()) != encoded:
            yield urlsafe, (*digested, "The signature was written in base64url; it must be Base64.")


# ── payout API ───────────────────────────────────────────────────────────────────────────────────────────────────────


def inside(signature: str, key: rsa.RSAPublicKey) -> tuple[str, bytes] | None:
    """The digest's name and the digest that a signature was made over; None if it is not this key's."""
    try:
        raw = base64.b64decode(signature, validate=True)
        found = key.recover_data_from_signature(raw, padding.PKCS1v15(), None)
    except (InvalidSignature, ValueError):
        return None
    return next(((name, found[len(head) :]) for name, head in _DIGESTS.items() if found.startswith(head)), None)


def of_payout(message: Message, version: int, key: rsa.RSAPublicKey, url: str) -> tuple[str, ...] | None:
    """The mistakes with which a signature of the payout API covers something else; None if none are known.

    `url` is the path and query that should have been signed.
    """
    signed = inside(message.header("V-Signature"), key)
    if signed is None:
        return None
    name, digest = signed
    right = "md5" if version == 1 else "sha256"
    wrong = () if name == right else (f"The signature was made over {name}; it must be {right}.",)
    return fewest(
        (*wrong, *mistakes)
        for text, mistakes in _payout_texts(message, version, url)
        if hashlib.new(name, text, usedforsecurity=False).digest() == digest
    )


def _payout_texts(message: Message, version: int, url: str) -> Iterator[tuple[bytes, tuple[str, ...]]]:
    right, other = ("md5", "sha256") if version == 1 else ("sha256", "md5")
    for line, mistakes in _payout_lines(message, url):
        raw = line.encode("utf-8", "surrogateescape")
        made = hashlib.new(right, raw, usedforsecurity=False)
        yield made.hexdigest().encode(), mistakes
        upper = "The hex digest was written in upper case; it is lower-case."
        yield made.hexdigest().upper().encode(), (*mistakes, upper)
        yield made.digest(), (*mistakes, "The bytes of the digest were signed; its hex text must be.")
        encoded = "The digest was written in Base64; its lower-case hex text is signed."
        yield base64.b64encode(made.digest()), (*mistakes, encoded)
        yield raw, (*mistakes, "The line itself was signed; its hex digest must be.")
        said = f"The line was digested by {other}; version {version} has {right}."
        yield hashlib.new(other, raw, usedforsecurity=False).hexdigest().encode(), (*mistakes, said)


def _payout_lines(message: Message, url: str) -> Iterator[Way]:
    stamp, nonce = message.header("V-Timestamp"), message.header("V-Nonce-Str")
    times: list[Way] = [(stamp, ())]
    times.append((f"{stamp}000", ("The timestamp was signed in milliseconds; it is in seconds.",)))
    times.append((f'"{stamp}"', ("The timestamp was signed as a text; it is a number.",)))
    methods: list[Way] = [(message.method, ()), (message.method.lower(), ("The method was signed in lower case.",))]
    for time, path, method, body in product(times, _payout_urls(message, url), methods, _payout_bodies(message)):
        mistakes = (*time[1], *path[1], *method[1], *body[1])
        line = crypto.payout_line(message.header("V-Api-Key"), 0, nonce, path[0], method[0], body[0])
        line = line.replace('"timestamp":0,', f'"timestamp":{time[0]},', 1)
        yield line, mistakes
        if not mistakes:
            yield line.replace("/", "\\/"), ("Slashes were escaped; they stand as they are.",)
            spaced = json.dumps(json.loads(line), ensure_ascii=False)
            yield spaced, ("The line was written with spaces; it is compact JSON.",)


def _payout_urls(message: Message, url: str) -> list[Way]:
    path = url.partition("?")[0]
    found: list[Way] = [(url, ())]
    if path != url:
        found.append((path, ("The query was left out of the signed url.",)))
    if path.startswith(PAYOUT_PREFIX):
        prefix = path[: len(PAYOUT_PREFIX) + 1]
        found.append((url[len(prefix) :], (f"The url was signed without its prefix {prefix}.",)))
    host = message.header("Host")
    whole = "Scheme and host were signed; path and query are."
    found += [(f"{scheme}://{host}{url}", (whole,)) for scheme in ("http", "https") if host]
    return found


def _payout_bodies(message: Message) -> list[Way]:
    text = message.body.decode("utf-8", "surrogateescape")
    if message.method == "GET" or message.header("Content-Type").startswith("multipart/"):
        wrong = "The body was signed; it is empty in the string of uploads and of GET."
        return [("", ()), (text or "{}", (wrong,))]
    again = [(other, (_AGAIN,)) for other in _serialised(message.body)]
    return [(text, ()), *again, ("", ("An empty body was signed; the text of the body is.",))]


# ── both ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _serialised(body: bytes) -> Iterator[str]:
    """A JSON body as other serialisers write it."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return
    for options in ({"separators": (",", ":")}, {}, {"indent": 2}):
        for in_order, ascii_only in product((False, True), (False, True)):
            yield json.dumps(value, ensure_ascii=ascii_only, sort_keys=in_order, **options)


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body or b"{}"), dict)
    except (ValueError, RecursionError):
        return False


def _no_prefix(place: str, prefix: str) -> str:
    return f"The {place} was signed without its prefix {prefix}."


def _unprefixed(target: str) -> str:
    return target.removeprefix(CARD_PREFIX)
