"""Pictures that take their time, and files that are none."""

import io

from PIL import Image

from bursar.files.model import FILE_BYTES_MAX

NOT_A_PICTURE = b"GIF89a, or so it says"
TOO_LARGE = b"\x89PNG\r\n\x1a\n" + bytes(FILE_BYTES_MAX)


def large_picture() -> bytes:
    """A picture as a camera makes it, of one colour: quickly sent, and long in being looked at."""
    content = io.BytesIO()
    Image.new("RGB", (6000, 4000)).save(content, "PNG")
    return content.getvalue()
