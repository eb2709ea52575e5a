"""The log and the debugger of requests in the control API: why one was refused, whoever sent it."""

import base64
import binascii
from dataclasses import dataclass
from typing import Annotated, Final, Literal, cast

from fastapi import Query
from fastapi.encoders import jsonable_encoder
from pydantic import Field

from bursar.api.card.envelope import SIGN_VERSION
from bursar.api.explainer import text_of
from bursar.api.inspection import Difference, Inspection, Presented
from bursar.api.inspector import Inspector
from bursar.api.payout.headers import VERSION
from bursar.kernel.clock import SystemClock
from bursar.requests.records.model import Pushed, Record, RecordFilter
from bursar.requests.records.service import LISTED_MAX, RequestRecords
from bursar.sandbox.control.errors import ControlRefusal
from bursar.sandbox.control.log_answers import (
    ApiName,
    CausedPushOut,
    DifferenceOut,
    GivenAnswerOut,
    InspectedRequestOut,
    InspectionOut,
    LoggedRequestOut,
    LoggedRequestsOut,
)
from bursar.sandbox.control.route import Calls
from bursar.sandbox.control.schemas import ID_DIGITS_MAX, Setting, number
from bursar.sandbox.control.services import Sandbox
from bursar.webhooks.model import DeliveryStatus

BODY_CHARS_MAX: Final = 192 * 1024
HEADERS_MAX: Final = 64

_Text = Annotated[str, Field(max_length=8192)]


class InspectedRequest(Setting):
    """A request as it was sent, and if you like the secret and the string that it was signed with."""

    api: Literal["card", "payout"]
    method: Annotated[str, Field(min_length=1, max_length=16)]
    path: Annotated[str, Field(min_length=1, max_length=8192)]
    """With the query."""
    headers: Annotated[dict[_Text, _Text], Field(max_length=HEADERS_MAX)]
    body: Annotated[str, Field(max_length=BODY_CHARS_MAX)] = ""
    body_base64: Annotated[str, Field(max_length=BODY_CHARS_MAX)] | None = None
    """In place of `body`, for one that is no text."""
    version: Literal[1, 2] | None = None
    """Of the signature, as you mean it."""
    secret: _Text | None = None
    string_to_sign: Annotated[str, Field(max_length=BODY_CHARS_MAX)] | None = None
    at: Annotated[float, Field(gt=0, lt=1e11)] | None = None
    """The Unix time in seconds when it was sent; left out, it is sent now."""


@dataclass(frozen=True, slots=True)
class Debugged:
    """The records of requests, of which the merchant's and nobody's are shown, and their inspection."""

    sandbox: Sandbox
    inspector: Inspector

    @property
    def records(self) -> RequestRecords:
        """All that are kept."""
        return self.sandbox.records


class RequestCalls:
    """The calls, bound to the records and keys of a sandbox."""

    def __init__(self, debugged: Debugged) -> None:
        self._debugged = debugged

    def calls(self) -> Calls:
        """All of them under their methods and paths."""
        return {
            ("GET", "/requests"): self.list_log,
            ("GET", "/requests/{record_id}"): self.show,
            ("POST", "/sign-check"): self.check,
        }

    async def list_log(
        self,
        request_id: Annotated[str | None, Query(alias="requestId", max_length=64)] = None,
        code: Annotated[int | None, Query(ge=0, le=99_999)] = None,
        path: Annotated[str | None, Query(max_length=256)] = None,
        limit: Annotated[int, Query(ge=1, le=LISTED_MAX)] = LISTED_MAX,
        before: Annotated[str | None, Query(pattern=f"^[0-9]{{1,{ID_DIGITS_MAX}}}$")] = None,
    ) -> LoggedRequestsOut:
        """Requests of the merchant and of nobody, newest first; `path` is its beginning, `before` the id of one."""
        debugged = self._debugged
        which = RecordFilter(
            debugged.sandbox.merchant_id, request_id, code, path, None if before is None else int(before)
        )
        return {"requests": [listed(record) for record in await debugged.records.list_page(which, limit)]}

    async def show(self, record_id: str) -> InspectedRequestOut:
        """One of them, inspected as it arrived; what it has done in the books, by its number."""
        debugged = self._debugged
        record = await debugged.records.find(number(record_id))
        if record is None or not record.is_seen_by(debugged.sandbox.merchant_id):
            raise ControlRefusal(404, "not_found", "There is no such request, or it is not kept any longer.")
        headers = record.fields
        request = Presented(record.method, record.target, headers, record.body or b"", record.at.timestamp())
        found = await debugged.inspector.inspect(record.api, request)
        operations = await debugged.records.list_operations(record)
        return {
            **listed(record),
            "target": record.target,
            "headers": headers,
            "body": _body(record.body),
            "answer": _refusal(record, found),
            "inspection": {**_told(found, [], None), "string_to_sign": found.string_masked or found.string_to_sign},
            "operations": [{"id": str(made.id), "kind": made.kind, "subject": made.subject} for made in operations],
            "pushes": [self._pushed(each) for each in await debugged.records.list_pushes(record, operations)],
        }

    def _pushed(self, pushed: Pushed) -> CausedPushOut:
        return {
            "id": str(pushed.id),
            "api": cast(ApiName, pushed.api),
            "event": self._debugged.sandbox.services.webhooks.name_of(pushed.api, pushed.event),
            "object": pushed.object,
            "sequence": pushed.sequence,
            "status": DeliveryStatus(pushed.status),
        }

    async def check(self, body: InspectedRequest) -> InspectionOut:
        """Says why a request does not fit, by the checks that it would meet."""
        request = _presented(body)
        return _told(
            await self._debugged.inspector.inspect(body.api, request, body.secret),
            _meant(body, request),
            body.string_to_sign,
        )


def _presented(sent: InspectedRequest) -> Presented:
    """Raises ControlRefusal for a body that is no Base64."""
    body = sent.body.encode("utf-8", "surrogatepass")
    if sent.body_base64 is not None:
        try:
            body = base64.b64decode(sent.body_base64, validate=True)
        except (binascii.Error, ValueError):
            raise ControlRefusal(422, "invalid", "bodyBase64: it is no Base64") from None
    headers = {name.lower(): value for name, value in reversed(sent.headers.items())}
    return Presented(
        sent.method.upper(), sent.path, headers, body, SystemClock().now().timestamp() if sent.at is None else sent.at
    )


def _meant(sent: InspectedRequest, request: Presented) -> list[str]:
    """The mistake of a request that does not say the version of the signature that its sender means."""
    header, usual = (SIGN_VERSION, "1") if sent.api == "card" else (VERSION, "")
    said = request.header(header) or usual
    if sent.version is None or said == str(sent.version):
        return []
    return [f"You mean version {sent.version} of the signature, and {header} says {said or 'nothing'}."]


def _told(found: Inspection, meant: list[str], string: str | None) -> InspectionOut:
    ours = found.string_to_sign
    difference = None if ours is None or string is None else Difference.between(ours, string)
    mistakes = [*(meant if not found.fits else ()), *found.mistakes]
    return {
        "fits": found.fits,
        "says": mistakes[0] if mistakes else found.first,
        "mistakes": mistakes,
        "checks": [{"name": check.name, "passed": check.passed, "says": check.says} for check in found.checks],
        "string_to_sign": ours,
        "difference": None if difference is None else _shown(difference),
        "details": dict(found.details),
        "parameters": None if found.parameters is None else jsonable_encoder(found.parameters),
    }


def _shown(difference: Difference) -> DifferenceOut:
    return {"at": difference.at, "ours": difference.ours, "given": difference.given}


def listed(record: Record) -> LoggedRequestOut:
    """A record as lists show it."""
    return {
        "id": str(record.id),
        "at": record.at.isoformat(),
        "api": cast(ApiName, record.api),
        "requestId": record.request_id,
        "address": record.address,
        "method": record.method,
        "path": record.path,
        "http_status": record.http_status,
        "code": record.code,
        "duration_ms": record.took_us / 1000,
        "known": record.merchant_id is not None,
    }


def _refusal(record: Record, found: Inspection) -> GivenAnswerOut:
    """The code of the answer, and the check that gave it in words."""
    refused = [check for check in found.checks if not check.passed]
    return {
        "code": record.code,
        "text": text_of(record),
        "check": refused[0].name if refused else None,
        "says": found.first,
    }


def _body(body: bytes | None) -> str | None:
    """A body as a text, or as Base64 where it is none; None: it was longer than what is kept."""
    if body is None:
        return None
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return f"base64:{base64.b64encode(body).decode()}"
