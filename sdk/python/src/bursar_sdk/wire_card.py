"""The card and wallet API on the wire: requests signed and encrypted, answers opened. No network here."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any, Final

from bursar_sdk import crypto
from bursar_sdk.calls import Answer, Endpoint, Request, Response
from bursar_sdk.card_errors import BY_CODE
from bursar_sdk.card_errors import PLACES as PLACES
from bursar_sdk.config import CardConfig
from bursar_sdk.errors import ApiError, AuthenticationError, UnreadableAnswer
from bursar_sdk.forms import multipart

SKEW_TOLD_S: Final = 30.0
"""A refused signature is explained by the clocks when they differ by more; the service allows 60 s."""


class CardWire:
    """Requests and answers of one merchant."""

    late_s: Final = 61.0

    def __init__(self, config: CardConfig, endpoints: Mapping[str, Endpoint], language: str | None = None) -> None:
        self.config = config
        self.endpoints = endpoints
        self._language = language

    @property
    def api_key(self) -> str:
        """Whose calls they are."""
        return self.config.api_key

    def build(self, endpoint: Endpoint, params: Mapping[str, Any], request_id: str) -> Request:
        """The request of one try."""
        plain, content, kind = self._content(endpoint, params)
        headers = self._signed(endpoint, plain, request_id, content)
        if self._language:
            headers["Accept-Language"] = self._language
        return Request("POST", self.config.base_url + endpoint.path, {**headers, "Content-Type": kind}, content)

    def read(self, endpoint: Endpoint, request_id: str, request: Request, response: Response) -> Answer:
        """The data of a success; raises ApiError for every other code, UnreadableAnswer for what is no answer."""
        envelope = _envelope(response)
        code = envelope["code"]
        if code != 0:
            raise self._error(code, envelope, request_id, request, response)
        data = envelope.get("data")
        if endpoint.encrypted and data is not None:
            data = self._opened(data)
        return Answer(data, response.headers, response.headers.get("x-upa-replayed") == "1")

    def _content(self, endpoint: Endpoint, params: Mapping[str, Any]) -> tuple[bytes, bytes, str]:
        """The body in clear, as it is sent, and its media type."""
        if endpoint.form:
            content, kind = multipart(params)
            return content, content, kind
        plain = content = crypto.dumps(params).encode()
        if endpoint.encrypted:
            content = crypto.dumps({"payload": crypto.encrypt(plain, self.config.platform_key)}).encode()
        return plain, content, "application/json"

    def _signed(self, endpoint: Endpoint, plain: bytes, request_id: str, content: bytes) -> dict[str, str]:
        timestamp, config = str(time.time_ns() // 1_000_000), self.config
        headers = {
            "X-UPA-APIKEY": config.api_key,
            "X-UPA-REQUESTID": request_id,
            "X-UPA-TIMESTAMP": timestamp,
        }
        if config.sign_version == 2:
            line = crypto.card_line_v2("POST", endpoint.path, timestamp, request_id, content)
            headers["X-UPA-SIGN-VERSION"] = "2"
        else:
            signed = "" if endpoint.form else crypto.sign_param(plain)
            line = crypto.card_line_v1("POST", endpoint.path, timestamp, request_id, signed)
        return {**headers, "X-UPA-SIGN": crypto.card_signature(config.secret_key, line)}

    def _opened(self, data: Any) -> Any:
        try:
            return crypto.loads(crypto.decrypt(data["payload"], self.config.merchant_key))
        except (crypto.Undecryptable, KeyError, TypeError, ValueError) as fault:
            raise UnreadableAnswer(f"the answer's payload: {fault}", again=False) from fault

    def _error(
        self, code: int, envelope: Mapping[str, Any], request_id: str, request: Request, response: Response
    ) -> ApiError:
        message, cls = str(envelope.get("msg", "")), BY_CODE.get(code, ApiError)
        skew = _skew_s(request, response) if issubclass(cls, AuthenticationError) else None
        return cls(
            message,
            answered_code=code,
            request_id=request_id,
            parameter=_parameter(code, message),
            data=envelope.get("data"),
            clock_skew_s=skew,
        )


def _envelope(response: Response) -> dict[str, Any]:
    try:
        envelope = crypto.loads(response.content)
    except ValueError as fault:
        raise UnreadableAnswer(f"HTTP {response.status} with a body that is no JSON") from fault
    if not isinstance(envelope, dict) or not isinstance(envelope.get("code"), int):
        raise UnreadableAnswer(f"HTTP {response.status} with a body that has no code")
    return envelope


def _parameter(code: int, message: str) -> str | None:
    """The parameter that the text of a code names, filled in for `{0}`."""
    pattern = PLACES.get(code)
    found = re.fullmatch(pattern, message, re.DOTALL) if pattern else None
    return found[1] if found else None


def _skew_s(request: Request, response: Response) -> float | None:
    """Our clock less the service's, if they differ by so much that it may be the reason."""
    theirs = response.headers.get("x-upa-timestamp", "")
    if not theirs.isdigit():
        return None
    skew = (int(request.headers["X-UPA-TIMESTAMP"]) - int(theirs)) / 1000
    return skew if abs(skew) > SKEW_TOLD_S else None
