"""The first picture of a JPEG file, whole and by itself.

Phones append things to their photos: further pictures, a short film, an index of both. Some writers forget the end
marker. What is returned ends where the picture does; an incomplete one is refused. Nothing is decoded here, except to
tell a forgotten marker from lost pixels.
"""

import hashlib
import re
from io import BytesIO
from typing import Final

from PIL import Image

from bursar.files.errors import NotAnImage

START: Final = b"\xff\xd8\xff"
END: Final = b"\xff\xd9"
SCANS_MAX: Final = 40
"""Progressive images have about ten. Each scan walks the whole image, so thousands of tiny ones are an attack on the
processor."""
SEGMENTS_MAX: Final = 10_000
"""A photo with a large colour profile and thumbnail has some dozens."""
_MARKER: Final = re.compile(rb"\xff+([^\x00\x01\xd0-\xd7\xff])")
"""A marker other than those that stand inside of scans (ITU-T T.81, table B.1)."""
_PROGRESSIVE_MARKER, _END_MARKER, _SCAN_MARKER = 0xC2, 0xD9, 0xDA
_FILLER: Final = b"\x5a\xa5\x3c" * 1_024
COMPARED_PIXELS_MAX: Final = 16_000_000
"""Pixels of a picture without its end that is looked at at all: it is decoded twice."""


def whole(content: bytes) -> bytes:
    """The file up to the end of its first picture, with the end marker; raises NotAnImage."""
    at, scans, progressive = len(START) - 1, 0, False
    for _ in range(SEGMENTS_MAX):
        found = _MARKER.search(content, at)
        if found is None:
            if not scans or progressive:  # of scans that never came nothing can be told
                raise NotAnImage("truncated")
            return _completed(content)
        marker, at = found[1][0], found.end()
        if marker == _END_MARKER:
            return content[:at]
        at += max(int.from_bytes(content[at : at + 2], "big"), 2)
        scans += marker == _SCAN_MARKER
        progressive |= marker == _PROGRESSIVE_MARKER
        if scans > SCANS_MAX:
            raise NotAnImage(f"more than {SCANS_MAX} scans")
    raise NotAnImage(f"more than {SEGMENTS_MAX} segments")


def _completed(content: bytes) -> bytes:
    """With the end marker that is missing, if nothing else is: lost pixels would be decoded from the next bytes."""
    bare = content.rstrip(b"\xff")
    if _digest(bare + END) != _digest(bare + _FILLER + END):
        raise NotAnImage("truncated")
    return bare + END


def _digest(content: bytes) -> bytes:
    """A digest of the pixels."""
    with Image.open(BytesIO(content), formats=("JPEG",)) as image:
        if image.width * image.height > COMPARED_PIXELS_MAX:
            raise NotAnImage("truncated")
        return hashlib.sha256(image.tobytes()).digest()
