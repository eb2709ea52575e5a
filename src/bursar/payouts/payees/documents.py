"""Photos of payees' documents, decoded completely and painted anew, so that only pixels are kept.

Metadata, further frames, scripts and trailing bytes of a file are gone. Knows neither file names nor declared media
types: the content decides. CPU work: call it in a thread.
"""

import hashlib
import hmac
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps

from bursar.files.errors import NotAnImage
from bursar.files.model import IMAGE_PIXELS_MAX, pillow_faults_named, whole_picture
from bursar.payouts.payees.drawings import looks_like_svg, rasterised
from bursar.payouts.payees.errors import ChecksumMismatch, DocumentRefused

DOCUMENT_BYTES_MAX: Final = 2048 * 1024
"""2048 KB exactly; one byte more is too large."""
KEPT_SIDE_MAX: Final = 3_000
"""Pixels of the longer side that are kept: a document fills it at 250 dots per inch."""
KEPT_BYTES_MAX: Final = 2 * 1024 * 1024
_FORMATS: Final = ("JPEG", "PNG", "BMP", "GIF", "WEBP")
_QUALITIES: Final = (88, 75, 60, 40)
_TO_8_BITS: Final = 1 / 257
"""From 0 to 65,535 to 0 to 255."""


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
    try:
        with pillow_faults_named():
            return _painted(whole_picture(content))
    except NotAnImage as fault:
        raise DocumentRefused(fault.reason) from fault


def _painted(content: bytes) -> Image.Image:
    with Image.open(BytesIO(content), formats=_FORMATS) as image:
        if image.width * image.height > IMAGE_PIXELS_MAX:
            raise NotAnImage(f"more than {IMAGE_PIXELS_MAX} pixels")
        image.draft(None, (KEPT_SIDE_MAX, KEPT_SIDE_MAX))  # a JPEG is decoded no larger than it is kept
        image.load()
        upright = ImageOps.exif_transpose(_in_8_bits(image))
        upright.thumbnail((KEPT_SIDE_MAX, KEPT_SIDE_MAX))
        layered = upright.convert("RGBA")
    canvas = Image.new("RGB", layered.size, "white")
    canvas.paste(layered, mask=layered.getchannel("A"))
    return canvas


def _in_8_bits(image: Image.Image) -> Image.Image:
    """The same greys: Pillow would clip those of a 16-bit scan to white."""
    if not image.mode.startswith("I"):
        return image
    grey = image.convert("I").point(lambda value: value * _TO_8_BITS).convert("L")
    grey.info = image.info
    return grey


def _encoded(image: Image.Image) -> bytes:
    """As good as fits."""
    for quality in _QUALITIES:
        target = BytesIO()
        image.save(target, "JPEG", quality=quality)
        if target.tell() <= KEPT_BYTES_MAX:
            return target.getvalue()
    raise DocumentRefused("too much detail")
