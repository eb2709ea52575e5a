"""Uploads: a file and its fields from multipart form data, with the size limited while it is read."""

from typing import Any, Final

from starlette.requests import Request

from bursar.api.body import FormMalformed, read_form
from bursar.api.card.codes import Code, Refusal
from bursar.api.card.gate import read_body
from bursar.files.model import FILE_BYTES_MAX

FORM_BYTES_MAX: Final = FILE_BYTES_MAX + 64 * 1024
"""The largest file with its form around it."""


async def read_upload(request: Request) -> dict[str, Any]:
    """The form's fields, with `file` as bytes; raises Refusal."""
    try:
        body = await read_body(request, FORM_BYTES_MAX)
    except Refusal:
        raise Refusal(Code.FILE_TOO_LARGE) from None
    try:
        return await read_form(request, body)
    except FormMalformed:
        raise Refusal(Code.BODY_MALFORMED) from None
