"""The program that paints one photo or drawing anew: a file on standard input, a JPEG on standard output.

`files/programs.py` runs it. It ends with REFUSED and the reason on standard error for bytes that are no picture.
"""

import sys
from typing import Final

from bursar.files.processor_limit import allow
from bursar.files.programs import REFUSED
from bursar.payouts.payees.documents import repainted
from bursar.payouts.payees.errors import DocumentRefused

CPU_S: Final = 5.0


def main() -> int:
    """The exit code."""
    allow(CPU_S)
    content = sys.stdin.buffer.read()
    try:
        picture = repainted(content)
    except DocumentRefused as fact:
        sys.stderr.write(fact.reason)
        return REFUSED
    sys.stdout.buffer.write(picture)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
