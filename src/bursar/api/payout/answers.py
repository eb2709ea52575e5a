"""The answer as it goes out: sealed to the merchant where it must be, in its envelope, signed.

To a caller that was not authenticated an answer has an empty signature, so that nobody can have texts of his choice
signed, or make the machine work, without a key.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bursar.api.key_process import KeyProcess
from bursar.api.languages import ACCEPT_LANGUAGE, CONTENT_LANGUAGE, Language, asked_language
from bursar.api.payout import headers
from bursar.api.payout.codes import Code, Refusal
from bursar.api.payout.endpoint import FileOut
from bursar.api.payout.envelope import Outcome, new_request_id, render
from bursar.api.payout.gate import Caller, url_of
from bursar.api.payout.headers import plausible_key
from bursar.api.payout.key_holder import KeyRequest, opened
from bursar.api.payout.keys import Undecryptable, merchant_key
from bursar.api.payout.sensitive import NAMES, Reveals, exchange, holds_any, places_of
from bursar.api.payout.signing import Version, digest, message
from bursar.api.request_log import REQUEST_ID
from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.merchants.payout.model import PayoutCredential

OPENED_AT_ONCE: Final = 32
"""Sealed fields that are opened before others get their turn: some 10 ms."""
NONCE_BYTES: Final = 16
ENCRYPTION: Final = "secrets.encrypt"
"""The place of a planted fault in sealing an answer."""

Strike = Callable[[str], Awaitable[None]]
"""Raises a fact if a fault is planted at the place; in a live install it does nothing."""


class Cryptography:
    """Cryptography with the parties' keys, off the event loop; one for a process.

    Private ones are used by the process that `key_holder.py` is; sealing, with public ones, is a thread's.
    """

    def __init__(self, strike: Strike, keys: KeyProcess) -> None:
        """`keys` runs `key_holder.PROGRAM`."""
        self.strike = strike
        self.keys = keys

    async def open(self, caller: Caller, params: dict[str, object], names: frozenset[str]) -> None:
        """Put the sensitive fields of `params` in clear; raises Undecryptable after all of them were tried.

        A batch has thousands; they are opened in portions, so that others are answered in between.
        """
        places, texts, failed = list(places_of(params, names)), list[str](), False
        for start in range(0, len(places), OPENED_AT_ONCE):
            sealed = [holder[name] for holder, name in places[start : start + OPENED_AT_ONCE]]
            answer = await self.keys.ask(_opening(caller, sealed).encoded())
            if answer is None:
                failed = True
            else:
                texts += opened(answer)
        if failed:
            raise Undecryptable
        for (holder, name), text in zip(places, texts, strict=True):
            holder[name] = text

    async def seal(self, caller: Caller, outcome: Outcome) -> None:
        """Seal the sensitive fields of an outcome to the merchant; raises Refusal if that fails."""
        names = frozenset(NAMES)
        if outcome.reveals is Reveals.NOTHING or not holds_any(outcome.data, names):
            return
        try:
            await self.seal_content(caller.credential.settings.public_key or "", caller.version, outcome.data)
        except (ProviderRefused, ProviderUnavailable) as fact:
            raise Refusal(Code.ENCRYPTION_FAILED) from fact

    async def seal_content(self, public_key: str, version: Version, content: object) -> None:
        """Seal the sensitive fields in `content` to the owner of the key; raises ProviderRefused or
        ProviderUnavailable."""
        await self.strike(ENCRYPTION)
        try:
            await asyncio.to_thread(_seal, public_key, version, content)
        except ValueError:
            raise ProviderUnavailable(ENCRYPTION) from None

    async def signed_headers(
        self, credential: PayoutCredential, version: Version, url: str, method: str, body: str
    ) -> Mapping[str, str]:
        """The five headers of an answer: the present second, a fresh nonce, and the signature."""
        now, nonce = int(time.time()), secrets.token_hex(NONCE_BYTES)
        line = message(credential.key, now, nonce, url, method, body)
        question = KeyRequest(
            credential.system_key.decode("ascii"), version.number, digest(version, line).decode("ascii")
        )
        signature = await self.keys.ask(question.encoded())
        return _five(credential.key, version, now, nonce, (signature or b"").decode("ascii"))


def _opening(caller: Caller, sealed: Sequence[object]) -> KeyRequest:
    texts = [str(field) if isinstance(field, str) and field.isascii() else None for field in sealed]
    pem, *others = (key.decode("ascii") for key in (caller.credential.system_key, *caller.credential.other_keys))
    return KeyRequest(pem, caller.version.number, sealed=texts, others=others)


def _seal(public_key: str, version: Version, content: object) -> None:
    key = merchant_key(public_key)
    if key is None:
        raise ValueError("no key to seal to")
    exchange(content, frozenset(NAMES), lambda values: [key.seal(version, value) for value in values])


def _five(api_key: str, version: Version, now: int, nonce: str, signature: str) -> Mapping[str, str]:
    return {
        headers.API_KEY: api_key,
        headers.VERSION: str(version.number),
        headers.TIMESTAMP: str(now),
        headers.NONCE: nonce,
        headers.SIGNATURE: signature,
    }


async def respond(
    cryptography: Cryptography,
    request: Request,
    version: Version,
    caller: Caller | None,
    outcome: Outcome,
    *,
    http_status: int = 0,
) -> Response:
    """The HTTP response; `caller` is None for one that was not authenticated."""
    file, language = outcome.file, asked_language(request)
    request_id = request.scope.setdefault(REQUEST_ID, new_request_id())
    content = render(outcome, request_id, language) if file is None else b""
    if caller is None:
        nonce = secrets.token_hex(NONCE_BYTES)
        five = _five(plausible_key(request.headers), version, int(time.time()), nonce, "")
    else:
        five = await cryptography.signed_headers(
            caller.credential, version, url_of(request), request.method, content.decode("utf-8")
        )
    described = {**outcome.headers, **five}
    if file is not None:
        return _file_response(file, described)
    described["Vary"] = ACCEPT_LANGUAGE
    if language is not Language.ENGLISH:
        described[CONTENT_LANGUAGE] = language
    return Response(content, http_status or outcome.code.http_status, described, "application/json")


def _file_response(file: FileOut, described: Mapping[str, str]) -> Response:
    """A file as it is; the name once in letters that everybody reads, and once exactly."""
    plain = "".join(character if character.isascii() else "_" for character in file.name)
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
    described = {**described, "Content-Disposition": disposition}
    if isinstance(file.content, bytes):
        return Response(file.content, headers=described, media_type=file.media_type)
    described["Content-Length"] = str(file.size_bytes)
    return StreamingResponse(file.content, headers=described, media_type=file.media_type)
