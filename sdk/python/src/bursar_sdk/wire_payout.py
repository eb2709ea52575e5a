"""The payout and OTP API on the wire: requests signed and sealed, answers verified and opened. No network here."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from bursar_sdk import crypto
from bursar_sdk.calls import Answer, Endpoint, Request, Response
from bursar_sdk.config import PayoutConfig
from bursar_sdk.errors import ApiError, AuthenticationError, UnreadableAnswer
from bursar_sdk.forms import multipart
from bursar_sdk.payout_errors import BY_CODE
from bursar_sdk.version import USER_AGENT

SKEW_TOLD_S: Final = 150.0
"""A refusal is explained by the clocks when they differ by more; the service allows 300 s."""
SUCCESS: Final = 200


class PayoutWire:
    """Requests and answers of one merchant."""

    late_s: Final = 301.0

    def __init__(self, config: PayoutConfig, endpoints: Mapping[str, Endpoint], language: str | None = None) -> None:
        self.config = config
        self.endpoints = endpoints
        self._language = language

    @property
    def api_key(self) -> str:
        """Whose calls they are."""
        return self.config.api_key

    def build(self, endpoint: Endpoint, params: Mapping[str, Any], request_id: str) -> Request:  # noqa: ARG002
        """The request of one try. There is no request id in this API; each try has a nonce of its own."""
        config = self.config
        path = endpoint.path.replace("/v1/", f"/v{config.version}/", 1)
        sealed = crypto.with_sealed_fields(
            params, lambda text: crypto.seal(config.version, text, config.system_keys[0])
        )
        url, content, kind = path, b"", ""
        if endpoint.verb == "GET":
            url += f"?{urlencode(sealed)}" if sealed else ""
        elif endpoint.form:
            content, kind = multipart(_with_md5(sealed))
        else:
            content, kind = crypto.dumps(sealed).encode(), "application/json"
        signed = "" if endpoint.form else content.decode()
        headers = self._signed(endpoint.verb, url, signed)
        if kind:
            headers["Content-Type"] = kind
        if self._language:
            headers["Accept-Language"] = self._language
        return Request(endpoint.verb, config.base_url + url, headers, content)

    def read(self, endpoint: Endpoint, request_id: str, request: Request, response: Response) -> Answer:
        """The data of a success, its signature verified and its sensitive fields opened.

        Raises ApiError for every other code, UnreadableAnswer for what is no answer of the platform's.
        """
        is_json = "application/json" in response.headers.get("content-type", "")
        is_file = endpoint.file and response.status == 200 and not is_json
        envelope: Mapping[str, Any] = {"code": SUCCESS, "data": response.content} if is_file else _envelope(response)
        self._verify(request, response, is_file=is_file, code=envelope["code"])
        if envelope["code"] != SUCCESS:
            raise self._error(envelope, request_id, request, response)
        return Answer(envelope["data"] if is_file else self._opened(endpoint, envelope["data"]), response.headers)

    def opened(self, data: Any, version: int | None = None) -> Any:
        """Data with their sensitive fields in clear. Raises crypto.Undecryptable."""
        sealed_in = version or self.config.version
        return crypto.with_sealed_fields(data, lambda text: crypto.unseal(sealed_in, text, self.config.merchant_key))

    def opened_event(self, data: Any) -> Any:
        """The same for what was called back: it is sealed in the version of the callbacks, whichever that is."""
        try:
            return self.opened(data, 2)
        except crypto.Undecryptable:
            return self.opened(data, 1)

    def is_from_the_platform(self, version: int, line: str, signature: str) -> bool:
        """True if one of the platform's keys has signed the line."""
        return any(crypto.payout_is_signed(version, line, signature, key) for key in self.config.system_keys)

    def _signed(self, method: str, url: str, body: str) -> dict[str, str]:
        config, timestamp, nonce = self.config, int(time.time()), secrets.token_hex(16)
        line = crypto.payout_line(config.api_key, timestamp, nonce, url, method, body)
        return {
            "V-Api-Key": config.api_key,
            "V-Api-Version": str(config.version),
            "V-Timestamp": str(timestamp),
            "V-Nonce-Str": nonce,
            "V-Signature": crypto.payout_signature(config.version, line, config.merchant_key),
            "User-Agent": USER_AGENT,
        }

    def _verify(self, request: Request, response: Response, *, is_file: bool, code: int) -> None:
        """Raises UnreadableAnswer unless the platform signed this answer to this request.

        A caller whom the service does not know gets no signature: then only a refusal that says so is believed.
        """
        headers = response.headers
        if not headers.get("v-signature"):
            if issubclass(BY_CODE.get(code, ApiError), AuthenticationError) or code in (1000, 1205, 1212):
                return
            raise UnreadableAnswer("the answer is not signed")
        split = urlsplit(request.url)
        url = split.path + (f"?{split.query}" if split.query else "")
        try:
            timestamp, version = int(headers["v-timestamp"]), int(headers["v-api-version"])
            body = "" if is_file else response.content.decode()
            line = crypto.payout_line(
                headers["v-api-key"], timestamp, headers["v-nonce-str"], url, request.method, body
            )
        except (KeyError, ValueError) as fault:
            raise UnreadableAnswer("the answer's signature headers are not complete") from fault
        if not self.is_from_the_platform(version, line, headers["v-signature"]):
            raise UnreadableAnswer("the answer's signature is not the platform's")

    def _opened(self, endpoint: Endpoint, data: Any) -> Any:
        try:
            return self.opened_event(data) if endpoint.name == "events.list" else self.opened(data)
        except crypto.Undecryptable as fault:
            raise UnreadableAnswer(str(fault), again=False) from fault

    def _error(self, envelope: Mapping[str, Any], request_id: str, request: Request, response: Response) -> ApiError:
        cls, data = BY_CODE.get(envelope["code"], ApiError), envelope.get("data")
        named = data if isinstance(data, Mapping) else {}
        return cls(
            str(envelope.get("message", "")),
            answered_code=envelope["code"],
            request_id=str(envelope.get("requestId") or request_id),
            parameter=named.get("parameter") or named.get("header"),
            data=data,
            clock_skew_s=_skew_s(request, response) if issubclass(cls, AuthenticationError) else None,
        )


def _envelope(response: Response) -> dict[str, Any]:
    try:
        envelope = crypto.loads(response.content)
    except ValueError as fault:
        raise UnreadableAnswer(f"HTTP {response.status} with a body that is no JSON") from fault
    if not isinstance(envelope, dict) or not isinstance(envelope.get("code"), int):
        raise UnreadableAnswer(f"HTTP {response.status} with a body that has no code")
    return {"data": None, **envelope}


def _with_md5(params: Mapping[str, Any]) -> dict[str, Any]:
    """The form with the MD5 of its file, where it is not given."""
    file = params.get("file")
    content = getattr(file, "content", b"")
    return {"md5": hashlib.md5(content, usedforsecurity=False).hexdigest(), **params} if content else dict(params)


def _skew_s(request: Request, response: Response) -> float | None:
    theirs = response.headers.get("v-timestamp", "")
    if not theirs.isdigit():
        return None
    skew = float(int(request.headers["V-Timestamp"]) - int(theirs))
    return skew if abs(skew) > SKEW_TOLD_S else None
