"""The inspection of a request to the card API: the gate's checks in words, and the mistake behind the one that fails.

The string is built by the gate's own functions; `mistakes.py` finds out how somebody came to another signature. Pure.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass, replace
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from bursar.api.card import signing
from bursar.api.card.endpoint import PREFIX
from bursar.api.card.envelope import API_KEY, REQUEST_ID, SIGN_VERSION, SIGNATURE, TIMESTAMP
from bursar.api.card.gate import FRESH_MS
from bursar.api.card.json_text import Parsed, parse_object
from bursar.api.card.jwe import ALG, CONTENT_KEY_BYTES, OwnKey, Undecryptable, decrypt_with
from bursar.api.card.mistakes import Secrets, Strings, mistaken
from bursar.api.inspection import Check, Inspection, Presented, masked

TIMESTAMP_CHARS_MAX: Final = 20
"""Nanoseconds have 19 digits; more are nobody's clock."""


@dataclass(frozen=True, slots=True)
class PublicHalf:
    """A key of the platform's of which only the public half is at hand: nothing is opened with it."""

    kid: str


@dataclass(frozen=True, slots=True)
class Known:
    """All that the service knows about the caller of an inspected request."""

    secrets: Secrets | None
    """Of the API key that it names; None: nobody has that key."""
    platform_keys: tuple[OwnKey | PublicHalf, ...]
    """The active one first. Of public halves, a token is judged by what can be seen of it from outside."""
    encrypted: bool | None
    """The endpoint takes its parameters encrypted; None: there is no such endpoint."""
    upload: bool = False
    merchant_kid: str | None = None
    """Of the merchant's own public key."""

    @property
    def own_keys(self) -> tuple[OwnKey, ...]:
        """Those that open tokens."""
        return tuple(key for key in self.platform_keys if isinstance(key, OwnKey))


def inspect(request: Presented, known: Known) -> Inspection:
    """The checks of a request in the gate's order, up to the first that fails, and the mistake behind it.

    A wrong clock alone hides nothing: signature and encryption are checked all the same.
    """
    found = _Findings(request, known)
    if not (found.key() and found.request_id() and found.path()):
        return found.inspection()
    found.timestamp()
    if not found.version():
        return found.inspection()
    covering = found.signature, found.encryption
    for step in covering if found.signs_body else reversed(covering):
        if not step():
            break
    return found.inspection()


class _Findings:
    """The checks of one request that were made so far."""

    def __init__(self, request: Presented, known: Known) -> None:
        self._request = request
        self._known = known
        self._checks: list[Check] = []
        self._mistakes: tuple[str, ...] = ()
        self._parsed: Parsed | None = None
        self._string: str | None = None
        self._masked_string: str | None = None
        self._details: dict[str, str] = {}

    @property
    def signs_body(self) -> bool:
        """True for version 2 of the signature."""
        return self._request.header(SIGN_VERSION) == "2"

    def inspection(self) -> Inspection:
        """All that was found."""
        parameters = None if self._parsed is None else masked(self._parsed.params)
        return Inspection(
            tuple(self._checks), self._mistakes, self._string, self._masked_string, self._details, parameters
        )

    def _check(self, name: str, fault: str | None, *mistakes: str) -> bool:
        self._checks.append(Check(name, fault is None, fault or "It fits."))
        self._mistakes += mistakes
        return fault is None

    # ── before the signature ─────────────────────────────────────────────────────────────────────────────────────

    def key(self) -> bool:
        """The API key is one of ours."""
        if not self._request.header(API_KEY):
            return self._check("api key", f"{API_KEY} is missing.")
        known = self._known.secrets is not None
        return self._check("api key", None if known else f"No API key of this install is the one in {API_KEY}.")

    def request_id(self) -> bool:
        """The request has an id."""
        return self._check("request id", None if self._request.header(REQUEST_ID) else f"{REQUEST_ID} is missing.")

    def path(self) -> bool:
        """There is such an endpoint, and it is called by its method."""
        path = self._request.path
        if self._known.encrypted is None:
            prefixed = path.startswith(f"{PREFIX}/")
            mistakes = () if prefixed else (f"Every path begins with {PREFIX}/, this one does not.",)
            return self._check("path", f"There is no endpoint {path}.", *mistakes)
        wrong = self._request.method != "POST"
        return self._check("path", f"Every call is POST, this one is {self._request.method}." if wrong else None)

    def timestamp(self) -> bool:
        """The clock of the caller is ours, nearly."""
        sent, ours = self._request.header(TIMESTAMP), int(self._request.at_s * 1000)
        if not sent.isascii() or not sent.isdigit() or len(sent) > TIMESTAMP_CHARS_MAX:
            return self._check("timestamp", f"{TIMESTAMP} must be Unix time in milliseconds, in digits.")
        apart = int(sent) - ours
        if abs(apart) <= FRESH_MS:
            return self._check("timestamp", None)
        mistake = (
            f"The caller's clock is {abs(apart) / 1000:.0f} s {'ahead of' if apart > 0 else 'behind'} the service's."
        )
        if abs(int(sent) * 1000 - ours) <= FRESH_MS + 1000:
            mistake = f"{TIMESTAMP} is in seconds; it must be in milliseconds."
        elif abs(int(sent) // 1000 - ours) <= FRESH_MS:
            mistake = f"{TIMESTAMP} is in microseconds; it must be in milliseconds."
        return self._check("timestamp", f"{TIMESTAMP} is more than {FRESH_MS // 1000} s from {ours}.", mistake)

    def version(self) -> bool:
        """The version of the signature is one of ours."""
        sent = self._request.header(SIGN_VERSION)
        known = sent in ("", *map(str, signing.VERSIONS))
        return self._check("version", None if known else f"{SIGN_VERSION} must be 1 or 2, or be left out.")

    # ── encryption ───────────────────────────────────────────────────────────────────────────────────────────────

    def encryption(self) -> bool:
        """The body is a token to the platform's key, where the endpoint wants one."""
        if not self._known.encrypted:
            return True
        outer = parse_object(self._request.body)
        token = outer.params.get("payload")
        if outer.malformed or type(token) is not str:
            return self._check("encryption", 'The body must be {"payload": "<compact JWE>"}.')
        self._details["JWE header"] = (_decoded(token.partition(".")[0]) or b"").decode("utf-8", "replace")
        if not self._known.own_keys:
            seen = fault_of_head(token, self._known)
            return self._check("encryption", *((None,) if seen is None else (seen[0], *seen[1])))
        try:
            plaintext = decrypt_with(self._known.own_keys, token)
        except Undecryptable:
            fault, mistakes = undecryptable(token, self._known)
            return self._check("encryption", fault, *mistakes)
        self._parsed = parse_object(plaintext)
        malformed = self._parsed.malformed and not self._parsed.params
        return self._check("encryption", "The plaintext is no JSON object." if malformed else None)

    # ── signature ────────────────────────────────────────────────────────────────────────────────────────────────

    def signature(self) -> bool:
        """The signature is the one of what was sent."""
        request, known = self._request, self._known
        assert known.secrets is not None, "the key was checked before"
        if self._parsed is None and known.encrypted and not self.signs_body and not known.own_keys:
            return True  # it covers what is sealed, and nothing is opened
        if self._parsed is None and not known.upload and not known.encrypted:
            self._parsed = parse_object(request.body)
        strings = Strings(request, self._parsed or Parsed(), encrypted=bool(known.encrypted))
        self._string = strings.of_body() if self.signs_body else strings.of_parameters()
        if not self.signs_body:
            self._masked_string = replace(strings, parsed=Parsed(masked(strings.parsed.params))).of_parameters()
        given = request.header(SIGNATURE)
        self._details |= {"signature": given, "body sha256": hashlib.sha256(request.body).hexdigest()}
        if signing.verify(known.secrets.own, self._string, given):
            return self._check("signature", None)
        variant = mistaken(strings, self.signs_body, known.secrets, given)
        mistakes = () if variant is None else variant.mistakes
        return self._check("signature", f"{SIGNATURE} is not the signature of the string that we built.", *mistakes)


# ── encryption: the mistake behind it ────────────────────────────────────────────────────────────────────────────────


def fault_of_head(token: str, known: Known) -> tuple[str, tuple[str, ...]] | None:
    """The fault that a token shows without being opened, and the mistakes behind it, if it shows one."""
    parts = token.split(".")
    if len(parts) != 5:
        return f"A compact JWE has five parts between dots; this has {len(parts)}.", ()
    header = parse_object(_decoded(parts[0]) or b"[")
    if header.malformed:
        return "The first part of the token is no JSON object in base64url.", ()
    alg, enc, kid = (header.params.get(name) for name in ("alg", "enc", "kid"))
    kids = [key.kid for key in known.platform_keys]
    if kid is not None and (kid not in kids if kids else kid == known.merchant_kid):
        right = kids[0] if kids else "that of its public key"
        own = (f"The token is encrypted to your own public key; take the platform's, whose kid is {right}.",)
        foreign = (f"The header's kid {str(kid)[:64]} is not the platform's: that is {right}.",)
        return "The token names a key that is not the platform's.", own if kid == known.merchant_kid else foreign
    if alg != ALG:
        names = {"RSA-OAEP": " (that is OAEP with SHA-1)", "RSA1_5": " (that is PKCS #1 v1.5)"}
        return f"The header says alg {alg}{names.get(str(alg), '')}; only {ALG} is accepted.", ()
    if enc not in CONTENT_KEY_BYTES:
        return f"The header says enc {enc}; {' and '.join(CONTENT_KEY_BYTES)} are accepted.", ()
    return None


def undecryptable(token: str, known: Known) -> tuple[str, tuple[str, ...]]:
    """The fault of a token that cannot be opened, and the mistakes behind it.

    It opens the encrypted key with other paddings, which would help a guesser: for a sandbox only.
    """
    seen = fault_of_head(token, known)
    if seen is not None:
        return seen
    encrypted_key = _decoded(token.split(".")[1])
    padded = next((word for word, scheme in _PADDINGS if _opens(known, encrypted_key, scheme)), None)
    if padded is None:
        return "The token's key was not encrypted to the platform's public key.", ()
    mistake = () if padded == _RIGHT else (f"The token's key is padded by {padded}; it must be {_RIGHT}.",)
    return "The token cannot be opened: its key, IV, ciphertext or tag is not what belongs together.", mistake


_RIGHT: Final = "OAEP with SHA-256 for digest and MGF1"
_PADDINGS: Final = (
    (_RIGHT, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)),
    ("OAEP with SHA-1", padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)),  # noqa: S303
    ("OAEP with SHA-256 but MGF1 with SHA-1", padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA256(), None)),  # noqa: S303
    ("PKCS #1 v1.5", padding.PKCS1v15()),
)


def _opens(known: Known, encrypted_key: bytes | None, scheme: padding.AsymmetricPadding) -> bool:
    """True if one of the platform's keys opens it to a content key of an accepted length."""
    for key in known.own_keys if encrypted_key else ():
        try:
            opened = key.private_key.decrypt(encrypted_key or b"", scheme)
        except ValueError:
            continue
        if len(opened) in CONTENT_KEY_BYTES.values():
            return True
    return False


def _decoded(part: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        return None
