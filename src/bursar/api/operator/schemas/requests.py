"""The request log on the wire."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from bursar.api.operator.schemas.wire import Id, ListQuery, Text, Wire
from bursar.lookup.requests.model import Content, SeenRequest
from bursar.requests.records.model import Made, Pushed, Record, StaffFilter
from bursar.webhooks.model import DeliveryStatus

PATH_CHARS_MAX = 256
CODE_MAX = 99_999


class RequestQuery(ListQuery):
    """A page of the log."""

    sort: Literal["-at"] = "-at"
    """The order: newest first."""
    merchant_id: Id | None = None
    """Only requests that named a key of this merchant, proved or not."""
    nobodys: bool = False
    """Only requests that named nobody's key."""
    request_id: Annotated[Text, Field(max_length=64, examples=["5f0c7e7e"])] | None = None
    """Only requests of this id."""
    code: Annotated[int, Field(ge=0, le=CODE_MAX, examples=[401])] | None = None
    """Only requests that were answered with this code."""
    path: Annotated[Text, Field(max_length=PATH_CHARS_MAX, examples=["/api/v1/card"])] | None = None
    """Only paths that begin so; of a merchant, an id, or nobody."""

    def filter(self) -> StaffFilter:
        """The filter that it is."""
        return StaffFilter(self.merchant_id, self.nobodys, self.request_id, self.code, self.path)


class RequestRow(Wire):
    """One request to a merchant API as it arrived."""

    id: Annotated[int, Field(examples=[17])]
    """The number of the record."""
    at: datetime
    """The instant of its first byte, by the machine's clock."""
    api: Literal["card", "payout"]
    """The API."""
    merchant_id: int | None
    """The merchant whose key it named; null: nobody's."""
    proved: bool
    """True once it was known whose it is; else somebody else may have sent it."""
    request_id: str
    """As the caller names it in the card API; in the payout API a name of ours. Empty where there is none."""
    address: str
    """The address that it came from."""
    method: str
    """The verb."""
    path: str
    """Empty where there is no such endpoint."""
    body_bytes: int
    """The length of its body as far as that was read."""
    http_status: int
    """The status of the answer; 0: there was none."""
    code: int | None
    """The published code of the answer."""
    duration_ms: float
    """From the first byte to the end of the answer, in milliseconds."""

    @classmethod
    def of(cls, record: Record) -> "RequestRow":
        """A record rendered."""
        return cls(**_row(record))


class MadeOut(Wire):
    """An operation of the ledger that a request has made."""

    id: int
    """Its number."""
    kind: Annotated[str, Field(examples=["recharge_accepted"])]
    """Its kind."""
    subject: Annotated[str, Field(examples=["card_order:17"])]
    """The object that it is about."""

    @classmethod
    def of(cls, made: Made) -> "MadeOut":
        """An operation rendered."""
        return cls(id=made.id, kind=made.kind, subject=made.subject)


class PushedOut(Wire):
    """An announcement that a request has caused."""

    id: int
    """Its number, which each push carries."""
    api: str
    """The API."""
    event: Annotated[str, Field(examples=["card_recharged"])]
    """The event."""
    object: str
    """The number of the object."""
    sequence: int | None
    """Its place among the merchant's; null until a worker gave it."""
    status: DeliveryStatus
    """Its status."""

    @classmethod
    def of(cls, pushed: Pushed) -> "PushedOut":
        """An announcement rendered."""
        return cls(**{**asdict(pushed), "status": DeliveryStatus(pushed.status)})


class RequestOut(RequestRow):
    """One request with the reason of its answer and what it has done."""

    says: Annotated[str, Field(examples=["X-UPA-TIMESTAMP is in seconds; it must be in milliseconds."])]
    """The reason of the answer in a sentence: the caller's mistake, if it was recognised."""
    check: str | None
    """The check that refused it before it was known whose it is; null: none, or it cannot be told from outside."""
    text: Annotated[str, Field(examples=["Unauthorized"])] | None
    """The published text of the code."""
    operations: list[MadeOut]
    """Operations of the ledger that it has made, a hundred at the most."""
    pushes: list[PushedOut]
    """The announcements of the orders that these have begun, oldest first, a hundred at the most."""

    @classmethod
    def of_seen(cls, seen: SeenRequest) -> "RequestOut":
        """A request rendered."""
        said = seen.explained
        made = [MadeOut.of(each) for each in seen.operations]
        pushes = [PushedOut.of(each) for each in seen.pushes]
        rendered = {**_row(seen.record), "operations": made, "pushes": pushes}
        return cls(**rendered, says=said.says, check=said.check, text=said.text)


class RequestContentOut(Wire):
    """That which was sent, with a mask in place of all that may be a secret."""

    headers: list[tuple[str, str]]
    """Names in lower case with their values, as they were sent."""
    parameters: Annotated[dict[str, Any], Field(examples=[{"cardId": "V-USD-1", "amount": "100", "password": "***"}])]
    """Of query and body by name; what is sealed stays so."""
    left_out: str | None
    """The reason why nothing of the body is shown; null: it is, or there is none."""

    @classmethod
    def of(cls, content: Content) -> "RequestContentOut":
        """Content rendered."""
        return cls(headers=list(content.headers), parameters=content.parameters, left_out=content.left_out)


def _row(record: Record) -> dict[str, Any]:
    names = ("id", "at", "api", "request_id", "address", "method", "path", "body_bytes", "http_status", "code")
    return {
        **{name: getattr(record, name) for name in names},
        "merchant_id": record.key_of if record.merchant_id is None else record.merchant_id,
        "proved": record.merchant_id is not None,
        "duration_ms": record.took_us / 1000,
    }
