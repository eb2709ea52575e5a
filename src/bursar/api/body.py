"""Reading what a client sends, bounded in size and time. What that is called in an API is the dialect's business."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

FORM_FIELDS_MAX: Final = 8


class BodyUnread(Exception):
    """The body is too long, too slow or cut off."""


class FormMalformed(Exception):
    """The body is no multipart form, or one with too much in it."""


async def read_body(request: Request, most: int, timeout_s: float) -> bytes:
    """The body of at most `most` bytes; raises BodyUnread."""
    body = bytearray()
    try:
        async with asyncio.timeout(timeout_s):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise BodyUnread
    except (TimeoutError, ClientDisconnect):
        raise BodyUnread from None
    return bytes(body)


async def read_form(request: Request, body: bytes) -> dict[str, str | bytes]:
    """The fields of a multipart form, its one file as bytes; raises FormMalformed."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise FormMalformed
    try:
        parser = MultiPartParser(request.headers, _once(body), max_files=1, max_fields=FORM_FIELDS_MAX)
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError):
        raise FormMalformed from None
    try:
        return {name: await _value(value) for name, value in form.items()}
    finally:
        await form.close()


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body


async def _value(value: UploadFile | str) -> bytes | str:
    return await value.read() if isinstance(value, UploadFile) else value
