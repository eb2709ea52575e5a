"""The inspection of a request to the payout API: the gate's checks in words, and the mistake behind the one that fails.

The line is built by the gate's own functions; `mistakes.py` finds out how somebody came to another signature. Pure.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.datastructures import Headers

from bursar.api.inspection import Check, Inspection, Presented, masked
from bursar.api.payout.codes import Refusal
from bursar.api.payout.endpoint import PREFIX
from bursar.api.payout.gate import FRESH_S
from bursar.api.payout.headers import API_KEY, SIGNATURE, TIMESTAMP, VERSION, SignedHeaders
from bursar.api.payout.keys import MerchantKey, SystemKey, Undecryptable
from bursar.api.payout.mistakes import Keys, lines, mistaken
from bursar.api.payout.sensitive import NAMES, places_of
from bursar.api.payout.signing import VERSIONS, Version, digest

BLOCK_BYTES: Final = 256
"""Of a sealed field, under an RSA key of 2,048 bits."""


@dataclass(frozen=True, slots=True)
class Known:
    """All that the service knows about the caller of an inspected request."""

    keys: Keys | None
    """Of the merchant's public key; None: it has given none of use."""
    system_keys: tuple[SystemKey, ...]
    is_key: bool
    """The API key is one of ours."""
    is_path: bool
    """There is such an endpoint, below its version."""
    opens: bool = True
    """Sealed fields are opened, which is for a sandbox only; else they are judged by their form."""


def inspect(request: Presented, known: Known) -> Inspection:
    """The checks of a request in the gate's order, up to the first that fails, and the mistake behind it.

    A wrong clock alone hides nothing: signature and sealed fields are checked all the same.
    """
    found = _Findings(request, known)
    for step in (found.headers, found.path, found.version, found.key, found.public_key):
        if not step():
            return found.inspection()
    found.timestamp()
    if found.signature():
        found.sealed()
    return found.inspection()


@dataclass(slots=True)
class _Findings:
    """The checks of one request that were made so far."""

    request: Presented
    known: Known
    checks: list[Check] = field(default_factory=list)
    mistakes: tuple[str, ...] = ()
    string: str | None = None
    details: dict[str, str] = field(default_factory=dict)
    parameters: Any = None

    def inspection(self) -> Inspection:
        """All that was found."""
        shown = masked(self.parameters)
        return Inspection(tuple(self.checks), self.mistakes, self.string, details=self.details, parameters=shown)

    def _check(self, name: str, fault: str | None, *mistakes: str) -> bool:
        self.checks.append(Check(name, fault is None, fault or "It fits."))
        self.mistakes += mistakes
        return fault is None

    # ── before the signature ─────────────────────────────────────────────────────────────────────────────────────

    def headers(self) -> bool:
        """User agent and the five headers are there, and in their form."""
        if not self.request.header("user-agent").strip():
            return self._check("headers", "User-Agent is missing.")
        try:
            SignedHeaders.read(Headers(_encodable(self.request.headers)))
        except Refusal as refusal:
            which = refusal.data["header"] if refusal.data else API_KEY
            return self._check("headers", f"{which} is missing or malformed.")
        return self._check("headers", None)

    def path(self) -> bool:
        """There is such an endpoint."""
        path = self.request.path
        if self.known.is_path:
            return self._check("path", None)
        mistakes = () if path.startswith(PREFIX) else (f"Every path begins with {PREFIX}1/, this one does not.",)
        return self._check("path", f"There is no endpoint {self.request.method} {path}.", *mistakes)

    def version(self) -> bool:
        """Path and header name one version."""
        sent, of_path = self.request.header(VERSION), self._of_path
        same = sent.isdigit() and int(sent) == of_path.number
        return self._check(
            "version", None if same else f"The path is of version {of_path.number}, {VERSION} says {sent}."
        )

    def key(self) -> bool:
        """The API key is one of ours."""
        return self._check(
            "api key", None if self.known.is_key else f"No API key of this install is the one in {API_KEY}."
        )

    def public_key(self) -> bool:
        """The merchant has given a public key."""
        fault = "The merchant has given no public key of use." if self.known.keys is None else None
        return self._check("public key", fault)

    def timestamp(self) -> bool:
        """The clock of the caller is ours, nearly."""
        sent, ours = int(self.request.header(TIMESTAMP)), int(self.request.at_s)
        apart = sent - ours
        if abs(apart) <= FRESH_S:
            return self._check("timestamp", None)
        mistake = f"The caller's clock is {abs(apart)} s {'ahead of' if apart > 0 else 'behind'} the service's."
        if abs(sent // 1000 - ours) <= FRESH_S:
            mistake = f"{TIMESTAMP} is in milliseconds; it must be in seconds."
        return self._check("timestamp", f"{TIMESTAMP} is more than {FRESH_S} s from {ours}.", mistake)

    # ── signature and sealed fields ──────────────────────────────────────────────────────────────────────────────

    def signature(self) -> bool:
        """The signature is the one of what was sent."""
        keys = self.known.keys
        assert keys is not None, "the public key was checked before"
        request, version = self.request, self._of_path
        api_key, given = request.header(API_KEY), request.header(SIGNATURE)
        line = next(lines(request, api_key)).value.encode("latin-1")
        self.string = line.decode("utf-8", "replace")
        self.details |= {"digest": digest(version, line).decode(), "signature": given}
        if MerchantKey(keys.own).verifies(version, line, given):
            return self._check("signature", None)
        variant = mistaken(request, version, keys, api_key, given)
        fault = f"{SIGNATURE} is not the signature of the digest that we built."
        return self._check("signature", fault, *(() if variant is None else variant.mistakes))

    def sealed(self) -> bool:
        """All sealed fields of the body can be opened."""
        if self.request.method == "GET":
            self.parameters = dict(parse_qsl(self.request.target.partition("?")[2], keep_blank_values=True))
            return True
        if self.request.header("content-type").startswith("multipart/"):
            return True
        try:
            body = json.loads(self.request.body or b"{}")
        except (ValueError, RecursionError):
            return self._check("body", "The body is no JSON.")
        self.parameters = body if isinstance(body, dict) else None
        for holder, name in list(places_of(body, frozenset(NAMES))):
            sealed = holder[name]
            fault, mistakes = unformed(sealed)
            if fault is None and self.known.opens:
                fault, mistakes = unopened(self.known.system_keys, self._of_path, sealed)
            if fault is not None:
                return self._check("sealed fields", f"{name}: {fault}", *(f"{name}: {said}" for said in mistakes))
        return self._check("sealed fields", None)

    @property
    def _of_path(self) -> Version:
        digit = self.request.path.removeprefix(PREFIX)[:1]
        return VERSIONS.get(int(digit) if digit.isdigit() else 1, VERSIONS[1])


def _encodable(headers: Mapping[str, str]) -> dict[str, str]:
    """Those that a request can have had, whose values are of bytes."""
    return {name: value for name, value in headers.items() if all(ord(letter) < 256 for letter in name + value)}


def unformed(sealed: Any) -> tuple[str | None, tuple[str, ...]]:
    """The fault in the form of a sealed field, and the mistakes behind it; no fault if it may be one."""
    try:
        raw = base64.b64decode(sealed, validate=True) if isinstance(sealed, str) else b""
    except (binascii.Error, ValueError):
        raw = b""
    if not raw or len(raw) % BLOCK_BYTES:
        plain = "It stands in clear, or in hex; it must be sealed." if len(str(sealed)) < BLOCK_BYTES else None
        return f"It is not Base64 of blocks of {BLOCK_BYTES} bytes.", () if plain is None else (plain,)
    return None, ()


def unopened(keys: Sequence[SystemKey], version: Version, sealed: str) -> tuple[str | None, tuple[str, ...]]:
    """The fault of a sealed field in whose form there is none, and the mistakes behind it; no fault if it opens.

    It tells of paddings, which would help a guesser: for a sandbox only.
    """
    opening = [each.number for each in VERSIONS.values() if any(_opens(key, each, sealed) for key in keys)]
    if version.number in opening:
        return None, ()
    for other in opening:
        paddings = {1: "PKCS #1 v1.5", 2: "OAEP with SHA-256"}
        said = f"It was sealed with {paddings[other]}; version {version.number} has {paddings[version.number]}."
        return "It cannot be opened.", (said,)
    return "It cannot be opened.", ("It was not sealed to the public key that the system has for this merchant.",)


def _opens(key: SystemKey, version: Version, sealed: str) -> bool:
    if version.number == 1:
        return key.has_sealed([sealed])
    try:
        key.open(version, [sealed])
    except Undecryptable:
        return False
    return True
