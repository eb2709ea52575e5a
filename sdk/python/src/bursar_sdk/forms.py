"""Multipart forms, made by hand so that the bytes that are signed are the bytes that are sent."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bursar_sdk.values import Kind

_TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".bmp": "image/bmp"}


@dataclass(frozen=True)
class File:
    """A picture to upload."""

    content: bytes = field(repr=False)
    name: str = "photo.png"

    @classmethod
    def of(cls, given: File | bytes | str | Path) -> File:
        """From bytes, or from the path of a file."""
        if isinstance(given, File):
            return given
        if isinstance(given, bytes):
            return cls(given, "photo.jpg" if given.startswith(b"\xff\xd8") else "photo.png")
        return cls(Path(given).read_bytes(), Path(given).name)

    @property
    def media_type(self) -> str:
        """By the ending of the name; the service looks at the content."""
        return _TYPES.get(Path(self.name).suffix.lower(), "application/octet-stream")


def multipart(params: Mapping[str, Any]) -> tuple[bytes, str]:
    """The body and its `Content-Type`."""
    boundary = secrets.token_hex(16)
    parts = b"".join(_part(boundary, name, value) for name, value in params.items())
    return parts + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _part(boundary: str, name: str, value: Any) -> bytes:
    disposition, kind, content = f'form-data; name="{name}"', "", str(value).encode()
    if isinstance(value, File):
        safe = "".join(char if char.isprintable() and char not in '"\\' else "_" for char in value.name)
        disposition += f'; filename="{safe}"'
        kind, content = f"Content-Type: {value.media_type}\r\n", value.content
    return f"--{boundary}\r\nContent-Disposition: {disposition}\r\n{kind}\r\n".encode() + content + b"\r\n"


FILE: Final = Kind(lambda given: given, lambda given: None if given is None else File.of(given))
"""A file of a form; as an answer, its bytes."""
