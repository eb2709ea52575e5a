"""The program that reads one file of payouts: the file on standard input, its rows as JSON on standard output.

It ends with REFUSED for a file that is none, the fault and its place on standard error with a tab between.
"""

import json
import sys
from dataclasses import astuple
from typing import Final

from bursar.files.processor_limit import allow
from bursar.files.programs import REFUSED
from bursar.ordering.errors import SheetUnusable
from bursar.ordering.sheets import read_sheet

CPU_S: Final = 10.0


def main() -> int:
    """The exit code."""
    allow(CPU_S)
    try:
        rows = read_sheet(sys.stdin.buffer.read())
    except SheetUnusable as refusal:
        sys.stderr.write(f"{refusal.fault}\t{refusal.where}")
        return REFUSED
    json.dump([astuple(row) for row in rows], sys.stdout)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
