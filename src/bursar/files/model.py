"""The rules for uploaded images, and the purposes of uploaded files.

Promises that an accepted image is a JPEG or PNG by its content, whole from first byte to last pixel, and small enough
that decoding it is no danger to the process. Knows neither file names nor declared media types: the content decides.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from io import BytesIO
from typing import Final

from PIL import Image as Pillow

from bursar.files import jpeg, png
from bursar.files.errors import FileTooLarge, NotAnImage
from bursar.files.purposes import FilePurpose

FILE_BYTES_MAX: Final = 4 * 1024 * 1024
"""Four MiB exactly; one byte more is too large."""

IMAGE_PIXELS_MAX: Final = 52_000_000
"""A 50-megapixel camera passes (8160 × 6144). At this size a PNG takes 210 MB for a moment, a progressive JPEG without
chroma subsampling 310 MB, the most that one upload may cost."""

_DRAFT_DIVISOR: Final = 8

warnings.filterwarnings("ignore", category=Pillow.DecompressionBombWarning)  # the limit is IMAGE_PIXELS_MAX


class ImageKind(StrEnum):
    """The image formats that are accepted."""

    JPEG = "jpeg"
    PNG = "png"


class FileStatus(StrEnum):
    """The status of an uploaded file."""

    STORING = "storing"
    """Known, but its content may not be stored yet: nobody can use it."""
    UPLOADED = "uploaded"
    """Nothing uses it, so it expires."""
    USED = "used"
    EXPIRED = "expired"
    """Its content is gone."""


@dataclass(frozen=True, slots=True)
class File:
    """One uploaded file; its content is not here."""

    id: int
    purpose: FilePurpose
    kind: "ImageKind"
    size_bytes: int
    status: FileStatus
    uploaded_at: datetime
    expires_at: datetime

    def usable_at(self, now: datetime) -> bool:
        """True if something may use it, or uses it."""
        return self.status is FileStatus.USED or (self.status is FileStatus.UPLOADED and now < self.expires_at)


@dataclass(frozen=True, slots=True)
class Image:
    """An accepted image; width and height in pixels."""

    kind: ImageKind
    width: int
    height: int


_KINDS: Final = {"JPEG": ImageKind.JPEG, "MPO": ImageKind.JPEG, "PNG": ImageKind.PNG}
"""By Pillow's names. MPO is Pillow's name for a JPEG with further pictures behind it, as many phones write it."""


def check_size(content: bytes) -> None:
    """Raises FileTooLarge."""
    if len(content) > FILE_BYTES_MAX:
        raise FileTooLarge(len(content), FILE_BYTES_MAX)


def inspect_image(content: bytes) -> Image:
    """The image in `content`, decoded completely; raises FileTooLarge, then NotAnImage.

    This is CPU work, milliseconds for a photo and up to two seconds for the worst that the limits let through.
    """
    check_size(content)
    with pillow_faults_named():
        picture = whole_picture(content)
        with Pillow.open(BytesIO(picture), formats=("JPEG", "PNG")) as opened:
            image = Image(_KINDS[opened.format or ""], opened.width, opened.height)
            if image.width * image.height > IMAGE_PIXELS_MAX:
                raise NotAnImage(f"more than {IMAGE_PIXELS_MAX} pixels")
            # A JPEG is read to its last byte and painted at an eighth of its size, which saves most of the memory.
            opened.draft(None, (max(1, image.width // _DRAFT_DIVISOR), max(1, image.height // _DRAFT_DIVISOR)))
            opened.load()
    return image


def whole_picture(content: bytes) -> bytes:
    """The picture of a JPEG or PNG file without its other content, and any other content as it is; raises
    NotAnImage.
    """
    if content.startswith(jpeg.START):
        return jpeg.whole(content)
    return png.whole(content) if content.startswith(png.SIGNATURE) else content


@contextmanager
def pillow_faults_named() -> Iterator[None]:
    """Any fault of Pillow on hostile bytes (it raises a dozen types) means the same: not an image."""
    try:
        yield
    except (NotAnImage, MemoryError):
        raise
    except Exception as fault:
        raise NotAnImage(f"cannot be decoded ({type(fault).__name__})") from fault
