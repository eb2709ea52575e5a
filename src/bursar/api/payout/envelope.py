"""The envelope of every answer of the payout API, and the answer before it is signed."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bursar.api.languages import Language
from bursar.api.payout.codes import Code, Refusal
from bursar.api.payout.endpoint import FileOut
from bursar.api.payout.headers import PAGE_COUNT, TOTAL_COUNT
from bursar.api.payout.json_text import written
from bursar.api.payout.sensitive import Reveals
from bursar.api.payout.translations import text
from bursar.kernel.paging import Page


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a request."""

    code: Code
    data: Any = None
    reveals: Reveals = Reveals.NOTHING
    headers: Mapping[str, str] = field(default_factory=dict)
    file: FileOut | None = None

    @classmethod
    def refused(cls, refusal: Refusal) -> "Outcome":
        """The outcome of a request that was refused."""
        return cls(refusal.code, refusal.data)


def page_headers(page: Page[Any]) -> dict[str, str]:
    """The counts of a page, which a bare array has no place for."""
    pages = -(-page.total // page.request.size)
    return {TOTAL_COUNT: str(page.total), PAGE_COUNT: str(pages)}


def new_request_id() -> str:
    """32 upper-case hexadecimal digits."""
    return uuid.uuid4().hex.upper()


def render(outcome: Outcome, request_id: str, language: Language) -> bytes:
    """The envelope as JSON, its text in a language."""
    return written(
        {
            "code": outcome.code.number,
            "message": text(outcome.code, language),
            "data": {} if outcome.data is None else outcome.data,
            "sensitiveFields": outcome.reveals.published,
            "requestId": request_id,
        }
    )
