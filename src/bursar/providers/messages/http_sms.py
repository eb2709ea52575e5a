"""Text messages through a gateway that takes them over HTTP, in whatever form a file says.

The file has the request with places to be filled in, and says by which answers a message was taken or will never be;
`examples/sms.toml` shows all of it. Values are filled into parts of the request that are encoded afterwards (JSON,
form, query), in one pass, so that no text of a message can change the request. Neither number nor text goes into a log
or an error. Such gateways report deliveries in forms of their own, which are not read: a message that was taken counts
as sent.
"""

import asyncio
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import httpx2
import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bursar.kernel.errors import ProviderRefused, Refused
from bursar.messages.errors import GatewayFailed, GatewayUnreachable

FILE_BYTES_MAX: Final = 64 * 1024
SECRET_BYTES_MAX: Final = 4 * 1024
ANSWER_BYTES_MAX: Final = 64 * 1024
MESSAGE_ID_MAX: Final = 200
"""Characters of a gateway's id that are kept."""
CONNECTIONS_MAX: Final = 32
_SEND: Final = "sms.send"
_PLACE: Final = re.compile(r"\{(to|to_digits|text|sender|secret)\}")


class SmsGatewayMisconfigured(Refused):
    """The file of the text message gateway is not usable."""

    path: Path
    why: str

    def __str__(self) -> str:
        return f"{self.path}: {self.why}"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Answers(_Strict):
    """Answers that mean one thing: a status, and a value at a place of the JSON if one is named."""

    status: Annotated[list[Annotated[int, Field(ge=200, le=599)]], Field(min_length=1, max_length=20)]
    field: str | None = None
    """Names and positions with dots between, as `messages.0.status`."""
    values: Annotated[list[str], Field(max_length=50)] = []
    """Any of these, as texts; a field without values needs only be there."""

    def match(self, status: int, answer: Any) -> bool:
        """True for an answer that means this."""
        if status not in self.status:
            return False
        if self.field is None:
            return True
        found = at(answer, self.field)
        return found is not None and (not self.values or _text(found) in self.values)


class Taken(Answers):
    """Answers by which a message was taken, and where its id stands."""

    id: str | None = None


class SmsGateway(_Strict):
    """The gateway that a file describes."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s{}]+$", max_length=2_000)]
    method: Literal["GET", "POST", "PUT"] = "POST"
    sender: Annotated[str, Field(max_length=32)] = ""
    secret_file: str | None = None
    timeout_s: Annotated[int, Field(ge=1, le=60)] = 10
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    form: dict[str, str] | None = None
    json_body: Annotated[dict[str, Any] | None, Field(alias="json")] = None
    taken: Taken
    refused: Answers | None = None

    @classmethod
    def read(cls, path: Path) -> tuple["SmsGateway", str]:
        """The gateway of a file and its secret; raises SmsGatewayMisconfigured."""
        try:
            gateway = cls.model_validate(tomllib.loads(_content(path, FILE_BYTES_MAX)))
            secret = "" if gateway.secret_file is None else _secret(path.parent / gateway.secret_file)
        except OSError as fault:
            raise SmsGatewayMisconfigured(path, f"{fault.filename or path} cannot be read: {fault.strerror}") from None
        except ValidationError as fault:
            place = ".".join(map(str, fault.errors()[0]["loc"]))
            raise SmsGatewayMisconfigured(path, f"{place}: {fault.errors()[0]['msg']}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
            raise SmsGatewayMisconfigured(path, f"is no TOML: {fault}") from None
        if gateway.form is not None and gateway.json_body is not None:
            raise SmsGatewayMisconfigured(path, "a request has form or json, not both")
        if not all(map(_fits_header, _headers(gateway, secret, "+1"))) or "{text}" in "".join(gateway.headers.values()):
            raise SmsGatewayMisconfigured(path, "headers have printable ASCII and no {text}")
        return gateway, secret


class HttpSms:
    """The port's adapter."""

    def __init__(self, gateway: SmsGateway, secret: str) -> None:
        self._gateway = gateway
        self._secret = secret
        self._client = httpx2.AsyncClient(
            timeout=gateway.timeout_s,
            trust_env=False,
            follow_redirects=False,
            limits=httpx2.Limits(max_connections=CONNECTIONS_MAX),
        )

    async def reach(self) -> str:
        """Connect and leave, since any request could be a message; the gateway's host. Raises GatewayUnreachable."""
        parts = urlsplit(self._gateway.url)
        host, tls = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if tls else 80)
        try:
            async with asyncio.timeout(self._gateway.timeout_s):
                _, writer = await asyncio.open_connection(host, port, ssl=tls or None)
                writer.close()
        except (OSError, TimeoutError):
            raise GatewayUnreachable("sms.connect") from None
        return f"{host}:{port}"

    async def send(self, to: str, text: str) -> str:
        """Hand a message over; the gateway's id. Raises ProviderRefused, GatewayUnreachable or GatewayFailed."""
        try:
            async with asyncio.timeout(self._gateway.timeout_s):
                status, answer = await self._ask(_values(self._gateway, self._secret, to, text))
        except (httpx2.TransportError, TimeoutError):
            raise GatewayUnreachable(_SEND) from None
        gateway = self._gateway
        if gateway.taken.match(status, answer):
            return _text(at(answer, gateway.taken.id))[:MESSAGE_ID_MAX] if gateway.taken.id else ""
        if gateway.refused is not None and gateway.refused.match(status, answer):
            raise ProviderRefused(_SEND)
        raise GatewayFailed(_SEND)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _ask(self, values: Mapping[str, str]) -> tuple[int, Any]:
        """The status and the JSON of the answer; None for one that is no JSON, or too large."""
        gateway = self._gateway
        request = self._client.build_request(
            gateway.method,
            gateway.url,
            headers=filled(gateway.headers, values),
            params=filled(gateway.query, values) or None,
            data=filled(gateway.form, values),
            json=filled(gateway.json_body, values),
        )
        response = await self._client.send(request, stream=True)
        try:
            content = bytearray()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > ANSWER_BYTES_MAX:
                    return response.status_code, None
        finally:
            await response.aclose()
        try:
            return response.status_code, orjson.loads(content)
        except orjson.JSONDecodeError:
            return response.status_code, None


def _values(gateway: SmsGateway, secret: str, to: str, text: str) -> Mapping[str, str]:
    return {"to": to, "to_digits": to.lstrip("+"), "text": text, "sender": gateway.sender, "secret": secret}


def _headers(gateway: SmsGateway, secret: str, to: str) -> Sequence[str]:
    return [*gateway.headers, *filled(gateway.headers, _values(gateway, secret, to, "")).values()]


def _fits_header(text: str) -> bool:
    return text.isascii() and text.isprintable()


def filled(template: Any, values: Mapping[str, str]) -> Any:
    """The template with every place filled in, in one pass: what is filled in is not looked at again."""
    if isinstance(template, str):
        return _PLACE.sub(lambda place: values[place[1]], template)
    if isinstance(template, dict):
        return {name: filled(value, values) for name, value in template.items()}
    if isinstance(template, list):
        return [filled(value, values) for value in template]
    return template


def at(answer: Any, place: str) -> Any:
    """The value at a place of an answer, as `messages.0.id`; None if there is none."""
    for step in place.split("."):
        if isinstance(answer, Mapping):
            answer = answer.get(step)
        elif isinstance(answer, Sequence) and not isinstance(answer, str) and step.isdigit():
            answer = answer[int(step)] if int(step) < len(answer) else None
        else:
            return None
    return answer


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _content(path: Path, most: int) -> str:
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise SmsGatewayMisconfigured(path, f"has more than {most} bytes")
    return content.decode("utf-8")


def _secret(path: Path) -> str:
    return _content(path, SECRET_BYTES_MAX).strip()
