"""The program that reads one photo of a document: an image on standard input, a JSON document on standard output.

`files/programs.py` runs it, without an environment and within limits. It looks for a machine-readable zone by
tesseract, in the lower part of the picture first, and for a PDF417 by zxing-cpp, if these are installed, and answers
with texts alone: nobody believes them here.
"""

import io
import json
import shutil
import subprocess
import sys
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from bursar.files.processor_limit import allow
from bursar.files.programs import REFUSED

CPU_S: Final = 20.0
WIDTH: Final = 1_600
"""Pixels to which a picture is brought: letters of a zone are then some 30 high, as tesseract likes them."""
PIXELS_MAX: Final = 60_000_000
TEXT_CHARS_MAX: Final = 8_000
TESSERACT: Final = "tesseract"
_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<"
_BANDS: Final = (0.7, 0.55, 0.0)
"""The upper edges, as shares of the height, of the parts that are looked at in turn."""


def main() -> int:
    """The exit code."""
    allow(CPU_S)
    Image.MAX_IMAGE_PIXELS = PIXELS_MAX
    try:
        picture = ImageOps.exif_transpose(Image.open(io.BytesIO(sys.stdin.buffer.read()))).convert("L")
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError):
        sys.stderr.write("the photo cannot be decoded")
        return REFUSED
    picture = picture.resize((WIDTH, max(1, round(picture.height * WIDTH / picture.width))))
    problems: list[str] = []
    answer = {"zones": _zones(picture, problems), "barcode": _barcode(picture, problems), "problems": problems}
    sys.stdout.write(json.dumps(answer))
    return 0


def _zones(picture: Image.Image, problems: list[str]) -> list[str]:
    """The texts of bands of the picture, until one looks like a zone."""
    program = shutil.which(TESSERACT)
    if program is None:
        problems.append("tesseract is not installed, so no machine-readable zone is looked for")
        return []
    seen = []
    for upper in _BANDS:
        band = picture.crop((0, int(picture.height * upper), picture.width, picture.height))
        text = _recognised(program, ImageOps.autocontrast(band))
        seen.append(text[:TEXT_CHARS_MAX])
        if text.count("<") >= len(_BANDS) * 3:
            break
    return seen


def _recognised(program: str, band: Image.Image) -> str:
    """The letters of a band; nothing if it takes too long."""
    png = io.BytesIO()
    band.save(png, "PNG")
    command = (program, "-", "-", "--psm", "6", "-c", f"tessedit_char_whitelist={_ALPHABET}")
    try:
        done = subprocess.run(  # noqa: S603 - a program of the machine, found by its name, without an environment
            command, input=png.getvalue(), capture_output=True, timeout=12, check=False, env={"OMP_THREAD_LIMIT": "1"}
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout.decode(errors="replace")


def _barcode(picture: Image.Image, problems: list[str]) -> str | None:
    try:
        import zxingcpp
    except ImportError:
        problems.append("zxing-cpp is not installed (bursar[kyc]), so no barcode is looked for")
        return None
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.PDF417))
    return found[0].bytes[:TEXT_CHARS_MAX].decode("latin-1") if found else None


if __name__ == "__main__":
    raise SystemExit(main())
