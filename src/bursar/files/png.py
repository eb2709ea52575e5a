"""A PNG file reduced to its picture: the chunks that say which colour each pixel has, checked and in order.

Texts, colour profiles and other chunks may be large and compressed; nobody here reads them, so they cost nothing and
are not a reason to refuse a photo. A missing end chunk is added; missing pixels are found out by the decoder.
"""

import zlib
from typing import Final

from bursar.files.errors import NotAnImage

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
CHUNKS_MAX: Final = 10_000
"""Writers cut the pixels of a 4 MiB file into some hundreds."""
_END: Final = b"\0\0\0\0IEND\xaeB`\x82"
_PIXELS: Final = b"IDAT"
_KEPT: Final = frozenset({b"IHDR", b"PLTE", _PIXELS, b"IEND", b"tRNS", b"eXIf"})
_ANCILLARY: Final = 0x20
"""The bit of a chunk's first letter that lets a reader leave it out (PNG, 5.4)."""


def whole(content: bytes) -> bytes:
    """The file with the chunks that matter; raises NotAnImage."""
    at, kept = len(SIGNATURE), [SIGNATURE]
    for _ in range(CHUNKS_MAX):
        if _END.startswith(content[at : at + len(_END)]):  # also where the file ends before it, or within it
            return b"".join((*kept, _END))
        end = at + 12 + int.from_bytes(content[at : at + 4], "big")
        kind = content[at + 4 : at + 8]
        if end > len(content):
            raise NotAnImage("truncated")
        if zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end], "big"):
            raise NotAnImage("a checksum is wrong")
        if kind in _KEPT:
            kept.append(content[at:end])
        elif not kind[0] & _ANCILLARY:
            raise NotAnImage("a chunk that nobody may leave out")
        at = end
    raise NotAnImage(f"more than {CHUNKS_MAX} chunks")
