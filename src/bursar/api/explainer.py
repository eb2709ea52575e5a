"""The reason of an answer of the merchant APIs in one sentence, for the staff, without opening what is sealed."""

from collections.abc import Mapping
from typing import Final

from bursar.api import disclosure
from bursar.api.card import codes as card_codes
from bursar.api.card import envelope
from bursar.api.inspection import Inspection, Presented
from bursar.api.inspector import Inspector
from bursar.api.payout import codes as payout_codes
from bursar.api.payout import headers
from bursar.kernel.clock import Clock
from bursar.kernel.context import Context
from bursar.lookup.requests.model import Content, Explained
from bursar.merchants.errors import MerchantUnknown
from bursar.merchants.service import Merchants
from bursar.requests.records.model import Record, pairs_of

_HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "card": (envelope.API_KEY, envelope.REQUEST_ID, envelope.TIMESTAMP, envelope.SIGNATURE),
    "payout": ("User-Agent", headers.API_KEY, headers.VERSION, headers.TIMESTAMP, headers.NONCE, headers.SIGNATURE),
}
"""The headers that every request has."""
_KEY: Final = {"card": envelope.API_KEY, "payout": headers.API_KEY}
_DONE: Final = {"card": card_codes.Code.SUCCESS.number, "payout": payout_codes.Code.SUCCESS.number}
_OF_KEY: Final = {
    "card": card_codes.Code.UNAUTHORIZED.number,
    "payout": payout_codes.Code.API_KEY_WRONG.number,
}
_OF_ADDRESS: Final = {
    "card": card_codes.Code.FORBIDDEN.number,
    "payout": payout_codes.Code.ADDRESS_REFUSED.number,
}
_SEALED: Final = {
    card_codes.Code.UNAUTHORIZED.number: "The signature covers parameters that are sealed, and does not fit them.",
    card_codes.Code.BODY_MALFORMED.number: "The token in `payload` could not be opened with the platform's key.",
}
"""Refusals of which nothing can be seen from outside what is sealed; a sandbox names the mistake."""


def is_done(record: Record) -> bool:
    """True of a request that was carried out, by its code."""
    return record.code == _DONE[record.api]


def text_of(record: Record) -> str | None:
    """The published text of a record's code, with the parameter's name; other values that it had are not kept."""
    if record.api == "payout":
        return next((code.text for code in payout_codes.Code if code.number == record.code), None)
    code = card_codes.BY_NUMBER.get(record.code or 0)
    return None if code is None or record.code is None else code.text(record.parameter or "…", "…")


class SentenceMaker:
    """Explains records; one for a process."""

    def __init__(self, inspector: Inspector, merchants: Merchants, clock: Clock) -> None:
        self._inspector = inspector
        self._merchants = merchants
        self._clock = clock

    async def explain(self, record: Record) -> Explained:
        """The reason of its answer: of the gate in its words, of a use case in those of the published code."""
        text = text_of(record)
        if record.merchant_id is not None:
            said = (
                "It was carried out." if is_done(record) else f"It came through, and its use case refused it: {text}."
            )
            return Explained(said, None, text)
        check, says = await self._refused(record)
        return Explained(disclosure.sentence(says or text or "It was not answered."), check, text)

    async def _refused(self, record: Record) -> tuple[str | None, str | None]:
        """The check that refused a request that nobody has signed, and a sentence, as far as they are known."""
        if record.key_of is None:
            return _of_nobody(record)
        if record.code == _OF_ADDRESS[record.api] and not await self._allows(record):
            return "address", f"The address {record.address} is not on the merchant's allow-list."
        if record.body is None and record.body_bytes:
            return None, None
        request = Presented(record.method, record.target, record.fields, record.body or b"", record.at.timestamp())
        found = await self._inspector.inspect(record.api, request)
        if found.fits:
            return None, _SEALED.get(record.code or 0) if record.api == "card" else None
        return _check(found), found.first

    async def _allows(self, record: Record) -> bool:
        """False for an address that the merchant's list leaves out now."""
        try:
            ctx = Context(record.key_of or 0, self._clock, f"request:{record.id}", "staff")
            return (await self._merchants.get(ctx)).allows_address(record.address)
        except MerchantUnknown:
            return True

    def content(self, record: Record) -> Content:
        """Headers and parameters, hidden as `api/disclosure.py` has it."""
        body = b"" if not record.body_bytes else record.body
        parameters, left_out = disclosure.parameters(record.target, body)
        return Content(disclosure.headers(pairs_of(record.headers)), parameters, left_out)


def _of_nobody(record: Record) -> tuple[str | None, str | None]:
    """As `_refused`, of a request that names nobody's key: no more than names of its headers is kept of it."""
    if not record.path:
        return "path", f"There is no such endpoint, or it is not called by {record.method}."
    missing = next((name for name in _HEADERS[record.api] if name.lower() not in record.fields), None)
    if missing is not None:
        return "headers", f"{missing} is missing."
    if record.code != _OF_KEY[record.api]:
        return None, None
    name = _KEY[record.api]
    return "api key", f"No API key of this install is the one in {name}: {record.fields[name.lower()]}."


def _check(found: Inspection) -> str:
    return next(check.name for check in found.checks if not check.passed)
