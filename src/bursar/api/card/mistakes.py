"""The mistakes behind a signature of the card API that does not fit. Pure.

Everything that clients are known to do instead is tried: each way to build the string with each key, digest and
encoding, so that several mistakes at once are recognised too. Some thousand digests of short texts take a few
milliseconds.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import product
from typing import Any, Final
from urllib.parse import quote

from bursar.api.card import signing
from bursar.api.card.endpoint import PREFIX
from bursar.api.card.envelope import REQUEST_ID, TIMESTAMP
from bursar.api.card.json_text import MAX_NUMBER_CHARS, JsonValue, Number, Parsed, parse_object
from bursar.api.inspection import Presented, Variant, fewest

EXPONENT_MAX: Final = 64
"""Numbers beyond ten to this power, or below its inverse, are not tried without their exponent: the digits would be as
many as whoever sends the request wishes.
"""


@dataclass(frozen=True, slots=True)
class Strings:
    """The strings that clients sign for a request."""

    request: Presented
    parsed: Parsed
    encrypted: bool

    def of_parameters(self) -> str:
        """As version 1 has it."""
        return self._joined(self.request.method, self.request.path, self._timestamp, signing.sign_param(self._params))

    def of_body(self, body: bytes | None = None, uri: str | None = None) -> str:
        """As version 2 has it."""
        told = self._timestamp, self._request_id
        body = self.request.body if body is None else body
        return signing.string_of_body(self.request.method, uri or self.request.target, *told, body)

    def variants(self, signs_body: bool) -> Iterator[Variant]:
        """The right string first, then wrong ones."""
        yield from self._of_body() if signs_body else self._of_parameters()

    def _of_body(self) -> Iterator[Variant]:
        yield Variant(self.of_body())
        yield Variant(self.of_parameters(), ("The string of version 1 was signed, and the header says version 2.",))
        yield Variant(self.of_body(uri=_unprefixed(self.request.target)), (_NO_PREFIX,))
        if self.request.target != self.request.path:
            yield Variant(self.of_body(uri=self.request.path), ("The query was left out of the signed uri.",))
        for body in _serialised(self.request.body):
            yield Variant(self.of_body(body), ("The body was serialised again after it was signed.",))
        if self.encrypted:
            for body in _serialised_plain(self._params):
                yield Variant(self.of_body(body), ("The plaintext was digested; version 2 digests the body as sent.",))

    def _of_parameters(self) -> Iterator[Variant]:
        yield Variant(self.of_body(), ("The string of version 2 was signed, and the header does not say version 2.",))
        methods = (Variant("POST"), Variant("post", ("The method was signed in lower case.",)))
        paths = [
            Variant(self.request.path),
            Variant(_unprefixed(self.request.path), (_NO_PREFIX,)),
            Variant(self.request.path + "/", ("A slash was signed behind the path.",)),
        ]
        if self.request.target != self.request.path:
            paths.append(Variant(self.request.target, ("The query was signed; the path alone is.",)))
        seconds = (Variant(self._timestamp), Variant(self._timestamp[:-3], ("The timestamp was signed in seconds.",)))
        for method, path, timestamp, params in product(methods, paths, seconds, self._sign_params()):
            mistakes = (*method.mistakes, *path.mistakes, *timestamp.mistakes, *params.mistakes)
            string = self._joined(method.value, path.value, timestamp.value, params.value)
            yield Variant(string, mistakes)
            if not params.value:
                yield Variant(string.removesuffix("|"), (*mistakes, _NO_BAR))

    def _sign_params(self) -> Iterator[Variant]:
        params = self._params
        yield Variant(signing.sign_param(params))
        for said, make in _PARAMETERS:
            yield Variant(make(params), (said,))
        if self.encrypted:
            outer = parse_object(self.request.body).params
            yield Variant(signing.sign_param(outer), ("The encrypted body was signed; the plaintext parameters are.",))
        raw = self.request.body.decode("utf-8", "replace")
        yield Variant(raw, ("The JSON text of the body was signed in place of `key=value` pairs.",))

    @property
    def _params(self) -> Mapping[str, JsonValue]:
        return self.parsed.params

    @property
    def _timestamp(self) -> str:
        return self.request.header(TIMESTAMP)

    @property
    def _request_id(self) -> str:
        return self.request.header(REQUEST_ID)

    def _joined(self, method: str, path: str, timestamp: str, sign_param: str) -> str:
        return signing.string_to_sign(method, path, timestamp, self._request_id, sign_param)


_NO_PREFIX: Final = f"The path was signed without its prefix {PREFIX}."
_NO_BAR: Final = "The bar at the end was left out; without parameters the string ends with it."


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secret of an API key, and others that a client may have taken, by a word for each."""

    own: str = field(repr=False)
    others: Mapping[str, str] = field(default_factory=dict, repr=False)


def mistaken(strings: Strings, signs_body: bool, secrets: Secrets, given: str) -> Variant | None:
    """The fewest mistakes with which the signature is the one given; None if no such are known."""
    keys = list(_keys(secrets))
    found = (
        Variant(given, (*string.mistakes, *key.mistakes, *form.mistakes))
        for string in strings.variants(signs_body)
        for key in keys
        for form in _forms(key.value, string.value)
        if hmac.compare_digest(form.value.encode(), given.encode("utf-8", "replace"))
    )
    return fewest(found)


@dataclass(frozen=True, slots=True)
class _Key:
    value: bytes = field(repr=False)
    mistakes: tuple[str, ...] = ()


def _keys(secrets: Secrets) -> Iterator[_Key]:
    secret = secrets.own
    yield _Key(secret.encode())
    yield _Key(secret.encode() + b"\n", ("The secret was read with the line break behind it.",))
    for word, decode in (("Base64", base64.b64decode), ("Base64", _base64url), ("hex", bytes.fromhex)):
        try:
            yield _Key(decode(secret), (f"The secret was decoded as {word}; its characters are the key.",))
        except (binascii.Error, ValueError):
            continue
    for word, other in secrets.others.items():
        yield _Key(other.encode(), (f"It was signed with {word}, not with the secret of this API key.",))


def _base64url(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _forms(key: bytes, string: str) -> Iterator[Variant]:
    """Signatures of one string under one key."""
    for name in ("sha256", "sha1", "sha512", "md5"):
        mac = hmac.digest(key, string.encode("utf-8"), name)
        digested = () if name == "sha256" else (f"The digest was {name.upper()}; it must be SHA-256.",)
        encoded = base64.b64encode(mac).decode()
        yield Variant(encoded, digested)
        yield Variant(mac.hex(), (*digested, "The signature was written in hex; it must be Base64."))
        yield Variant(mac.hex().upper(), (*digested, "The signature was written in hex; it must be Base64."))
        in_hex = base64.b64encode(mac.hex().encode()).decode()
        yield Variant(in_hex, (*digested, "The hex text of the digest was put into Base64; its bytes must be."))
        if (urlsafe := base64.urlsafe_b64encode(mac).decode()) != encoded:
            yield Variant(urlsafe, (*digested, "The signature was written in base64url; it must be Base64."))
        yield Variant(encoded.rstrip("="), (*digested, "The `=` at the end of the Base64 was left out."))
    plain = hashlib.sha256(string.encode() + key).digest()
    yield Variant(base64.b64encode(plain).decode(), ("It is SHA-256 of string and secret; it must be HMAC-SHA256.",))


# ── parameters as clients write them ─────────────────────────────────────────────────────────────────────────────────


def _pairs(params: Mapping[str, JsonValue], text: Callable[[JsonValue], str], *, in_order: bool = True) -> str:
    names = sorted(params) if in_order else list(params)
    return "&".join(f"{name}={text(params[name])}" for name in names if params[name] is not None)


def _plain(value: JsonValue) -> Any:
    """The value as a JSON library gives it to a client."""
    if isinstance(value, Number):
        return _read(value)
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return value


def _read(number: Number) -> float | int | str:
    """As binary floating point or as a whole number; its text where it is longer than what the gate takes."""
    if len(number) > MAX_NUMBER_CHARS:
        return str(number)
    return float(number) if any(mark in number for mark in ".eE") else int(number)


def _reformatted(value: JsonValue) -> str:
    if isinstance(value, str) and not isinstance(value, Number):
        return str(value)
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _normal(value: JsonValue) -> str:
    if not isinstance(value, Number):
        return signing.text_to_sign(value)
    try:
        number = Decimal(value)
    except InvalidOperation:
        return str(value)
    return f"{number.normalize():f}" if abs(number.adjusted()) <= EXPONENT_MAX else str(value)


def _structured(**options: Any) -> Callable[[JsonValue], str]:
    def text(value: JsonValue) -> str:
        if not isinstance(value, dict | list):
            return signing.text_to_sign(value)
        return json.dumps(_plain(value), **{"ensure_ascii": False, "sort_keys": True, **options})

    return text


def _escaped(value: JsonValue) -> str:
    if isinstance(value, str) and not isinstance(value, Number):
        return json.dumps(str(value))[1:-1]
    return json.dumps(_plain(value), separators=(",", ":"), sort_keys=True)


def _python_words(value: JsonValue) -> str:
    return str(value) if isinstance(value, bool) else signing.text_to_sign(value)


def _with_nulls(params: Mapping[str, JsonValue]) -> str:
    return "&".join(f"{name}={signing.text_to_sign(params[name])}" for name in sorted(params))


def _without_empty(params: Mapping[str, JsonValue]) -> str:
    return signing.sign_param({name: value for name, value in params.items() if value != ""})


_SPACES: Final = {"separators": (", ", ": ")}
_COMPACT: Final = {"separators": (",", ":")}
_PARAMETERS: Final[tuple[tuple[str, Callable[[Mapping[str, JsonValue]], str]], ...]] = (
    ("The parameters were not sorted by key.", lambda p: _pairs(p, signing.text_to_sign, in_order=False)),
    ("A number was formatted anew; it is signed as it stands in the JSON text.", lambda p: _pairs(p, _reformatted)),
    ("A number was formatted anew; it is signed as it stands in the JSON text.", lambda p: _pairs(p, _normal)),
    ("Nested JSON was signed with spaces; it is compact.", lambda p: _pairs(p, _structured(**_SPACES))),
    (
        "The keys of nested JSON were not sorted.",
        lambda p: _pairs(p, _structured(sort_keys=False, **_COMPACT)),
    ),
    ("Characters beyond ASCII were escaped; they stand as they are.", lambda p: _pairs(p, _escaped)),
    ("True and false were written with a capital.", lambda p: _pairs(p, _python_words)),
    (
        "Values were URL-encoded; they stand as they are.",
        lambda p: _pairs(p, lambda v: quote(signing.text_to_sign(v), safe="")),
    ),
    ("A parameter that is null was signed; it is left out.", _with_nulls),
    ("An empty text was left out; it is signed as `key=`.", _without_empty),
    ("No parameters were signed.", lambda _: ""),
)


def _unprefixed(path: str) -> str:
    return path.removeprefix(PREFIX)


def _serialised(body: bytes) -> Iterator[bytes]:
    """A JSON body as other serialisers write it."""
    try:
        value = json.loads(body)
    except ValueError:
        return
    for options in (_COMPACT, _SPACES, {"indent": 2}):
        for in_order in (False, True):
            for ascii_only in (False, True):
                yield json.dumps(value, ensure_ascii=ascii_only, sort_keys=in_order, **options).encode()


def _serialised_plain(params: Mapping[str, JsonValue]) -> Iterator[bytes]:
    yield from _serialised(json.dumps(_plain(dict(params))).encode())
