"""Uploads: a file and its fields from multipart form data, with the size limited while it is read."""

from collections.abc import AsyncGenerator
from typing import Any, Final

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from bursar.api.card.codes import Code, Refusal
from bursar.api.card.gate import read_body
from bursar.files.model import FILE_BYTES_MAX

FIELDS_MAX: Final = 8
FORM_BYTES_MAX: Final = FILE_BYTES_MAX + 64 * 1024
"""The largest file with its form around it."""


async def read_upload(request: Request) -> dict[str, Any]:
    """The form's fields, with `file` as bytes; raises Refusal."""
    try:
        body = await read_body(request, FORM_BYTES_MAX)
    except Refusal:
        raise Refusal(Code.FILE_TOO_LARGE) from None
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Refusal(Code.BODY_MALFORMED)
    try:
        parser = MultiPartParser(request.headers, _once(body), max_files=1, max_fields=FIELDS_MAX)
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError):
        raise Refusal(Code.BODY_MALFORMED) from None
    try:
        return {name: await _value(value) for name, value in form.items()}
    finally:
        await form.close()


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body


async def _value(value: "UploadFile | str") -> "bytes | str | int":
    if isinstance(value, UploadFile):
        return await value.read()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else value
