"""Photos of payees' documents, decoded completely and painted anew, so that only pixels are kept.

Whatever else a file carried (metadata, further frames, scripts, trailing bytes) is gone. Knows neither file names nor
declared media types: the content decides. CPU work: call it in a thread.
"""

import hashlib
import hmac
import warnings
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps

from bursar.payees.drawings import looks_like_svg, rasterised
from bursar.payees.errors import ChecksumMismatch, DocumentRefused

DOCUMENT_BYTES_MAX: Final = 2048 * 1024
"""2048 KB exactly; one byte more is too large."""
PIXELS_MAX: Final = 25_000_000
"""A 24-megapixel camera passes; decoding it takes 75 to 100 MB for a moment."""
KEPT_SIDE_MAX: Final = 3_000
"""Pixels of the longer side that are kept: a document fills it at 250 dots per inch."""
KEPT_BYTES_MAX: Final = 2 * 1024 * 1024
JPEG_SCANS_MAX: Final = 40
"""Progressive images have about ten; each scan walks the whole image."""
_FORMATS: Final = ("JPEG", "PNG", "BMP", "GIF", "WEBP")
_QUALITIES: Final = (88, 75, 60, 40)
_JPEG_SCAN_MARKER: Final = b"\xff\xda"


def check_md5(content: bytes, md5: str) -> None:
    """Raises ChecksumMismatch; hexadecimal digits in any case. Guards against transport errors, not attackers."""
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if not hmac.compare_digest(digest.encode(), md5.strip().lower().encode()):
        raise ChecksumMismatch


def repainted(content: bytes) -> bytes:
    """The picture as a new JPEG without anything else; raises DocumentRefused."""
    if len(content) > DOCUMENT_BYTES_MAX:
        raise DocumentRefused(f"more than {DOCUMENT_BYTES_MAX} bytes")
    if looks_like_svg(content):
        content = rasterised(content)
    return _encoded(_decoded(content))


def _decoded(content: bytes) -> Image.Image:
    """The first frame, upright, on white."""
    if content.count(_JPEG_SCAN_MARKER) > JPEG_SCANS_MAX and content.startswith(b"\xff\xd8"):
        raise DocumentRefused(f"more than {JPEG_SCANS_MAX} scans")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _painted(content)
    except (DocumentRefused, MemoryError):
        raise
    except Exception as fault:  # Pillow raises a dozen types on hostile bytes
        raise DocumentRefused(f"cannot be decoded ({type(fault).__name__})") from fault


def _painted(content: bytes) -> Image.Image:
    with Image.open(BytesIO(content), formats=_FORMATS) as image:
        if image.width * image.height > PIXELS_MAX:
            raise DocumentRefused(f"more than {PIXELS_MAX} pixels")
        image.load()
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((KEPT_SIDE_MAX, KEPT_SIDE_MAX))
        layered = upright.convert("RGBA")
    canvas = Image.new("RGB", layered.size, "white")
    canvas.paste(layered, mask=layered.getchannel("A"))
    return canvas


def _encoded(image: Image.Image) -> bytes:
    """As good as fits."""
    for quality in _QUALITIES:
        target = BytesIO()
        image.save(target, "JPEG", quality=quality)
        if target.tell() <= KEPT_BYTES_MAX:
            return target.getvalue()
    raise DocumentRefused("too much detail")
