"""The mistakes behind a signature of the payout API that does not fit. Pure.

The signature is opened with the public key, which shows the digest that was signed; that is then sought among the
digests of everything that clients are known to sign instead, so that several mistakes at once are recognised too.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from bursar.api.inspection import Presented, Variant, fewest
from bursar.api.payout.endpoint import PREFIX
from bursar.api.payout.headers import NONCE, TIMESTAMP
from bursar.api.payout.signing import Version, digest, message

_DIGESTS: Final[Mapping[str, bytes]] = {
    "md5": bytes.fromhex("3020300c06082a864886f70d020505000410"),
    "sha1": bytes.fromhex("3021300906052b0e03021a05000414"),
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
"""The beginnings of PKCS #1 v1.5 signatures by digest (RFC 8017, 9.2)."""
_PKCS1: Final = padding.PKCS1v15()
NOT_THE_KEY: Final = (
    "It was not made with the private key that belongs to the public key which the service has of this merchant."
)


@dataclass(frozen=True, slots=True)
class Signed:
    """The digest inside a signature."""

    name: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Keys:
    """The public key of the merchant, and others that a client may have taken, by a word for each."""

    own: rsa.RSAPublicKey
    others: Mapping[str, rsa.RSAPublicKey] = field(default_factory=dict)


def mistaken(request: Presented, version: Version, keys: Keys, api_key: str, signature: str) -> Variant | None:
    """The fewest mistakes with which the signature is the one given; None if no such are known."""
    found: list[Variant] = []
    for raw, of_form in _decoded(signature):
        if (signed := opened(keys.own, raw)) is not None:
            found += _of_digest(request, version, api_key, signed, of_form)
        elif _is_pss(request, version, keys.own, api_key, raw):
            found.append(Variant(signature, (*of_form, "The padding was PSS; it must be PKCS #1 v1.5.")))
        else:
            words = [word for word, key in keys.others.items() if opened(key, raw) is not None]
            found += [Variant(signature, (*of_form, f"It was made with {word}.")) for word in words]
    if found:
        return fewest(iter(found))
    return Variant(signature, (NOT_THE_KEY,)) if _decoded(signature) else None


def opened(key: rsa.RSAPublicKey, raw: bytes) -> Signed | None:
    """The digest that was signed; None if the signature is not this key's."""
    try:
        inside = key.recover_data_from_signature(raw, _PKCS1, None)
    except (InvalidSignature, ValueError):
        return None
    return next((Signed(name, inside[len(head) :]) for name, head in _DIGESTS.items() if inside.startswith(head)), None)


def _of_digest(
    request: Presented, version: Version, api_key: str, signed: Signed, of_form: tuple[str, ...]
) -> Iterator[Variant]:
    right = version.hash.name
    wrong_hash = () if signed.name == right else (f"The signature was made over {signed.name}; it must be {right}.",)
    for text in _texts(request, version, api_key):
        if hashlib.new(signed.name, text.value.encode("latin-1"), usedforsecurity=False).digest() == signed.digest:
            yield Variant(text.value, (*of_form, *wrong_hash, *text.mistakes))


def _texts(request: Presented, version: Version, api_key: str) -> Iterator[Variant]:
    """The texts that are signed: the hex digest of the line, then what is signed in its place. As Latin-1."""
    for line in lines(request, api_key):
        raw = line.value.encode("latin-1")
        made = version.hasher()
        made.update(raw)
        yield Variant(made.hexdigest(), line.mistakes)
        upper = (*line.mistakes, "The hex digest was written in upper case; it is lower-case.")
        yield Variant(made.hexdigest().upper(), upper)
        yield Variant(
            made.digest().decode("latin-1"),
            (*line.mistakes, "The bytes of the digest were signed; its hex text must be."),
        )
        yield Variant(
            base64.b64encode(made.digest()).decode(),
            (*line.mistakes, "The digest was written in Base64; its lower-case hex text is signed."),
        )
        yield Variant(line.value, (*line.mistakes, "The line itself was signed; its hex digest must be."))
        other = hashlib.sha256(raw) if version.number == 1 else hashlib.md5(raw, usedforsecurity=False)
        said = f"The line was digested by {other.name}; version {version.number} has {version.hash.name}."
        yield Variant(other.hexdigest(), (*line.mistakes, said))


def lines(request: Presented, api_key: str) -> Iterator[Variant]:
    """The right line first, then those with mistakes in one or several of its values. As Latin-1 of its UTF-8."""
    stamp, nonce = request.header(TIMESTAMP), request.header(NONCE)
    times = [Variant(stamp)]
    if len(stamp) > 3:
        times += [Variant(f"{stamp}000", ("The timestamp was signed in milliseconds; it is in seconds.",))]
        times += [Variant(f'"{stamp}"', ("The timestamp was signed as a text; it is a number.",))]
    for at, url, method, body in product(times, _urls(request), _methods(request), _bodies(request)):
        mistakes = (*at.mistakes, *url.mistakes, *method.mistakes, *body.mistakes)
        value = message(api_key, 0, nonce, url.value, method.value, body.value).decode("latin-1")
        value = value.replace('"timestamp":0,', f'"timestamp":{at.value},', 1)
        yield Variant(value, mistakes)
        if not mistakes:
            yield Variant(value.replace("/", "\\/"), ("Slashes were escaped; they stand as they are.",))
            told = json.loads(value.encode("latin-1").decode("utf-8", "surrogateescape"))
            spaced = json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogateescape").decode("latin-1")
            yield Variant(spaced, ("The line was written with spaces; it is compact JSON.",))


def _urls(request: Presented) -> list[Variant]:
    found, path = [Variant(request.target)], request.path
    if path != request.target:
        found.append(Variant(path, ("The query was left out of the signed url.",)))
    if path.startswith(PREFIX):
        start = len(PREFIX) + 1
        found.append(Variant(request.target[start:], (f"The url was signed without its prefix {path[:start]}.",)))
    host = request.header("host")
    found += [
        Variant(f"{scheme}://{host}{request.target}", ("Scheme and host were signed; path and query are.",))
        for scheme in ("http", "https")
        if host
    ]
    return found


def _methods(request: Presented) -> list[Variant]:
    lower = Variant(request.method.lower(), ("The method was signed in lower case.",))
    return [Variant(request.method), lower]


def _bodies(request: Presented) -> list[Variant]:
    """The body as a text whose UTF-8 is what was sent."""
    is_form = request.header("content-type").startswith("multipart/")
    text = request.body.decode("utf-8", "surrogateescape")
    if request.method == "GET" or is_form:
        wrong = "The body was signed; it is empty in the string of uploads and of GET."
        return [Variant(""), *([Variant(text, (wrong,))] if text else [Variant("{}", (wrong,))])]
    found = [Variant(text)]
    found += [Variant(other, ("The body was serialised again after it was signed.",)) for other in _serialised(text)]
    return [*found, Variant("", ("An empty body was signed; the text of the body is.",))]


def _serialised(text: str) -> Iterator[str]:
    """The JSON as a library writes it anew; nothing of what is no JSON, too deep, or without a form in UTF-8."""
    try:
        value: Any = json.loads(text)
        for options in ({"separators": (",", ":")}, {}, {"indent": 2}):
            for in_order in (False, True):
                for ascii_only in (False, True):
                    written = json.dumps(value, ensure_ascii=ascii_only, sort_keys=in_order, **options)
                    written.encode("utf-8", "surrogateescape")
                    yield written
    except (ValueError, RecursionError):
        return


def _decoded(signature: str) -> list[tuple[bytes, tuple[str, ...]]]:
    """The bytes of a signature as Base64, else as what it is instead, with the mistake."""
    try:
        return [(base64.b64decode(signature, validate=True), ())]
    except (binascii.Error, ValueError):
        pass
    try:
        raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
        return [(raw, ("The signature was written in base64url; it must be Base64.",))]
    except (binascii.Error, ValueError):
        return []


def _is_pss(request: Presented, version: Version, key: rsa.RSAPublicKey, api_key: str, raw: bytes) -> bool:
    line = next(lines(request, api_key)).value.encode("latin-1")
    for algorithm in (version.hash, hashes.SHA256()):
        try:
            scheme = padding.PSS(padding.MGF1(algorithm), padding.PSS.AUTO)
            key.verify(raw, digest(version, line), scheme, algorithm)
        except (InvalidSignature, ValueError):
            continue
        return True
    return False
