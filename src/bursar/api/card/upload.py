"""Uploads: a file and its fields from multipart form data, with the size limited while it is read."""

from typing import Any

from starlette.requests import Request

from bursar.api.body import FormMalformed, read_form
from bursar.api.card.codes import Code, Refusal
from bursar.api.card.gate import read_body
from bursar.api.limits import Limits


async def read_upload(request: Request, limits: Limits, form: bytes | None) -> dict[str, Any]:
    """The form's fields, with `file` as bytes; `form` is the body if it was read before. Raises Refusal."""
    if form is None:
        try:
            form = await read_body(request, limits.bytes)
        except Refusal:
            raise Refusal(Code.FILE_TOO_LARGE) from None
    try:
        return await read_form(request, form)
    except FormMalformed:
        raise Refusal(Code.BODY_MALFORMED) from None
