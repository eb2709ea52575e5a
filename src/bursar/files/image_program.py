"""The program that decodes one uploaded image: a file on standard input, its kind and size on standard output.

`programs.py` runs it. It ends with REFUSED and the reason on standard error for bytes that are no image.
"""

import sys
from typing import Final

from bursar.files.errors import NotAnImage
from bursar.files.model import inspect_image
from bursar.files.processor_limit import allow
from bursar.files.programs import REFUSED

CPU_S: Final = 5.0


def main() -> int:
    """The exit code."""
    allow(CPU_S)
    try:
        image = inspect_image(sys.stdin.buffer.read())
    except NotAnImage as refusal:
        sys.stderr.write(refusal.reason)
        return REFUSED
    sys.stdout.write(f"{image.kind} {image.width} {image.height}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
